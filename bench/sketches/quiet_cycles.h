// The measurement of cycles for the comparisons.
#pragma once

#include <x86intrin.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

namespace floodgauge::bench {

/// TSC cycles per call of update(i), with i from 0 to rounds - 1. The rounds are measured in 64
/// parts, and the result is the lower quartile of the parts, so that other load on the machine has
/// little influence.
template <class Update>
double quiet_cycles(std::size_t rounds, Update update) {
  constexpr std::size_t kParts = 64;
  std::array<double, kParts> parts;
  for (std::size_t part = 0; part < kParts; ++part) {
    const std::size_t from = rounds * part / kParts, to = rounds * (part + 1) / kParts;
    const std::uint64_t start = __rdtsc();
    for (std::size_t i = from; i < to; ++i) update(i);
    parts[part] = static_cast<double>(__rdtsc() - start) / static_cast<double>(to - from);
  }
  std::nth_element(parts.begin(), parts.begin() + kParts / 4, parts.end());
  return parts[kParts / 4];
}

}  // namespace floodgauge::bench
