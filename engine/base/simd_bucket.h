// A hash bucket of eight ways in one cache line, which SSE2 searches at once. A way has a 32-bit
// tag and a 32-bit value; the tags are the eight numbers that are compared. A set of ways is a mask
// of 16 bits, two for each way, as _mm_movemask_epi8 returns them:
//
//   bit   15  14  13  12  11  10   9   8   7   6   5   4   3   2   1   0
//         way 7   way 6   way 5   way 4   way 3   way 2   way 1   way 0
#pragma once

#include <smmintrin.h>

#include <bit>
#include <cstdint>

namespace floodgauge {

/// The ways whose number, shifted right by kShift bits, equals `wanted`. `numbers`: eight of them,
/// aligned to 16 bytes.
template <int kShift = 0>
std::uint32_t ways_with(const std::uint32_t* numbers, std::uint32_t wanted) {
  const __m128i all = _mm_set1_epi32(static_cast<int>(wanted));
  const auto equal = [&](int half) {
    const __m128i four = _mm_load_si128(reinterpret_cast<const __m128i*>(numbers) + half);
    return _mm_cmpeq_epi32(kShift == 0 ? four : _mm_srli_epi32(four, kShift), all);
  };
  return static_cast<std::uint32_t>(_mm_movemask_epi8(_mm_packs_epi32(equal(0), equal(1))));
}

constexpr std::uint32_t kEightWays = 0xffff;                   ///< the set of all ways
constexpr std::uint32_t kLastOfEightWays = 3u << 2 * (8 - 1);  ///< the set of the last way
/// The number of the first way in a set that is not empty.
inline std::uint32_t first_way(std::uint32_t ways) {
  return static_cast<std::uint32_t>(std::countr_zero(ways)) / 2;
}
/// The set without its first way.
inline std::uint32_t without_first_way(std::uint32_t ways) {
  return ways & ~(3u << 2 * first_way(ways));
}

}  // namespace floodgauge
