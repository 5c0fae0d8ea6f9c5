// Stage 2: what is known of each candidate. This is what came in the window, who sent it, and what
// is remembered of the target's last seconds in its tracker. Memory is bounded: when it is short,
// only targets that are hit hard get a tracker.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <vector>

#include "config/settings.h"
#include "detectors/carpet_candidates.h"
#include "detectors/host_candidates.h"
#include "detectors/refused_targets.h"
#include "detectors/target.h"
#include "detectors/target_counts.h"
#include "detectors/trackers.h"
#include "engine/merge/network_window.h"
#include "engine/merge/sources_by_group.h"

namespace floodgauge {

/// A candidate with what is known of it in one window.
struct KnownTarget {
  Target target;
  /// Its last seconds, this window included. Null only of a target that is explained, not judged.
  TargetTracker* tracker = nullptr;
  TargetCounts counts;                      ///< of this window
  std::optional<SourcesByGroup> sources{};  ///< who and what hit it in this window, where kept
};

/// A target whose running second is over. Its tracker holds that second and the last ten.
struct EndedSecond {
  IpPrefix address;
  TargetTracker* tracker = nullptr;
  Nanoseconds end;  ///< of the second; earlier than the present after a gap without windows
};

class Knowledge {
 public:
  static constexpr std::size_t kMostTrackers = 16384;
  /// Trackers that keep summaries of who sends.
  static constexpr std::size_t kMostSummaries = 1024;

  /// `settings` outlives this.
  explicit Knowledge(const Settings& settings) : settings_(settings) {}

  /// Fills in the tracker of each host that has one. For a batch together: the trackers of very
  /// many hosts are not in the cache, and one after the other each would be a cache miss.
  void find_trackers(std::span<HostCandidate> hosts) const;

  /// Adds the window to what is remembered of the host. Empty when the host is not remembered: it
  /// has no tracker and was hit too little to get one, or the memory for trackers is used up.
  /// `left_out`: vectors that belong to another target's incident, here as if they had not come.
  std::optional<KnownTarget> of_host(const NetworkWindow& window, const HostCandidate& host,
                                     const VectorSet& left_out = {});
  /// The same for a network. Empty only when the memory for trackers is used up.
  std::optional<KnownTarget> of_network(const NetworkWindow& window,
                                        const NetworkCandidate& network);
  /// Adds who sent to these hosts of the window, if the target's tracker keeps summaries, or an
  /// incident is open on it (`flooded`).
  void add_sources(const NetworkWindow& window, std::span<const std::uint32_t> hosts,
                   KnownTarget& known, bool flooded = false) const;
  /// Moves the window's sources into the tracker, when the window has been judged. `followed`: an
  /// incident that is open adds them up itself.
  static void keep_sources(KnownTarget& known, bool followed);

  /// Targets whose second is over at `now`, in the order of their addresses; all targets when the
  /// window is the last. Each is then closed with close_second().
  std::vector<EndedSecond> ended_seconds(Nanoseconds now, bool last);
  /// Begins the target's next second at `now`. The second that is over becomes part of what is
  /// usual for the target, unless `flooded`: an incident is open on it.
  void close_second(const EndedSecond& second, Nanoseconds now, bool flooded);

  /// Where memory for summaries is short, those of a target whose incident is open are given up:
  /// the incident knows who sends. They are taken by targets that have none and are hit in earnest.
  void share_summaries(const EndedSecond& second, Nanoseconds now, bool flooded);

  /// Forgets targets to which nothing suspicious came for ten seconds.
  void forget_idle(Nanoseconds now);

  const Trackers& trackers() const { return trackers_; }
  /// Targets for which there was no memory although they are hit in earnest, each counted once
  /// while this lasts.
  std::uint64_t not_followed() const { return refused_.total(); }
  /// Seconds of targets, hit in earnest, whose senders were not kept since too many were.
  std::uint64_t without_summaries() const { return without_summaries_; }

 private:
  static constexpr Nanoseconds kNever{std::numeric_limits<std::int64_t>::max()};

  /// For a target that has none; nullptr when there is no memory for it. `certain`: the target is
  /// remembered even when memory is short.
  TargetTracker* new_tracker(const IpPrefix& address, std::uint32_t prefix, Nanoseconds now,
                             bool certain);

  const Settings& settings_;
  RefusedTargets refused_;
  std::uint64_t without_summaries_ = 0;
  Trackers trackers_{kMostTrackers};
  std::size_t summaries_ = 0;  ///< trackers that keep summaries
  /// No tracker's second is over before this time, and no tracker is idle before that one.
  Nanoseconds next_second_end_ = kNever;
  Nanoseconds next_idle_after_ = kNever;
};

}  // namespace floodgauge
