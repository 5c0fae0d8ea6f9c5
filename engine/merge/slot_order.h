// The places of a window's hosts in the order in which they lie: of very many hosts, each in turn
// is then where the last one was, and not a wait for the memory. Sorted by a bit for each place.
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
  /// `places`: each at most once, all below 2^32 - 64. The least first; valid until the next call.
  std::span<const std::uint32_t> sort(std::span<const std::uint32_t> places) {
    std::uint32_t last = 0;
    for (const std::uint32_t place : places) last = std::max(last, place);
    const std::size_t words = places.empty() ? 0 : last / 64 + 1;
    if (words > taken_.size()) taken_.resize(words);
    for (const std::uint32_t place : places) {
      taken_[place / 64] |= std::uint64_t{1} << (place % 64);
    }
    if (places.size() > sorted_.size()) sorted_.resize(places.size());
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
  std::vector<std::uint64_t> taken_;  ///< all 0 between two calls
  std::vector<std::uint32_t> sorted_;
};

}  // namespace floodgauge
