// Which work an overloaded worker leaves out, in a fixed order, and when it resumes it. Counting
// and forwarding are never left out.
#pragma once

#include <cstdint>
#include <optional>

#include "engine/base/units.h"

namespace floodgauge {

/// The levels of shedding. Each level leaves out its own work and that of the levels before it.
enum class Shed : std::uint8_t {
  nothing,
  payload,  ///< payloads are not searched
  detail,   ///< sources, ports, lengths and TTLs of a flood's packets are not kept
  sketch,   ///< distinct sources of a prefix are estimated from a sample of the new flows
};

/// Decides by how full bursts are. A worker that keeps up finds its queue empty, or nearly empty,
/// now and then, so that it takes bursts that are not full. A worker that takes only full bursts
/// for a whole period is behind.
///
/// A period in which the worker is behind raises the level by one. A calm time, in which at least
/// half of the bursts of each period were not full, lowers it by one. If the level has to be raised
/// again soon after that, the calm time doubles, so that a load at the limit does not make the
/// level flap.
class SheddingControl {
 public:
  static constexpr Nanoseconds kPeriod = milliseconds(10);
  static constexpr Nanoseconds kCalm = whole_seconds(1);
  static constexpr Nanoseconds kLongestCalm = whole_seconds(64);
  /// A period with fewer polls than this is no evidence: another thread had the core.
  static constexpr std::uint32_t kFewestPolls = 16;

  /// Call it after each poll. `now` must never go back.
  Shed saw(bool full_burst, Nanoseconds now) {
    ++polls_;
    full_ += full_burst;
    if (now >= period_end_) close_period(now);
    return level_;
  }
  Shed level() const { return level_; }

 private:
  void close_period(Nanoseconds now);
  void raise(Nanoseconds now);
  void lower(Nanoseconds now);

  Shed level_ = Shed::nothing;
  std::uint32_t polls_ = 0;  ///< in this period
  std::uint32_t full_ = 0;   ///< full bursts in this period
  Nanoseconds period_end_;
  Nanoseconds calm_since_;
  Nanoseconds calm_ = kCalm;
  std::optional<Nanoseconds> lowered_;  ///< when the level was last lowered, if not raised since
};

}  // namespace floodgauge
