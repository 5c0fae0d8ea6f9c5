// The frames of the last millisecond, by fingerprint: finds the frame of which another is the copy.
// Single writer, fixed memory.
//
// A bucket holds the four newest fingerprints of its index, and when they came:
//
//   byte 0                  16                  32
//        +-------------------+-------------------+
//        | fingerprint[0..3] | time[0..3]        |   newest first
//        +-------------------+-------------------+
//
// With 8,192 buckets, a frame is pushed out before its millisecond is over about once in 10^9 at
// 30,000 frames a second, and once in 10^4 at a million: its copy is then not found, and counted.
#pragma once

#include <emmintrin.h>

#include <cstddef>
#include <cstdint>

#include "engine/base/huge_array.h"
#include "engine/base/prefetch.h"
#include "engine/base/units.h"

namespace floodgauge {

class RecentFrames {
 public:
  RecentFrames() : buckets_(kBuckets) {}

  void prefetch(std::uint64_t frame) const { prefetch_line_to_write(&bucket(frame)); }

  /// Whether the same frame came at most kSpan before. That one is forgotten then, so that it has
  /// one copy at most, and the copy is not kept either. Any other frame is kept. `frame`: a
  /// fingerprint of 45 bits.
  bool is_copy(std::uint64_t frame, Nanoseconds time) {
    Bucket& of = buckets_[frame % kBuckets];
    const auto wanted = static_cast<std::uint32_t>(frame >> kIndexBits);
    const auto now = static_cast<std::uint32_t>(time.count >> kTickBits);
    const __m128i prints = _mm_load_si128(reinterpret_cast<const __m128i*>(of.print));
    const __m128i same = _mm_cmpeq_epi32(prints, _mm_set1_epi32(static_cast<int>(wanted)));
    const int ways = _mm_movemask_ps(_mm_castsi128_ps(same));
    if (ways != 0) [[unlikely]] {
      const int way = __builtin_ctz(static_cast<unsigned>(ways));
      if (now - of.time[way] <= kSpanTicks) {
        of.time[way] = now - kSpanTicks - 1;
        return true;
      }
    }
    const __m128i times = _mm_load_si128(reinterpret_cast<const __m128i*>(of.time));
    const __m128i new_print = _mm_cvtsi32_si128(static_cast<int>(wanted));
    const __m128i new_time = _mm_cvtsi32_si128(static_cast<int>(now));
    _mm_store_si128(reinterpret_cast<__m128i*>(of.print),
                    _mm_or_si128(_mm_slli_si128(prints, 4), new_print));
    _mm_store_si128(reinterpret_cast<__m128i*>(of.time),
                    _mm_or_si128(_mm_slli_si128(times, 4), new_time));
    return false;
  }

  void prefault() { buckets_.prefault(); }
  std::size_t memory_bytes() const { return buckets_.bytes(); }

 private:
  static constexpr int kTickBits = 10;  ///< a tick is 1,024 ns
  static constexpr std::uint32_t kSpanTicks = 976;
  static constexpr int kIndexBits = 13;
  static constexpr std::size_t kBuckets = std::size_t{1} << kIndexBits;

  struct alignas(32) Bucket {
    std::uint32_t print[4];
    std::uint32_t time[4];
  };

  const Bucket& bucket(std::uint64_t frame) const { return buckets_[frame % kBuckets]; }

  HugeArray<Bucket> buckets_;
};

}  // namespace floodgauge
