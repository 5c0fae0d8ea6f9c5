// The share of recent packets that was lost before counting. Rates are too low by this share.
#pragma once

#include <algorithm>
#include <cstdint>
#include <deque>

#include "engine/base/units.h"

namespace floodgauge {

class LossRatio {
 public:
  static constexpr Nanoseconds kLately = whole_seconds(1);

  /// `counted` and `lost` are totals since the start, at the time `now`. Returns the share that was
  /// lost within the last second, or since the first call.
  double of(Nanoseconds now, std::uint64_t counted, std::uint64_t lost) {
    while (past_.size() > 1 && past_[1].time + kLately <= now) past_.pop_front();
    past_.push_back({now, counted, lost});
    const std::uint64_t came = counted - past_.front().counted;
    // A device whose counters cannot be read for a moment seems to have lost no packet ever.
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
  std::deque<Count> past_;  ///< the first is a second old, or it is the only one
};

}  // namespace floodgauge
