// A window of the whole network in, incidents out. The stages, in the order in which on_window()
// runs them; each is a file:
//
//   1 candidates   which targets are worth a look        carpet_candidates.h (networks),
//                                                        host_candidates.h (hosts)
//   2 knowledge    what is known of each                 knowledge.h
//   3 findings     what the detectors say of it          judge.h, detector_table.cc
//   4 incidents    what the incident book does with it   flood_incidents.h, moving_floods.h,
//                                                        incident_book.h
//
// Beside this row stand what is found without a candidate: rates above what is usual
// (baseline_incidents.h) and services that stop answering (effect_incidents.h). What protected
// hosts send has a row of its own (outbound_detection.h). Scans are told apart before all of it
// (scans.h): up to the limit of all packets, what scanners send is no part of what is judged.
#pragma once

#include <memory>
#include <vector>

#include "config/settings.h"
#include "detectors/baseline.h"
#include "detectors/baseline_incidents.h"
#include "detectors/carpet_candidates.h"
#include "detectors/effect_incidents.h"
#include "detectors/explainer.h"
#include "detectors/flood_incidents.h"
#include "detectors/host_candidates.h"
#include "detectors/incident_book.h"
#include "detectors/judge.h"
#include "detectors/knowledge.h"
#include "detectors/left_alone.h"
#include "detectors/moving_floods.h"
#include "detectors/open_carpets.h"
#include "detectors/outbound_detection.h"
#include "detectors/profiles.h"
#include "detectors/rule_keeper.h"
#include "detectors/scans.h"
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
  /// Counts the services' requests and answers of a window before the first that is judged.
  void warm_up(const NetworkWindow& window) { effect_incidents_.warm_up(window, settings_); }
  /// Sets the limits of the windows to come. Incidents and what is known of targets stay.
  void reload(const Settings& settings, std::shared_ptr<const SignatureSet> signatures = nullptr);

  IncidentBook& book() { return book_; }
  Baseline& baseline() { return baseline_; }
  const Baseline& baseline() const { return baseline_; }
  const IncidentBook& book() const { return book_; }
  /// How far UTC is ahead of the times of windows: for what is usual at an hour of the week.
  void shift_hours(Nanoseconds shift) {
    baseline_.shift_hours(shift);
    effect_incidents_.shift_hours(shift);
  }
  /// Adds what only the detection knows to a snapshot that has its prefixes: the services.
  void fill(EngineSnapshot& snapshot) const { effect_incidents_.fill(snapshot); }
  /// Hosts above a limit that were not called a target, highest peak first, at most ten.
  std::vector<LeftAlone> left_alone() const { return left_alone_.rows(book_); }
  const ScanBook& scans() const { return scans_; }

  /// What `text` means: a host, a prefix, or the name of prefixes.
  AskedTargets targets_of(const std::string& text) const {
    return floodgauge::targets_of(text, registry_);
  }
  /// The next window keeps what the detectors compare of these targets.
  void ask(const std::vector<AskedTargets::One>& targets) { explainer_.ask(targets); }
  /// Why a target is, or is not, called a flood: with the looks of the last window if ask() has
  /// named it before that, otherwise with what is remembered.
  Explanation explain(const AskedTargets::One& asked) const;
  void forget_asked() { explainer_.forget_asked(); }
  /// Targets that are hit in earnest and were not followed, since too many were.
  std::uint64_t targets_not_followed() const { return knowledge_.not_followed(); }
  std::uint64_t targets_without_senders() const { return knowledge_.without_summaries(); }
  /// Servers whose services were not watched, since too many were.
  std::uint64_t servers_not_watched() const { return effect_incidents_.watches().not_watched(); }

 private:
  void judge_network(const NetworkWindow& window, NetworkCandidate& candidate);
  void set_scans_aside(NetworkCandidate& candidate, double seconds) const;
  void judge_host(const NetworkWindow& window, const HostCandidate& candidate);
  WhyLeft judge_window(const NetworkWindow& window, KnownTarget& known);
  const IpPrefix* carpet_over(const HostRecord& host) const;
  /// Judges the targets whose second is over at `now`, over that second and the last ten.
  void judge_periods(Nanoseconds now, bool last);
  void judge_period(const EndedSecond& second);
  Verdict judge_traced(const NetworkWindow& window, const KnownTarget& known, bool flood_open);
  void explain_asked(const NetworkWindow& window);
  void explain_host(const NetworkWindow& window, const AskedTargets::One& asked);
  void explain_network(const NetworkWindow& window, const AskedTargets::One& asked);
  bool is_excluded(const IpPrefix& target) const;
  bool is_over(const NetworkWindow& window, const IpPrefix& target, bool is_carpet) const;
  bool is_flooded(const IpPrefix& target) const;

  Settings settings_;
  const PrefixRegistry& registry_;
  Profiles profiles_;
  IncidentBook book_;
  Baseline baseline_;
  OpenCarpets open_carpets_;
  CarpetCandidates carpets_;
  Knowledge knowledge_;
  Judge judge_;
  RuleKeeper rules_;
  Explainer explainer_;
  Nanoseconds last_end_;  ///< of the last window
  FloodIncidents floods_;
  OutboundDetection outbound_;
  ScanBook scans_;
  MovingFloods moving_;
  BaselineIncidents baseline_incidents_;
  EffectIncidents effect_incidents_;
  LeftAloneHosts left_alone_;
};

}  // namespace floodgauge
