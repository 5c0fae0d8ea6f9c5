// A histogram of durations, as Prometheus counts them.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace floodgauge {

/// Greatest duration of each bucket, in seconds; one more bucket holds what is longer.
inline constexpr std::array<double, 12> kSecondsBuckets = {
    0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5};

/// Counts since the start.
struct SecondsHistogram {
  std::array<std::uint64_t, kSecondsBuckets.size() + 1> counts{};  ///< by bucket, not cumulative
  double sum = 0;                                                  ///< of all durations, in seconds

  void add(double seconds) {
    std::size_t bucket = 0;
    while (bucket < kSecondsBuckets.size() && seconds > kSecondsBuckets[bucket]) ++bucket;
    ++counts[bucket];
    sum += seconds;
  }
};

}  // namespace floodgauge
