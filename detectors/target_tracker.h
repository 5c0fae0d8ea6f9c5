// What is remembered of one target from window to window: its running second, its last ten seconds,
// what was usual for it before, and where its rate began to rise.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "detectors/outage.h"
#include "detectors/target_counts.h"
#include "engine/base/units.h"
#include "engine/merge/sources_by_group.h"

namespace floodgauge {

/// Packets to a target in one window.
struct WindowPoint {
  Nanoseconds start;
  double seconds = 0;  ///< length of the window
  Volume attack;       ///< of all attack vectors
  Volume connected;    ///< within connections
};

/// Rates that were usual before, by vector.
struct UsualRates {
  std::array<float, kVectors> packets{};  ///< packets/s
  std::array<float, kVectors> bytes{};    ///< bytes/s
};

class TargetTracker {
 public:
  static constexpr Nanoseconds kSecond = whole_seconds(1);
  static constexpr Nanoseconds kRecent = whole_seconds(10);

  /// `window`: length of the windows that are going to be added.
  TargetTracker(Nanoseconds now, std::uint32_t prefix, Nanoseconds window = milliseconds(100));

  /// Adds a window's counts.
  void add(const TargetCounts& counts, Nanoseconds start, double seconds);
  /// Keeps who and what was in a window that has been judged. Does nothing when no summaries are
  /// kept. `followed`: an incident is open on the target and adds the window up itself; recent()
  /// starts again at zero when that incident is over.
  void keep(std::optional<SourcesByGroup>&& sources, bool followed);

  /// True when the running second is over at `now`.
  bool second_is_over(Nanoseconds now) const { return now >= second_end(); }
  /// Closes the running second at `now`. It becomes part of what is usual, unless `frozen`: an
  /// incident is open on the target.
  void close_second(Nanoseconds now, bool frozen);
  /// True when no packet of an attack vector came for kRecent.
  bool idle(Nanoseconds now) const { return now > idle_after(); }
  /// The earliest time at which it can be idle.
  Nanoseconds idle_after() const { return last_active_ + kRecent; }
  Nanoseconds second_end() const { return second_start_ + kSecond; }
  /// Prefetches what add() reads and writes.
  void prefetch() const;

  /// Counts of the running second.
  const TargetCounts& second() const { return second_; }
  /// Counts of the second before, and its length in seconds.
  const TargetCounts& last_second() const { return last_second_; }
  double last_second_length() const { return last_second_length_; }
  /// Counts since recent_start(), at most the last ten seconds.
  const TargetCounts& recent() const { return recent_; }
  Nanoseconds second_start() const { return second_start_; }
  Nanoseconds recent_start() const { return recent_start_; }
  /// Who and what, over recent(); null when no summaries are kept.
  const SourcesByGroup* recent_sources() const { return recent_sources_.get(); }
  const TargetSummary* recent_summary() const { return all_of(recent_sources_.get()); }
  /// Who and what, in the window before the one that was added last; with keep(), of that one. Null
  /// when no summaries are kept.
  const SourcesByGroup* previous_sources() const { return previous_sources_.get(); }
  const TargetSummary* previous_summary() const { return all_of(previous_sources_.get()); }
  /// Keeps summaries from now on, each with at most this many top sources.
  void keep_summaries(std::size_t sources, Nanoseconds now = {});
  bool keeps_summaries() const { return recent_sources_ != nullptr; }
  /// Gives the memory of the summaries back.
  void drop_summaries();
  /// When it began to keep summaries.
  Nanoseconds summaries_since() const { return summaries_since_; }

  /// The least rate of each vector in the last four seconds without an incident.
  UsualRates usual() const;
  /// The windows of the present rise, the latest first. They end before the first window, going
  /// back, whose attack rate was below 1.25 times the usual rate or had risen by less than a tenth
  /// of the present rise, and at a gap without windows.
  std::vector<WindowPoint> rise() const;
  /// The windows that begin at `time` or later, the latest first; at most the last
  /// 3.2 s, and no more than 128.
  std::vector<WindowPoint> since(Nanoseconds time) const;

  std::uint32_t prefix() const { return prefix_; }
  /// Connections a second that were opened while the target answered; 0: not known.
  const ServedRate& served() const { return served_; }

 private:
  /// The rates of one vector over a second.
  struct VectorRate {
    Vector vector;
    float packets;
    float bytes;
  };
  static const TargetSummary* all_of(const SourcesByGroup* sources) {
    return sources == nullptr ? nullptr : &sources->all();
  }

  /// Rates are remembered for so long, in at least and at most so many windows.
  static constexpr Nanoseconds kRemembered = milliseconds(3200);
  static constexpr std::int64_t kLeastPoints = 8;
  static constexpr std::int64_t kMostPoints = 128;
  static constexpr std::size_t kSeconds = 4;

  std::uint32_t prefix_;
  TargetCounts second_;
  TargetCounts last_second_;
  double last_second_length_ = 1;
  TargetCounts recent_;
  Nanoseconds second_start_;
  Nanoseconds recent_start_;
  Nanoseconds last_active_;
  std::size_t most_points_;
  std::vector<WindowPoint> points_;  ///< a ring of the last most_points_ windows
  std::size_t points_used_ = 0;      ///< windows that were ever added
  std::array<std::vector<VectorRate>, kSeconds> seconds_;
  std::size_t seconds_used_ = 0;
  ServedRate served_;
  std::unique_ptr<SourcesByGroup> previous_sources_;
  std::unique_ptr<SourcesByGroup> recent_sources_;
  Nanoseconds summaries_since_;
  bool followed_ = false;  ///< since recent_start_
};

}  // namespace floodgauge
