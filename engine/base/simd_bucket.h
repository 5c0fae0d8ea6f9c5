// The eight entries of a cache line, each a tag and what it stands for, searched at once: two bits
// for each entry that fits, the first one's lowest.
#pragma once

#include <smmintrin.h>

#include <bit>
#include <cstdint>

namespace floodgauge {

/// The entries whose number, after it is shifted right, is `wanted`. `numbers`: eight, aligned to
/// 16 bytes.
template <int kShift = 0>
std::uint32_t ways_with(const std::uint32_t* numbers, std::uint32_t wanted) {
  const __m128i all = _mm_set1_epi32(static_cast<int>(wanted));
  const auto equal = [&](int half) {
    const __m128i four = _mm_load_si128(reinterpret_cast<const __m128i*>(numbers) + half);
    return _mm_cmpeq_epi32(kShift == 0 ? four : _mm_srli_epi32(four, kShift), all);
  };
  return static_cast<std::uint32_t>(_mm_movemask_epi8(_mm_packs_epi32(equal(0), equal(1))));
}

constexpr std::uint32_t kEightWays = 0xffff;                   ///< all of them
constexpr std::uint32_t kLastOfEightWays = 3u << 2 * (8 - 1);  ///< the last one
/// The number of the first; there must be one.
inline std::uint32_t first_way(std::uint32_t ways) {
  return static_cast<std::uint32_t>(std::countr_zero(ways)) / 2;
}
/// The others.
inline std::uint32_t without_first_way(std::uint32_t ways) {
  return ways & ~(3u << 2 * first_way(ways));
}

}  // namespace floodgauge
