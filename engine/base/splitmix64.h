// SplitMix64's finaliser (Steele, Lea and Flood, "Fast Splittable Pseudorandom Number Generators",
// OOPSLA 2014).
#pragma once

#include <cstdint>

namespace floodgauge {

/// Spreads the bits of `x` over all 64. A bijection without a key: no protection against chosen
/// inputs.
constexpr std::uint64_t splitmix64_finaliser(std::uint64_t x) {
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
  return x ^ (x >> 31);
}

}  // namespace floodgauge
