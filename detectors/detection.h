// NetworkWindow -> incidents: finds the targets worth a look, shows them to each detector, and
// keeps the incident book.
#pragma once

#include <cstdint>
#include <limits>
#include <map>
#include <memory>
#include <set>
#include <span>
#include <unordered_map>
#include <vector>

#include "config/settings.h"
#include "detectors/baseline.h"
#include "detectors/carpet.h"
#include "detectors/detector.h"
#include "detectors/effects.h"
#include "detectors/incident_book.h"
#include "detectors/trackers.h"
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

  void on_window(const NetworkWindow& window);
  /// New limits from here on; incidents and what is known of targets stay.
  void reload(const Settings& settings, std::shared_ptr<const SignatureSet> signatures = nullptr);

  IncidentBook& book() { return book_; }
  Baseline& baseline() { return baseline_; }
  const Baseline& baseline() const { return baseline_; }
  const IncidentBook& book() const { return book_; }
  /// Hosts above a limit that were not called a target, highest peak first, at most ten.
  std::vector<LeftAlone> left_alone() const;

  /// Bounds of what is remembered.
  /// How long answers may belong to questions that were asked before the first window.
  static constexpr Nanoseconds kEarly = whole_seconds(1);
  static constexpr std::size_t kMostTrackers = 16384;
  static constexpr std::size_t kMostSummaries = 1024;
  static constexpr std::size_t kMostLeftAlone = 1024;

 private:
  static constexpr Nanoseconds kNever{std::numeric_limits<std::int64_t>::max()};

  /// A host that is worth a look.
  struct Hit {
    const HostRecord* host = nullptr;
    std::uint32_t number = 0;  ///< in the window
    bool fast = false;         ///< above a limit of all its packets
    std::uint64_t hash = 0;    ///< of Trackers
    TargetTracker* tracker = nullptr;
  };
  struct Target {
    IpPrefix address;
    std::uint32_t prefix = 0;
    bool group = false;
    std::uint32_t hosts = 1;
  };

  /// True when a carpet is open over the address, and its own rate is but a part of that.
  bool part_of_carpet(const IpAddress& address, std::uint32_t prefix, double packets_per_second,
                      bool over_time);
  /// Whether a flood of the target is being added up window by window.
  bool is_followed(const IpPrefix& target);
  const IpPrefix* lasting_wide(const IpPrefix& address);
  void look_at_networks(const NetworkWindow& window);
  void look_at_network(const NetworkWindow& window, const IpPrefix& address,
                       const HitNetwork& network);
  void look_at_hosts(const NetworkWindow& window);
  void look_at_hosts(const NetworkWindow& window, std::span<Hit> hits);
  void look_at_host(const NetworkWindow& window, const Hit& hit);
  bool is_fast(const NetworkWindow& window, const HostRecord& host, Volume in) const;
  TargetView view_of(const NetworkWindow& window, const Target& target, const TargetCounts& counts,
                     const TargetSummary* summary);
  bool is_quiet(const NetworkWindow& window, const Target& target, const TargetCounts& counts);
  static Verdict judge(const TargetView& view);
  void judge_window(const NetworkWindow& window, const Target& target, const TargetCounts& counts,
                    const TargetSummary* summary, TargetTracker& tracker);
  void judge_periods(Nanoseconds now, bool last);
  void judge_period(const IpPrefix& address, TargetTracker& tracker, Nanoseconds now);
  void open_from_window(const NetworkWindow& window, const Target& target,
                        const TargetCounts& counts, const TargetSummary* summary,
                        const TargetTracker& tracker, const Findings& findings);
  void open_from_period(const Target& target, const TargetCounts& counts, Nanoseconds since,
                        Nanoseconds now, const TargetTracker& tracker, const Findings& findings);
  Incident first_of(const Target& target, Nanoseconds start, Nanoseconds detected,
                    const Findings& findings) const;
  void follow(const NetworkWindow& window, OngoingIncident& ongoing, const TargetCounts& counts,
              const TargetSummary* summary, bool above, bool was_above);
  void note_left_alone(const NetworkWindow& window, const HostRecord& host,
                       const TargetCounts& counts, const std::string& reason);
  TargetTracker* tracker_of(const IpPrefix& address, std::uint32_t prefix, Nanoseconds now,
                            std::uint32_t suspicious, bool must);
  /// Of a target that has none; nullptr where it is to have none.
  TargetTracker* new_tracker(const IpPrefix& address, std::uint32_t prefix, Nanoseconds now,
                             std::uint32_t suspicious, bool must);
  const Profile& profile_of(std::uint32_t prefix) const {
    return prefix < profiles_.size() ? *profiles_[prefix] : named_profile_of(prefix);
  }
  const Profile& named_profile_of(std::uint32_t prefix) const;
  void know_profiles();
  OngoingIncident* find_flood(const IpPrefix& target) {
    return book_.find(IncidentKind::flood, target);
  }
  bool early(Nanoseconds time) const { return time - *first_start_ < kEarly; }
  void forget_idle(Nanoseconds now);

  // What traffic tells of the services behind it (effect_incidents.cc).
  void judge_effects(const NetworkWindow& window);
  void take_symptom(const Symptom& symptom);

  // What the baseline finds (unusual_rates.cc).
  void judge_unusual(const NetworkWindow& window);
  /// The host that brings most of what is unusual, or the prefix, or nothing that has a name.
  std::optional<IpPrefix> target_of(const Unusual& unusual) const;
  void take_up(const Unusual& unusual);
  UsualRates usual_of(const IpPrefix& target, const TargetTracker& tracker) const;
  void open_from_baseline(const Unusual& unusual, const IpPrefix& target,
                          const TargetTracker& tracker);

  Settings settings_;
  const PrefixRegistry& registry_;
  std::vector<const Profile*> profiles_;  ///< of each prefix that there was at the last settings
  Carpets carpets_;
  IncidentBook book_;
  Trackers trackers_{kMostTrackers};
  /// Before these no tracker's second is over, and none is idle.
  Nanoseconds next_block_end_ = kNever;
  Nanoseconds next_idle_after_ = kNever;
  /// What a carpet over a wide network, with its incident open, is called.
  std::map<IpPrefix, IpPrefix> wide_targets_;
  std::size_t summaries_ = 0;
  std::map<IpAddress, LeftAlone> left_alone_;
  Baseline baseline_;
  Effects effects_;
  std::set<std::uint32_t> flooded_before_;  ///< prefixes with a flood in the last window
  /// What was opened for an unusual rate: it stays open as long as that lasts.
  std::map<std::pair<std::uint32_t, std::size_t>, IpPrefix> unusual_targets_;
  std::optional<Nanoseconds> first_start_;
  Nanoseconds last_end_;
};

}  // namespace floodgauge
