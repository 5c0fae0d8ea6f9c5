// What is remembered of one target from window to window: its last second, its last ten, what was
// usual before, and where a rise began.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "detectors/target_counts.h"
#include "engine/base/units.h"
#include "engine/merge/target_summary.h"

namespace floodgauge {

/// What a target's attack vectors amounted to in one window.
struct WindowPoint {
  Nanoseconds start;
  double seconds = 0;
  Volume attack;
};

/// Rates per vector that were usual before.
struct UsualRates {
  std::array<float, kVectors> packets{};  ///< packets/s
  std::array<float, kVectors> bytes{};    ///< bytes/s
};

class TargetTracker {
 public:
  static constexpr Nanoseconds kBlock = whole_seconds(1);
  static constexpr Nanoseconds kRecent = whole_seconds(10);

  TargetTracker(Nanoseconds now, std::uint32_t prefix);

  /// Adds a window's counts.
  void add(const TargetCounts& counts, Nanoseconds start, double seconds);
  /// Once the window has been judged: who and what was in it, for those to come. Nothing where no
  /// summaries are kept. `followed`: by an incident, which adds it up itself; what is recent begins
  /// anew when that is over.
  void keep(std::optional<TargetSummary>&& summary, bool followed);

  /// True when the running second is over at `now`.
  bool block_over(Nanoseconds now) const { return now >= block_end(); }
  /// Closes the running second at `now`: it becomes part of what is usual, unless `frozen`, which a
  /// target is while it has an incident.
  void close_block(Nanoseconds now, bool frozen);
  /// Nothing of note came for as long as is remembered.
  bool idle(Nanoseconds now) const { return now > idle_after(); }
  /// When it is idle at the earliest.
  Nanoseconds idle_after() const { return last_active_ + kRecent; }
  Nanoseconds block_end() const { return block_start_ + kBlock; }
  /// Asks for what add() is going to touch.
  void prefetch() const;

  const TargetCounts& block() const { return block_; }
  /// The second before, and how long it was.
  const TargetCounts& last_block() const { return last_block_; }
  double last_block_seconds() const { return last_block_seconds_; }
  const TargetCounts& recent() const { return recent_; }
  Nanoseconds block_start() const { return block_start_; }
  Nanoseconds recent_start() const { return recent_start_; }
  /// Who and what over recent(); null when none was kept.
  const TargetSummary* recent_summary() const { return recent_summary_.get(); }
  /// The same of the window before the one that was added last, until keep() is called for that.
  const TargetSummary* previous_summary() const { return previous_summary_.get(); }
  void keep_summaries(std::size_t sources);
  bool keeps_summaries() const { return recent_summary_ != nullptr; }

  UsualRates usual() const;
  /// The windows of one rise, the last first: back from the latest to where the attack rate was
  /// below a tenth of the latest's, or not above what is usual.
  std::vector<WindowPoint> rise() const;
  /// The windows that begin at `time` or later, as far as they are remembered, the last first.
  std::vector<WindowPoint> since(Nanoseconds time) const;

  std::uint32_t prefix() const { return prefix_; }

 private:
  /// The rates of one vector over a second.
  struct VectorRate {
    Vector vector;
    float packets;
    float bytes;
  };
  static constexpr std::size_t kPoints = 32;
  static constexpr std::size_t kBlocks = 4;

  std::uint32_t prefix_;
  TargetCounts block_;
  TargetCounts last_block_;
  double last_block_seconds_ = 1;
  TargetCounts recent_;
  Nanoseconds block_start_;
  Nanoseconds recent_start_;
  Nanoseconds last_active_;
  std::vector<WindowPoint> points_;  ///< a ring, once there are kPoints
  std::size_t points_used_ = 0;      ///< of all time; the ring holds the last kPoints
  std::array<std::vector<VectorRate>, kBlocks> blocks_;
  std::size_t blocks_used_ = 0;
  std::unique_ptr<TargetSummary> previous_summary_;
  std::unique_ptr<TargetSummary> recent_summary_;
  bool followed_ = false;  ///< since recent_start_
};

}  // namespace floodgauge
