// Measures the cost of merging the windows of several workers and of detecting floods in the
// result.
#pragma once

#include "bench/pipeline/traffic.h"

namespace floodgauge::bench {

struct MergeCost {
  double seconds = 0;          ///< to merge and clear one window; the least of several runs
  double share_of_window = 0;  ///< `seconds` divided by 100 ms
  double detect_seconds =
      0;  ///< for the detectors and the sums for export; the median of several runs
  double detect_share = 0;  ///< `detect_seconds` divided by 100 ms
  std::size_t hosts = 0;    ///< in the merged window
};

/// Merges `workers` windows, each of `packets` packets of `shape`.
MergeCost merge_cost(const Shape& shape, std::uint64_t packets, unsigned workers);

}  // namespace floodgauge::bench
