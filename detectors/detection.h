// A window of the whole network in, incidents out. The stages, in the order in which on_window()
// runs them; each is a file:
//
//   1 candidates   which targets are worth a look        carpet_candidates.h (networks),
//                                                        host_candidates.h (hosts)
//   2 knowledge    what is known of each                 knowledge.h
//   3 findings     what the detectors say of it          judge.h, detector_table.cc
//   4 incidents    what the incident book does with it   flood_incidents.h, incident_book.h
//
// Beside this row stand what is found without a candidate: rates above what is usual
// (baseline_incidents.h) and services that stop answering (effect_incidents.h).
#pragma once

#include <memory>
#include <vector>

#include "config/settings.h"
#include "detectors/baseline.h"
#include "detectors/baseline_incidents.h"
#include "detectors/carpet_candidates.h"
#include "detectors/effect_incidents.h"
#include "detectors/flood_incidents.h"
#include "detectors/host_candidates.h"
#include "detectors/incident_book.h"
#include "detectors/judge.h"
#include "detectors/knowledge.h"
#include "detectors/left_alone.h"
#include "detectors/open_carpets.h"
#include "detectors/profiles.h"
#include "engine/classify/signature_set.h"
#include "engine/merge/network_window.h"
#include "engine/model/snapshot.h"
#include "engine/protect/protection.h"

namespace floodgauge {

class Detection {
 public:
  /// `registry` outlives this and changes only between windows.
  Detection(const Settings& settings, const PrefixRegistry& registry, IncidentListener listener,
            std::shared_ptr<const SignatureSet> signatures = nullptr);
  // The stages refer to one another.
  Detection(const Detection&) = delete;
  Detection& operator=(const Detection&) = delete;

  /// Windows come in the order of their time.
  void on_window(const NetworkWindow& window);
  /// Sets the limits of the windows to come. Incidents and what is known of targets stay.
  void reload(const Settings& settings, std::shared_ptr<const SignatureSet> signatures = nullptr);

  IncidentBook& book() { return book_; }
  Baseline& baseline() { return baseline_; }
  const Baseline& baseline() const { return baseline_; }
  const IncidentBook& book() const { return book_; }
  /// Adds what only the detection knows to a snapshot that has its prefixes: the services.
  void fill(EngineSnapshot& snapshot) const { effect_incidents_.fill(snapshot); }
  /// Hosts above a limit that were not called a target, highest peak first, at most ten.
  std::vector<LeftAlone> left_alone() const { return left_alone_.rows(book_); }

 private:
  void judge_network(const NetworkWindow& window, const NetworkCandidate& candidate);
  void judge_host(const NetworkWindow& window, const HostCandidate& candidate);
  void judge_window(const NetworkWindow& window, KnownTarget& known);
  /// Judges the targets whose second is over at `now`, over that second and the last ten.
  void judge_periods(Nanoseconds now, bool last);
  void judge_period(const EndedSecond& second);

  Settings settings_;
  const PrefixRegistry& registry_;
  Profiles profiles_;
  IncidentBook book_;
  Baseline baseline_;
  OpenCarpets open_carpets_;
  CarpetCandidates carpets_;
  Knowledge knowledge_;
  Judge judge_;
  FloodIncidents floods_;
  BaselineIncidents baseline_incidents_;
  EffectIncidents effect_incidents_;
  LeftAloneHosts left_alone_;
};

}  // namespace floodgauge
