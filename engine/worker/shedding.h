// What an overloaded worker gives up, in a fixed order, and when it takes it up again. Counting and
// forwarding are never given up.
#pragma once

#include <cstdint>
#include <optional>

#include "engine/base/units.h"

namespace floodgauge {

/// A level is given up together with those before it.
enum class Shed : std::uint8_t {
  nothing,
  payload,  ///< no search in payloads
  detail,   ///< no list of who hits a target
  sketch,   ///< distinct sources of a prefix by one new flow in some
};

/// A worker that keeps up finds its queue empty, or nearly, now and then: the burst that it takes
/// is not full. One that takes full bursts only, for a whole period, is behind. One step is given
/// up a period; one is taken up again after a calm time, in which half of the bursts were not full.
/// The calm time doubles when a step had to be given up soon after it was taken up, so that a load
/// at the edge makes no flutter.
class SheddingControl {
 public:
  static constexpr Nanoseconds kPeriod = milliseconds(10);
  static constexpr Nanoseconds kCalm = whole_seconds(1);
  static constexpr Nanoseconds kLongestCalm = whole_seconds(64);
  /// Fewer polls than this in a period say nothing: somebody else had the core.
  static constexpr std::uint32_t kFewestPolls = 16;

  /// After each poll; `now` never goes back.
  Shed saw(bool full_burst, Nanoseconds now) {
    ++polls_;
    full_ += full_burst;
    if (now >= period_end_) close_period(now);
    return level_;
  }
  Shed level() const { return level_; }

 private:
  void close_period(Nanoseconds now);
  void give_up(Nanoseconds now);
  void take_up(Nanoseconds now);

  Shed level_ = Shed::nothing;
  std::uint32_t polls_ = 0;
  std::uint32_t full_ = 0;
  Nanoseconds period_end_;
  Nanoseconds calm_since_;
  Nanoseconds calm_ = kCalm;
  std::optional<Nanoseconds> taken_up_;  ///< when a step was, and none given up since
};

}  // namespace floodgauge
