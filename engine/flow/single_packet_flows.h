// Flows of which one packet is all that was seen, while very many of them come: a flood from
// spoofed sources is made of nothing else. Five bytes each where a flow's entry has 16, so that
// most of what a flood touches stays in the second cache or the third, and the flows that are
// answered keep their places.
//
// Of a bucket the oldest gives way to the newest. A tag of 28 bits beyond the bucket's index takes
// a flow for another in one lookup of 20 million.
#pragma once

#include <emmintrin.h>

#include <algorithm>
#include <bit>
#include <cstdint>

#include "engine/base/background_prefault.h"
#include "engine/base/huge_array.h"

namespace floodgauge {

class SinglePacketFlows {
 public:
  /// No flow is remembered for more windows.
  static constexpr std::uint16_t kMaxIdleWindows = 160;
  /// What is kept beside its time: kNoteBits.
  using Note = std::uint32_t;
  static constexpr unsigned kNoteBits = 4;

  struct First {
    bool found = false;
    Note note = 0;
    std::uint16_t generation = 0;  ///< of its packet's window
  };

  /// `flows`: how many are kept, at least, about. They are forgotten after `idle_windows` windows,
  /// kMaxIdleWindows at most.
  SinglePacketFlows(std::uint32_t flows, std::uint16_t idle_windows)
      : buckets_(std::bit_ceil(std::max<std::size_t>(flows / kWays, 1))),
        mask_(buckets_.size() - 1),
        idle_windows_(std::min(idle_windows, kMaxIdleWindows)) {}

  /// The line that take() and put() of this hash read.
  const void* line(std::uint64_t hash) const { return &buckets_[index_of(hash)]; }

  /// False where nothing is remembered of a flow.
  bool may_contain(std::uint64_t hash) const {
    return ways_of(buckets_[index_of(hash)], tag_of(hash)) != 0;
  }

  /// Takes out what is remembered of a flow.
  First take(std::uint64_t hash, std::uint16_t now) {
    Bucket& bucket = buckets_[index_of(hash)];
    for (std::uint32_t ways = ways_of(bucket, tag_of(hash)); ways != 0; ways &= ways - 1) {
      const auto way = static_cast<std::size_t>(std::countr_zero(ways));
      const std::uint8_t rest = bucket.rests[way];
      if ((rest ^ rest_of(hash)) >> kNoteBits != 0) continue;
      const std::uint16_t age = age_of(bucket.entries[way], now);
      bucket.entries[way] = 0;
      --size_;
      if (age > idle_windows_) continue;
      return {.found = true,
              .note = rest & kNoteMask,
              .generation = static_cast<std::uint16_t>(now - age)};
    }
    return {};
  }

  /// Remembers one that is not there. False when another that was not yet to be forgotten had to
  /// give way.
  bool insert(std::uint64_t hash, Note note, std::uint16_t now) {
    Bucket& bucket = buckets_[index_of(hash)];
    std::uint32_t& entry = bucket.entries[bucket.next];
    bucket.rests[bucket.next] = static_cast<std::uint8_t>(rest_of(hash) | (note & kNoteMask));
    bucket.next = bucket.next + 1 == kWays ? 0 : static_cast<std::uint8_t>(bucket.next + 1);
    const bool empty = entry == 0;
    const bool forgotten = empty | (age_of(entry, now) > idle_windows_);
    size_ += empty;
    entry = tag_of(hash) | (now & 0xffu);
    return forgotten;
  }

  /// When window `now` begins, `passed` after the last one that did: forgets those of their time
  /// in a part of the buckets, in each of them before the 8 bits of a window's number come round.
  void expire(std::uint16_t now, std::uint16_t passed) {
    static_assert(kMaxIdleWindows + kParts < 256);
    const std::size_t part = std::max<std::size_t>(buckets_.size() / kParts, 1);
    const std::size_t count = std::min(part * passed, buckets_.size());
    // Ages as of then, to which what has passed since is added: no sum of the two comes round.
    const auto before = static_cast<std::uint16_t>(now - passed);
    for (std::size_t i = 0; i < count; ++i) {
      swept_ = (swept_ + 1) & mask_;
      for (std::uint32_t& entry : buckets_[swept_].entries) {
        if (entry == 0 || age_of(entry, before) + passed <= idle_windows_) continue;
        entry = 0;
        --size_;
      }
    }
  }

  /// It is about to be used for the first time.
  void request_prefault(BackgroundPrefault& ahead) {
    ahead.request(buckets_.data(), buckets_.bytes());
  }

  /// Those remembered, and those to be forgotten.
  std::uint64_t size() const { return size_; }
  void prefault() { buckets_.prefault(); }
  std::size_t memory_bytes() const { return buckets_.bytes(); }

 private:
  static constexpr std::uint32_t kWays = 12;
  static constexpr std::uint32_t kNoteMask = (1u << kNoteBits) - 1;
  static constexpr std::uint32_t kTagMask = ~std::uint32_t{0xff};
  static constexpr std::size_t kParts = 64;
  struct alignas(64) Bucket {
    std::uint32_t entries[kWays];  ///< 24 bits of the tag, 8 of the window; 0: none
    std::uint8_t rests[kWays];     ///< the tag's other 4 bits, and the note
    std::uint8_t next;             ///< to be written
  };
  static_assert(sizeof(Bucket) == 64);

  // Other bits than the flow table's index, lest what shares a bucket there shares one here.
  std::size_t index_of(std::uint64_t hash) const { return hash & mask_; }
  static std::uint32_t tag_of(std::uint64_t hash) {
    return std::max(static_cast<std::uint32_t>(hash >> 32 & kTagMask), ~kTagMask + 1);
  }
  /// The bits of a hash's rest that are the tag's.
  static std::uint8_t rest_of(std::uint64_t hash) {
    return static_cast<std::uint8_t>((hash >> 32 & kNoteMask) << kNoteBits);
  }
  static std::uint16_t age_of(std::uint32_t entry, std::uint16_t now) {
    return static_cast<std::uint8_t>(now - entry);
  }
  /// A bit for each entry with the tag's 24 bits.
  static std::uint32_t ways_of(const Bucket& bucket, std::uint32_t tag) {
    const __m128i mask = _mm_set1_epi32(static_cast<int>(kTagMask));
    const __m128i wanted = _mm_set1_epi32(static_cast<int>(tag));
    const auto* lines = reinterpret_cast<const __m128i*>(&bucket);
    const auto equal = [&](int i) {
      return _mm_cmpeq_epi32(_mm_and_si128(_mm_load_si128(lines + i), mask), wanted);
    };
    const __m128i none = _mm_setzero_si128();
    const __m128i packed =
        _mm_packs_epi16(_mm_packs_epi32(equal(0), equal(1)), _mm_packs_epi32(equal(2), none));
    return static_cast<std::uint32_t>(_mm_movemask_epi8(packed));
  }

  HugeArray<Bucket> buckets_;
  std::size_t mask_;
  std::uint16_t idle_windows_;
  std::size_t swept_ = 0;
  std::uint64_t size_ = 0;
};

}  // namespace floodgauge
