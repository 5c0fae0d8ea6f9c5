// Findings -> incidents: opened, followed while they last, escalated, held, closed.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "config/settings.h"
#include "detectors/detector.h"
#include "detectors/target_counts.h"
#include "detectors/target_tracker.h"
#include "engine/base/units.h"
#include "engine/classify/signature_set.h"
#include "engine/merge/target_summary.h"
#include "engine/model/incident.h"
#include "engine/model/snapshot.h"

namespace floodgauge {

using IncidentListener =
    std::function<void(Nanoseconds time, Transition transition, const Incident& incident)>;

/// What is measured of an open incident, beside the Incident that others see.
class OngoingIncident {
 public:
  OngoingIncident(const Incident& first, const UsualRates& usual, std::size_t sources)
      : incident_(first),
        opening_evidence_(first.evidence.size()),
        usual_(usual),
        summary_(sources) {}

  /// One window (or, at opening, all that belongs to it) of what hit the target.
  void add(const TargetCounts& counts, double seconds);
  /// One window of which nothing belongs to it.
  void add_nothing();
  /// Packets of windows before the current one that belong to it, vector by vector unknown.
  void add_earlier(const Volume& volume, double seconds);
  /// Vectors of packets that were counted otherwise.
  void add_shares(const TargetCounts& counts, double seconds);
  void note_peak(double packets_per_second, double bits_per_second);
  /// `over_limits`: the findings are rates over limits of the configuration, and say how bad it is.
  void note(const Findings& findings, bool over_limits);
  void note_rate(double packets_per_second);

  /// Brings the public part up to date with what was added. `signatures` may be null.
  void render(const SignatureSet* signatures);

  Incident& incident() { return incident_; }
  const Incident& incident() const { return incident_; }
  TargetSummary& summary() { return summary_; }

  Nanoseconds last_above;
  Nanoseconds last_reported;
  Nanoseconds hold;
  std::uint32_t prefix_number = 0;  ///< of the protected prefix
  bool slow = false;       ///< found over a period: single windows do not tell whether it lasts
  bool above = true;       ///< in the last window that was judged
  double worst_ratio = 1;  ///< greatest value per limit

 private:
  using VectorVolumes = std::array<Volume, kVectors>;
  /// Attack packets and bytes of `counts` beyond what was usual, with what belongs to the vectors
  /// that were found.
  VectorVolumes excess(const TargetCounts& counts, double seconds) const;
  /// Vectors that are told as part of another counted there.
  VectorVolumes as_told(VectorVolumes volumes) const;
  std::vector<VectorShare> shares() const;
  Vector main_vector() const;
  void judge_sources();
  std::string udp_service() const;
  std::vector<TopEntry> signature_entries(const SignatureSet* signatures) const;

  Incident incident_;
  std::size_t opening_evidence_;  ///< of its evidence, so much raised it; the rest tells who sends
  UsualRates usual_;
  TargetSummary summary_;
  VectorVolumes volumes_{};
  VectorVolumes last_volumes_{};  ///< what the last add() brought
  double last_seconds_ = 1;
  double seconds_ = 0;  ///< of all that add() brought
  Volume earlier_;
  std::set<Vector> found_;
  std::vector<double> rates_;
  std::size_t rate_step_ = 1;
  std::size_t rate_pending_ = 0;
  double rate_sum_ = 0;
};

class IncidentBook {
 public:
  using Key = std::pair<IncidentKind, IpPrefix>;

  explicit IncidentBook(IncidentListener listener,
                        std::shared_ptr<const SignatureSet> signatures = nullptr)
      : listener_(std::move(listener)), signatures_(std::move(signatures)) {}
  /// Signatures are known by their place in a set: what was counted by another's is forgotten.
  void reload(std::shared_ptr<const SignatureSet> signatures);

  /// nullptr when none is open. At little cost where none with a target of that length is: of a
  /// flood over very many hosts each window asks for every one of them.
  OngoingIncident* find(IncidentKind kind, const IpPrefix& target);
  /// At most kMostOpen at once; nullptr beyond, counted in not_opened().
  OngoingIncident* open(const Incident& first, const UsualRates& usual, std::size_t sources);
  /// After its first window was added: told to the listener.
  void announce(OngoingIncident& ongoing, Nanoseconds now);
  /// Something of note has changed: told to the listener.
  void tell(OngoingIncident& ongoing, Nanoseconds now);
  /// From here on so much of what comes is lost before it is counted: what is open, and what opens,
  /// is marked with it.
  void note_losses(double ratio);
  /// Once a window: events of what changed, closing of what is over.
  void tick(Nanoseconds now);
  /// Closes everything that is open with a note (the daemon stops).
  void close_all(Nanoseconds now, const std::string& note);

  bool any_open() const { return !ongoing_.empty(); }
  const std::map<Key, std::unique_ptr<OngoingIncident>>& ongoing() const { return ongoing_; }
  /// Open and closed ones, by start, then target.
  std::vector<std::shared_ptr<const Incident>> all() const;
  const std::map<std::pair<IncidentKind, std::string>, std::uint64_t>& totals() const {
    return totals_;
  }
  std::uint64_t not_opened() const { return not_opened_; }

  static constexpr std::size_t kMostOpen = 1000;
  static constexpr std::size_t kMostClosed = 10000;

 private:
  void close(OngoingIncident& ongoing, Nanoseconds now);
  void judge_severity(OngoingIncident& ongoing, Nanoseconds now);

  IncidentListener listener_;
  std::shared_ptr<const SignatureSet> signatures_;
  std::map<Key, std::unique_ptr<OngoingIncident>> ongoing_;
  std::array<std::uint32_t, 129> ongoing_of_length_{};  ///< by the length of their targets
  std::vector<std::shared_ptr<const Incident>> closed_;
  std::map<std::pair<IncidentKind, std::string>, std::uint64_t> totals_;
  std::uint32_t number_ = 0;
  double loss_ratio_ = 0;  ///< at the moment
  std::uint64_t not_opened_ = 0;
};

/// 0..3 by how far above its limit, and how fast, a flood is.
Severity severity_of(double worst_ratio, double peak_bps);

}  // namespace floodgauge
