// Flows of which only the first packet was seen, while very many of them come: a flood from spoofed
// sources consists of nothing else. They take five bytes each, and an entry of the flow table takes
// 16, so that most of the memory that a flood touches stays in the second-level or third-level
// cache, and the flows that are answered keep their entries.
//
// A bucket is one cache line with twelve flows, written in turn: a new flow replaces the bucket's
// oldest one.
//
//   byte 0                                      48                  60     61       64
//        +--------------------------------------+-------------------+------+--------+
//        | entries[0..11], 4 bytes each         | low_tags_and_notes| next | unused |
//        |                                      | [0..11], 1 byte   |      |        |
//        +--------------------------------------+-------------------+------+--------+
//
//   entry  31                    8 7            0       low_tag_and_note  7      4 3      0
//          +----------------------+-------------+                         +-------+--------+
//          | high tag (24 bits)   | generation  |                         |low tag|  note  |
//          +----------------------+-------------+                         +-------+--------+
//
// `generation` is the low 8 bits of the generation of the window in which the packet came. An entry
// of 0 is empty. With 28 bits of tag and twelve entries, a flow is taken for another one in one
// lookup of 20 million.
#pragma once

#include <emmintrin.h>

#include <algorithm>
#include <bit>
#include <cstdint>

#include "engine/base/background_prefault.h"
#include "engine/base/huge_array.h"
#include "engine/base/window_grid.h"

namespace floodgauge {

class SinglePacketFlows {
 public:
  /// No flow is remembered for more windows than this.
  static constexpr std::uint16_t kMaxIdleWindows = 160;
  /// What is remembered of a first packet: kNoteBits bits.
  using Note = std::uint32_t;
  static constexpr unsigned kNoteBits = 4;

  struct FirstPacket {
    bool found = false;
    Note note = 0;
    WindowGeneration generation = 0;  ///< of the window in which it came
  };

  /// `flows`: about how many flows are kept, at least. A flow expires after `idle_windows` windows,
  /// at most kMaxIdleWindows.
  SinglePacketFlows(std::uint32_t flows, std::uint16_t idle_windows)
      : buckets_(std::bit_ceil(std::max<std::size_t>(flows / kWays, 1))),
        mask_(buckets_.size() - 1),
        idle_windows_(std::min(idle_windows, kMaxIdleWindows)) {}

  /// The cache line that take() and insert() of this hash read, to be prefetched.
  const void* bucket_of(std::uint64_t hash) const { return &buckets_[index_of(hash)]; }

  /// False if the flow is certainly not here. Compares 24 bits of the tag only.
  bool may_contain(std::uint64_t hash) const {
    return match(buckets_[index_of(hash)], high_tag_of(hash)) != 0;
  }

  /// Removes a flow and returns what is remembered of its first packet.
  FirstPacket take(std::uint64_t hash, WindowGeneration now) {
    Bucket& bucket = buckets_[index_of(hash)];
    for (std::uint32_t ways = match(bucket, high_tag_of(hash)); ways != 0; ways &= ways - 1) {
      const auto way = static_cast<std::size_t>(std::countr_zero(ways));
      const std::uint8_t low = bucket.low_tags_and_notes[way];
      if ((low ^ low_tag_of(hash)) >> kNoteBits != 0) continue;
      const std::uint16_t age = age_of(bucket.entries[way], now);
      bucket.entries[way] = 0;
      --size_;
      if (age > idle_windows_) continue;
      return {.found = true,
              .note = low & kNoteMask,
              .generation = static_cast<std::uint16_t>(now - age)};
    }
    return {};
  }

  /// Remembers the first packet of a flow that is not here yet. Returns false if it replaced a flow
  /// that had not expired.
  bool insert(std::uint64_t hash, Note note, WindowGeneration now) {
    Bucket& bucket = buckets_[index_of(hash)];
    std::uint32_t& entry = bucket.entries[bucket.next];
    bucket.low_tags_and_notes[bucket.next] =
        static_cast<std::uint8_t>(low_tag_of(hash) | (note & kNoteMask));
    bucket.next = bucket.next + 1 == kWays ? 0 : static_cast<std::uint8_t>(bucket.next + 1);
    const bool empty = entry == 0;
    const bool harmless = empty | (age_of(entry, now) > idle_windows_);
    size_ += empty;
    entry = high_tag_of(hash) | (now & 0xffu);
    return harmless;
  }

  /// At the start of window `now`, `passed` windows after the last call: removes expired flows from
  /// one in kSweepParts of the buckets for each window that passed. Each bucket is visited before
  /// the 8 bits of its entries' generations wrap around.
  void expire(WindowGeneration now, std::uint16_t passed) {
    static_assert(kMaxIdleWindows + kSweepParts < 256);
    const std::size_t part = std::max<std::size_t>(buckets_.size() / kSweepParts, 1);
    const std::size_t count = std::min(part * passed, buckets_.size());
    // An age in 8 bits may have wrapped by now, but had not at the last call. So the age of that
    // time is taken, and the windows that have passed since are added.
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

  /// Requests all memory before it is used for the first time.
  void request_prefault(BackgroundPrefault& background) {
    background.request(buckets_.data(), buckets_.bytes());
  }

  /// Flows that are stored, expired ones that are not yet removed among them.
  std::uint64_t size() const { return size_; }
  void prefault() { buckets_.prefault(); }
  std::size_t memory_bytes() const { return buckets_.bytes(); }

 private:
  static constexpr std::uint32_t kWays = 12;
  static constexpr std::uint32_t kNoteMask = (1u << kNoteBits) - 1;
  static constexpr std::uint32_t kTagMask = ~std::uint32_t{0xff};
  static constexpr std::size_t kSweepParts = 64;
  struct alignas(64) Bucket {
    std::uint32_t entries[kWays];
    std::uint8_t low_tags_and_notes[kWays];
    std::uint8_t next;  ///< the entry to be written next
  };
  static_assert(sizeof(Bucket) == 64);

  // Uses other bits than the flow table's index, so that flows that share a bucket there are spread
  // over different buckets here.
  std::size_t index_of(std::uint64_t hash) const { return hash & mask_; }
  static std::uint32_t high_tag_of(std::uint64_t hash) {
    return std::max(static_cast<std::uint32_t>(hash >> 32 & kTagMask), ~kTagMask + 1);
  }
  /// The low tag, at its place in low_tags_and_notes.
  static std::uint8_t low_tag_of(std::uint64_t hash) {
    return static_cast<std::uint8_t>((hash >> 32 & kNoteMask) << kNoteBits);
  }
  static std::uint16_t age_of(std::uint32_t entry, WindowGeneration now) {
    return static_cast<std::uint8_t>(now - entry);
  }
  /// Bit w is set if entry w has the high tag.
  static std::uint32_t match(const Bucket& bucket, std::uint32_t tag) {
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
