// What it costs to make one window of several workers' windows, and to look for floods in it.
#pragma once

#include "bench/pipeline/traffic.h"

namespace floodgauge::bench {

struct MergeCost {
  double seconds = 0;          ///< of merging and emptying one window, the least of some
  double share_of_window = 0;  ///< of its 100 ms
  double detect_seconds = 0;   ///< of the detectors and the sums for export, the median of some
  double detect_share = 0;
  std::size_t hosts = 0;  ///< in the merged window
};

/// `workers` windows, each filled by `packets` packets of `shape`.
MergeCost merge_cost(const Shape& shape, std::uint64_t packets, unsigned workers);

}  // namespace floodgauge::bench
