// A bucket of the flow table: four entries in one cache line.
//
//   byte 0              8              16             24             32
//        +--------------+--------------+--------------+--------------+
//        | count[0]     | count[1]     | count[2]     | count[3]     |
//        +--------------+----+---------+----+---------+--------------+
//        | tag[0..3]         | last[0..3]   | state[0..3] | overflow_generation, overflowed |
//        +-------------------+--------------+-------------+---------------------------------+
//   byte 32                  48             56            60                                64
//
//   A count holds the number of packets, whether the flow is still answered (answer_bits.h), and
//   the cached host slots (CachedHostSlots):
//
//    63                    40 39             20 19             0
//   +------------------------+-----------------+----------------+
//   | answers and packets    | slot `other`    | slot `one`     |
//   +------------------------+-----------------+----------------+
//
// `tag` is the upper half of the flow's hash with its lowest bit set; 0 marks an empty entry.
// `last` is the generation of the window in which the flow's last packet came. `overflowed` says
// that an entry whose first bucket is this one may be in its second bucket; `overflow_generation`
// is the generation of the window in which such an entry was last stored or found there.
#pragma once

#include <emmintrin.h>

#include <bit>
#include <cstddef>
#include <cstdint>

#include "engine/base/window_grid.h"
#include "engine/flow/answer_bits.h"
#include "engine/flow/flow_lookup.h"

namespace floodgauge {

/// After how many windows without a packet a flow expires.
struct FlowIdleLimits {
  std::uint16_t both_sent;  ///< both sides have sent
  std::uint16_t one_sided;  ///< only one side has sent
};

struct alignas(64) FlowBucket {
  static constexpr int kWays = 4;
  static constexpr int kSlotBits = 20;
  static constexpr std::uint64_t kSlotMask = (1u << kSlotBits) - 1;
  static constexpr std::uint64_t kSlotsUnknown = (std::uint64_t{1} << 2 * kSlotBits) - 1;
  static constexpr std::uint64_t kOnePacket = answer_bits::kOnePacket;

  std::uint64_t count[kWays];
  std::uint32_t tag[kWays];
  WindowGeneration last[kWays];
  std::uint8_t state[kWays];  ///< FlowState
  WindowGeneration overflow_generation;
  std::uint8_t overflowed;
  std::uint8_t reserved;

  static std::uint32_t tag_of(std::uint64_t hash) {
    return static_cast<std::uint32_t>(hash >> 32) | 1u;
  }

  /// Bit w is set if way w has the tag. Tag 0 matches the empty ways.
  unsigned match(std::uint32_t wanted) const {
    const __m128i tags = _mm_load_si128(reinterpret_cast<const __m128i*>(tag));
    const __m128i equal = _mm_cmpeq_epi32(tags, _mm_set1_epi32(static_cast<int>(wanted)));
    return static_cast<unsigned>(_mm_movemask_ps(_mm_castsi128_ps(equal)));
  }
  /// The way with the tag, or -1.
  int find(std::uint32_t wanted) const {
    const unsigned ways = match(wanted);
    return ways == 0 ? -1 : std::countr_zero(ways);
  }

  /// Stores a flow's entry as its first packet leaves it. `generation`: of that packet's window.
  /// `second`: the present one (answer_bits.h).
  void write(int way, std::uint32_t new_tag, WindowGeneration generation, std::uint8_t new_state,
             unsigned second) {
    tag[way] = new_tag;
    count[way] = answer_bits::with_second(kSlotsUnknown + kOnePacket, second);
    last[way] = generation;
    state[way] = new_state;
  }

  std::uint32_t packets(int way) const {
    return static_cast<std::uint32_t>((count[way] & answer_bits::kPackets) >>
                                      answer_bits::kPacketsAt);
  }

  CachedHostSlots host_slots(int way) const {
    return {.one = static_cast<std::uint32_t>(count[way] & kSlotMask),
            .other = static_cast<std::uint32_t>(count[way] >> kSlotBits & kSlotMask)};
  }
  void set_host_slots(int way, FlowHostSlots slots) {
    const bool only_upper = slots.lower == FlowHostSlots::kNone;
    const std::uint64_t one = only_upper ? slots.upper : slots.lower;
    const std::uint64_t other = only_upper                            ? CachedHostSlots::kOnlyUpper
                                : slots.upper == FlowHostSlots::kNone ? CachedHostSlots::kOnlyLower
                                                                      : slots.upper;
    count[way] =
        (count[way] & ~kSlotsUnknown) | (one & kSlotMask) | (other & kSlotMask) << kSlotBits;
  }
  void forget_host_slots(int way) { count[way] |= kSlotsUnknown; }

  bool is_expired(int way, WindowGeneration now, FlowIdleLimits limits) const {
    const auto age = static_cast<std::uint16_t>(now - last[way]);
    return age > ((state[way] & kBothSent) == kBothSent ? limits.both_sent : limits.one_sided);
  }

  /// Which way a new entry may use.
  struct Vacancy {
    int free;    ///< an empty or expired way; -1: none
    int victim;  ///< the way to evict if none is free: one-sided flows first, then the oldest
  };
  Vacancy find_vacancy(WindowGeneration now, FlowIdleLimits limits) const;
};
static_assert(sizeof(FlowBucket) == 64);
static_assert(offsetof(FlowBucket, tag) == 32 && offsetof(FlowBucket, last) == 48 &&
              offsetof(FlowBucket, state) == 56 && offsetof(FlowBucket, overflow_generation) == 60);

}  // namespace floodgauge
