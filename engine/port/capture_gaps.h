// Times between two capture files at which nothing was being captured.
#pragma once

#include <algorithm>
#include <cstddef>
#include <mutex>
#include <optional>
#include <vector>

#include "engine/base/units.h"

namespace floodgauge {

/// All readers of the same files add the same gaps, each before it delivers the packets after the
/// gap. So the merge thread, which has packets of a window, knows of a gap before them. Any thread
/// may call all functions.
class CaptureGaps {
 public:
  /// More are not kept: the merge thread asks for each gap when it gets there.
  static constexpr std::size_t kMostGaps = 4096;

  /// From the last packet of a file to the first one of the next.
  void add(Nanoseconds from, Nanoseconds to) {
    const std::scoped_lock lock(lock_);
    const auto same = [&](const Gap& gap) { return gap.to == to; };
    if (std::any_of(gaps_.begin(), gaps_.end(), same)) return;
    if (gaps_.size() == kMostGaps) gaps_.erase(gaps_.begin());
    gaps_.push_back({from, to});
  }

  /// The last packet before a gap that ends in the window from `start` to `end` (exclusive) and
  /// began before it.
  std::optional<Nanoseconds> before(Nanoseconds start, Nanoseconds end) const {
    const std::scoped_lock lock(lock_);
    for (const Gap& gap : gaps_) {
      if (gap.to >= start && gap.to < end && gap.from < start) return gap.from;
    }
    return std::nullopt;
  }

 private:
  struct Gap {
    Nanoseconds from;
    Nanoseconds to;
  };
  mutable std::mutex lock_;
  std::vector<Gap> gaps_;
};

}  // namespace floodgauge
