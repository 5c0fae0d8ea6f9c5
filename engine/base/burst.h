// The size of a burst, and a loop over a set of its packets.
#pragma once

#include <bit>
#include <cstdint>

namespace floodgauge {

/// The largest number of packets that a queue returns at once. Two such bursts with their
/// PacketFacts fit into the L1 cache.
inline constexpr std::uint16_t kBurst = 32;
static_assert(kBurst <= 32, "a set of packets of a burst is a std::uint32_t");

/// Calls visit(i) for each bit i that is set in `bits`, in ascending order.
template <typename Visit>
void for_each_bit(std::uint32_t bits, Visit&& visit) {
  for (; bits != 0; bits &= bits - 1) visit(static_cast<std::uint16_t>(std::countr_zero(bits)));
}

}  // namespace floodgauge
