// The size of a burst, and loops over some of its packets.
#pragma once

#include <bit>
#include <cstdint>

namespace floodgauge {

/// The most packets that a queue returns at once. Two such bursts fit in the L1 cache with their
/// facts.
inline constexpr std::uint16_t kBurst = 32;
static_assert(kBurst <= 32, "a set of packets of a burst is a std::uint32_t");

/// Calls visit(i) for each bit i of `bits` that is set, the lowest first.
template <typename Visit>
void for_each_bit(std::uint32_t bits, Visit&& visit) {
  for (; bits != 0; bits &= bits - 1) visit(static_cast<std::uint16_t>(std::countr_zero(bits)));
}

}  // namespace floodgauge
