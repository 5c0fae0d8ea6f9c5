// Sorts the slots of a window's hosts. With very many hosts, records that are read in the order of
// memory come from neighbouring cache lines, so that reading them waits less for the memory. Sorts
// by a bit map of slots.
#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace floodgauge {

class SlotOrder {
 public:
  /// `slots`: each at most once, all below 2^32 - 64. Returns them in ascending order; the result
  /// is valid until the next call.
  std::span<const std::uint32_t> sort(std::span<const std::uint32_t> slots) {
    std::uint32_t last = 0;
    for (const std::uint32_t slot : slots) last = std::max(last, slot);
    const std::size_t words = slots.empty() ? 0 : last / 64 + 1;
    if (words > taken_.size()) taken_.resize(words);
    for (const std::uint32_t slot : slots) {
      taken_[slot / 64] |= std::uint64_t{1} << (slot % 64);
    }
    if (slots.size() > sorted_.size()) sorted_.resize(slots.size());
    std::size_t at = 0;
    for (std::size_t w = 0; w < words; ++w) {
      const auto first = static_cast<std::uint32_t>(w * 64);
      for (std::uint64_t bits = taken_[w]; bits != 0; bits &= bits - 1) {
        sorted_[at++] = first + static_cast<std::uint32_t>(std::countr_zero(bits));
      }
      taken_[w] = 0;
    }
    return std::span(sorted_).first(at);
  }

 private:
  std::vector<std::uint64_t> taken_;  ///< all 0 between calls
  std::vector<std::uint32_t> sorted_;
};

}  // namespace floodgauge
