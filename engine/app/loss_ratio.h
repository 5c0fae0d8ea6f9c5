// How much of what came was lost before it was counted, lately: by so much are rates too low.
#pragma once

#include <algorithm>
#include <cstdint>
#include <deque>

#include "engine/base/units.h"

namespace floodgauge {

class LossRatio {
 public:
  static constexpr Nanoseconds kLately = whole_seconds(1);

  /// With both counts since the start, as they are at `now`; the share that was lost since a second
  /// ago, or since the first call.
  double of(Nanoseconds now, std::uint64_t counted, std::uint64_t lost) {
    while (past_.size() > 1 && past_[1].time + kLately <= now) past_.pop_front();
    past_.push_back({now, counted, lost});
    const std::uint64_t came = counted - past_.front().counted;
    // A device that does not tell its counters for a moment seems to have lost nothing ever.
    const std::uint64_t gone = lost - std::min(lost, past_.front().lost);
    const std::uint64_t all = came + gone;
    return all == 0 ? 0 : static_cast<double>(gone) / static_cast<double>(all);
  }

 private:
  struct Count {
    Nanoseconds time;
    std::uint64_t counted;
    std::uint64_t lost;
  };
  std::deque<Count> past_;  ///< the first one is a second old, or the only one
};

}  // namespace floodgauge
