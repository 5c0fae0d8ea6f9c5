// Every 5-tuple's state, one writer, fixed memory. Both directions of a flow share one entry.
//
// Four entries fill one cache line, told apart by a 32-bit tag beyond the bucket's index: with a
// million flows and a keyed 64-bit hash, a new flow is taken for another about once in 10^9. A
// bucket that is full sends an entry to its second bucket (the two choices of Azar et al.,
// "Balanced Allocations", STOC 1994; the second index from the tag, as in Fan et al., "Cuckoo
// Filter", CoNEXT 2014), and remembers until when it must be asked there too. When both are full,
// an entry of either moves to its own other bucket. Twice the configured flows have room, so that
// up to the configured number nothing is evicted.
//
// Where a pause in between does no harm, a table begins with a sixteenth of itself and doubles when
// three eighths are taken, before many flows are in their second bucket, so that few flows touch
// little memory (Fagin et al., "Extendible hashing", ACM TODS 4(3), 1979): one more bit of the
// index, which is a bit of the tag, says of each entry of a bucket whether it moves to the same
// place in the other half. Those four bits of the tag tell nothing apart in the end: a new flow is
// then taken for another about once in 10^8.
//
// While very many new flows come, none of them gets an entry before its second packet:
// single_packet_flows.h keeps what the flow has to be told of its first.
//
// An entry also remembers where windows count the hosts at its ends: a known flow's packets need no
// address hashed or looked up, neither its prefix nor its host.
#pragma once

#include <emmintrin.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>

#include "engine/base/background_prefault.h"
#include "engine/base/branchless.h"
#include "engine/base/huge_array.h"
#include "engine/base/prefetch.h"
#include "engine/flow/single_packet_flows.h"

namespace floodgauge {

/// Bits of a flow's state. "Lower" is the side whose (address, port) sorts first.
enum FlowState : std::uint8_t {
  kLowerSpoke = 1 << 0,
  kUpperSpoke = 1 << 1,
  kUpperBegan = 1 << 2,   ///< who sent the first packet
  kSynSeen = 1 << 3,      ///< from the side that began
  kSynAckSeen = 1 << 4,   ///< from the other side; or first of all, when only one way is visible
  kCompleted = 1 << 5,    ///< the beginner's ACK after the SYN-ACK
  kPayloadSeen = 1 << 6,  ///< the beginner has sent payload
  kProgressed = 1 << 7,   ///< the beginner went on after its SYN, no SYN-ACK visible
};

/// What one packet looks like to its flow.
struct FlowPacket {
  std::uint64_t hash = 0;   ///< symmetric keyed hash of the 5-tuple
  bool from_upper = false;  ///< sent by the side that sorts second
  bool payload = false;     ///< carries transport payload
  bool tcp = false;
  std::uint8_t tcp_flags = 0;
};

/// Where windows' records of the hosts at a flow's two ends are.
struct FlowHostSlots {
  static constexpr std::uint32_t kUnknown = 0xfffff;    ///< to be looked for
  static constexpr std::uint32_t kNone = 0xffffe;       ///< an end that is not protected
  static constexpr std::uint32_t kSlotLimit = 0xffffc;  ///< places that are kept are below
  std::uint32_t lower = kUnknown;                       ///< place in WorkerWindow::hosts
  std::uint32_t upper = kUnknown;
};

/// The same as a flow's entry has it, for one end is protected as a rule.
struct CachedHostSlots {
  /// The one end is lower, the other FlowHostSlots::kNone.
  static constexpr std::uint32_t kLowerAlone = FlowHostSlots::kSlotLimit;
  static constexpr std::uint32_t kUpperAlone = kLowerAlone + 1;
  std::uint32_t one = FlowHostSlots::kUnknown;    ///< the protected end's, or else lower's
  std::uint32_t other = FlowHostSlots::kUnknown;  ///< upper's, or which end the one is

  bool has_one_protected_end() const { return (other | 1u) == kUpperAlone; }
  /// Whether a packet comes from the protected end, where one is alone.
  bool from_protected_end(bool from_upper) const { return (other == kUpperAlone) == from_upper; }
};

/// What a packet's flow tells about it. States are those before the packet, but for the events.
struct FlowLookup {
  std::uint32_t packets =
      0;                   ///< of the flow, with this one; from 2^24 on it counts from 2^23 again
  std::uint8_t state = 0;  ///< FlowState after this packet
  bool new_flow = false;
  bool first_in_window = false;
  bool other_side_sent = false;
  bool from_initiator = false;  ///< sent by the side that sent the flow's first packet
  bool answered_syn = false;    ///< event: this is the SYN-ACK to a SYN that was seen
  bool completed = false;       ///< event: this ACK completes the handshake
  bool progressed = false;      ///< event: first packet after a SYN with no SYN-ACK visible
  bool first_payload = false;   ///< event: the beginner's first payload
  bool eventful = false;        ///< new_flow, first_in_window or an event
};

class FlowTable {
  struct Bucket;

 public:
  /// Where a flow's entry is, until another takes its place.
  class Handle {
   public:
    Handle() = default;

   private:
    friend FlowTable;
    Handle(Bucket* in, int at, std::uint32_t of) : bucket(in), way(at), tag(of) {}
    Bucket* bucket = nullptr;
    int way = 0;
    std::uint32_t tag = 0;
  };

  /// `flows`: how many at once are kept without eviction (1..2^27). `idle_windows`: after how many
  /// windows without a packet a flow in which both sides spoke is forgotten; one-sided flows after
  /// an eighth of that. `ahead`: the table may begin small, and asks there
  /// for the memory that it is going to use.
  FlowTable(std::uint32_t flows, std::uint16_t idle_windows, BackgroundPrefault* ahead = nullptr);

  /// Makes the table larger when it may be and ought to; no handle from before holds afterwards.
  void grow_if_filled() {
    if ((entries_ > next_step_at_) | (begun_ > crowd_foreseen_at_)) [[unlikely]] {
      next_step();
    }
  }

  void prefetch(std::uint64_t hash) const { prefetch_line(&buckets_[index_of(hash)]); }

  /// For so many windows back, at most the idle time, what cache_host_slots() said may be recalled.
  void set_cached_slot_max_age(std::uint64_t windows) {
    recalled_ = static_cast<std::uint16_t>(std::min<std::uint64_t>(windows, idle_windows_));
  }
  /// Whether the flow's last packet was in window `now` or one that may be recalled; if so,
  /// `handle` is set. `absent` says that it is not where it is looked for first.
  bool find_known(std::uint64_t hash, std::uint16_t now, Handle& handle, bool& absent);
  /// For a flow that is not where it is looked for first: whether find_known_displaced() looks
  /// further. What that reads, as what a new flow reads that finds no room, is on its way then.
  bool may_be_displaced(std::uint64_t hash) const;
  bool find_known_displaced(std::uint64_t hash, std::uint16_t now, Handle& handle);
  /// Whether the last packet of a flow that was met was in this window.
  static bool seen_in_window(const Handle& handle, std::uint16_t now) {
    return handle.bucket->last[handle.way] == now;
  }
  /// What cache_host_slots() said last of a flow that was met.
  static CachedHostSlots cached_host_slots(const Handle& handle);
  /// Whether the flow's other end has sent anything, seen from the end that `from_upper` means.
  static bool other_side_sent(const Handle& handle, bool from_upper) {
    return (handle.bucket->state[handle.way] & (from_upper ? kLowerSpoke : kUpperSpoke)) != 0;
  }
  /// Whether both ends of a flow that was met have spoken.
  static bool is_answered(const Handle& handle) {
    return (handle.bucket->state[handle.way] & kBothSpoke) == kBothSpoke;
  }
  /// see() of a flow that was met in this window, with no see() in between.
  static void count_known_packet(const FlowPacket& packet, const Handle& handle,
                                 FlowLookup& lookup) {
    lookup.new_flow = lookup.first_in_window = lookup.eventful = false;
    update_entry(packet, *handle.bucket, handle.way, lookup);
  }

  /// see() of a flow that was met, of UDP or of TCP with no flag but ACK and PSH, where it can tell
  /// nothing: both ends have spoken, no handshake is under way, and it is not the beginner's first
  /// payload. False, with nothing counted, for others. `first`: it is the flow's first in window
  /// `now`.
  static bool count_ordinary_packet(const Handle& handle, bool from_upper, bool payload,
                                    std::uint16_t now, bool& first);

  /// Counts the packet into its flow, making the flow when it is new, and writes all of `lookup`.
  /// `now`: the running window. Returns where the flow is.
  Handle count_packet(const FlowPacket& packet, std::uint16_t now, FlowLookup& lookup);
  FlowLookup count_packet(const FlowPacket& packet, std::uint16_t now) {
    FlowLookup lookup;
    count_packet(packet, now, lookup);
    return lookup;
  }
  /// Whether new flows got no entry at the last see().
  bool defers_insertion() const { return crowded_; }
  /// In a crowd, see() of a SYN that begins a flow: true where it does, and gets no entry. False,
  /// with nothing changed, where see() has more to tell.
  bool count_first_syn(const FlowPacket& packet, std::uint16_t now);
  /// False of a flow that has been met once, in a crowd: there is nothing to note.
  bool has_entry(const Handle& handle) const { return handle.bucket != &nowhere_; }
  /// For the flow's later packets; nothing, when its entry has become another's.
  static void cache_host_slots(const Handle& handle, FlowHostSlots ends);

  std::uint64_t evictions() const { return evictions_; }
  /// Flows begun less flows replaced: an upper estimate of the live ones.
  std::uint64_t entries() const { return entries_ + single_packet_flows_.size(); }
  /// All of it, before it is used. Throws std::bad_alloc when there is not enough memory.
  void prefault() {
    buckets_.prefault();
    single_packet_flows_.prefault();
  }
  std::size_t memory_bytes() const {
    return buckets_.bytes() + single_packet_flows_.memory_bytes();
  }

 private:
  static constexpr int kWays = 4;
  static constexpr int kNearBits = 6;  ///< of the index, in which a flow's two buckets may differ
  // `count`: 20 bits of CachedHostSlots::one, 20 of other, 24 of the number of packets.
  static constexpr int kEndBits = 20;
  static constexpr std::uint64_t kEndMask = (1u << kEndBits) - 1;
  static constexpr std::uint64_t kEndsUnknown = (std::uint64_t{1} << 2 * kEndBits) - 1;
  static constexpr std::uint64_t kOnePacket = kEndsUnknown + 1;
  struct alignas(64) Bucket {
    std::uint64_t count[kWays];
    std::uint32_t tag[kWays];  ///< 0: empty
    std::uint16_t last[kWays];
    std::uint8_t state[kWays];
    std::uint16_t
        overflow_generation;  ///< when an entry of this bucket was last met in its second one
    std::uint8_t overflowed;
    std::uint8_t reserved;
  };
  static_assert(sizeof(Bucket) == 64);
  struct Place {
    Bucket* bucket;
    int way;
    bool found;
  };

  std::size_t index_of(std::uint64_t hash) const { return hash >> index_shift_ & mask_; }
  static std::uint32_t tag_of(std::uint64_t hash) {
    return static_cast<std::uint32_t>(hash >> 32) | 1u;
  }
  /// In the same 4 KiB, so that it costs no address translation of its own: those are what a random
  /// access to a large table waits for. 256 entries average what falls on them well enough.
  static std::size_t second_index(std::size_t index, std::uint32_t tag) {
    static_assert(sizeof(Bucket) << kNearBits == 4096);
    return index ^ ((tag >> 1) * 0x5bd1e995u >> (32 - kNearBits) | 1u);
  }
  static constexpr std::uint8_t kTcpFin = 1;
  static constexpr std::uint8_t kTcpSyn = 2;
  static constexpr std::uint8_t kTcpRst = 4;
  static constexpr std::uint8_t kTcpAck = 16;
  static constexpr std::uint8_t kBothSpoke = kLowerSpoke | kUpperSpoke;

  static void follow_handshake(const FlowPacket& packet, std::uint8_t before, FlowLookup& lookup);
  static void update_entry(const FlowPacket& packet, Bucket& bucket, int way, FlowLookup& lookup);
  static constexpr std::array<std::uint8_t, 256> ordinary_by_state();
  static void add_packet(std::uint64_t& count);
  static unsigned ways_of(const Bucket& bucket, std::uint32_t tag);
  static int find_in(const Bucket& bucket, std::uint32_t tag);
  bool expired(const Bucket& bucket, int way, std::uint16_t now) const;
  /// Which of a bucket's ways a new flow may have.
  struct Room {
    int free;    ///< empty or expired; -1: none
    int oldest;  ///< the one to be replaced when none is
  };
  Room room_in(const Bucket& bucket, std::uint16_t now) const;
  bool recalls(const Bucket& bucket, int way, std::uint16_t now) const {
    return static_cast<std::uint16_t>(now - bucket.last[way]) <= recalled_;
  }
  Place find(std::uint64_t hash, std::uint16_t now);
  Place find_in_second(std::uint64_t hash, std::uint16_t now);
  Place make_room(std::uint64_t hash, std::uint16_t now);
  static std::uint8_t first_state(const FlowPacket& packet);
  static SinglePacketFlows::Note note_of(std::uint8_t first_state);
  static std::uint8_t state_of(SinglePacketFlows::Note note);
  static void write_entry(const Place& place, std::uint64_t hash, std::uint16_t now,
                          std::uint8_t state);
  Handle begin_flow(const FlowPacket& packet, std::uint16_t now, Place place, FlowLookup& lookup);
  void enter_window(std::uint16_t now);
  bool resume(const FlowPacket& packet, std::uint16_t now, Place& place);
  int move_one(std::size_t index, std::uint16_t now);
  bool may_search(std::uint16_t now);
  void next_step();
  void grow();
  void use(std::size_t buckets);

  HugeArray<Bucket> buckets_;
  std::size_t mask_ = 0;            ///< buckets in use - 1
  unsigned index_shift_ = 0;        ///< where in a hash the index begins
  std::uint64_t grow_beyond_ = 0;   ///< more entries need more buckets in use
  std::uint64_t next_step_at_ = 0;  ///< more entries: it is about to grow, or to be grown
  std::uint16_t idle_windows_;
  std::uint16_t idle_windows_one_sided_;
  std::uint16_t recalled_ = 0;
  std::uint64_t evictions_ = 0;
  std::uint64_t entries_ = 0;
  std::uint32_t flows_;  ///< as configured
  SinglePacketFlows single_packet_flows_;
  Bucket nowhere_{};                      ///< what a handle of a flow without an entry means
  std::uint16_t current_generation_ = 0;  ///< of the last see()
  std::uint32_t begun_ = 0;               ///< flows, in it
  bool crowded_ = false;                  ///< new flows get no entry at first
  bool any_single_packet_flows_ = false;  ///< or may be there
  std::uint16_t failed_generation_ = 0;
  std::uint16_t failed_searches_ = 0;  // in failed_generation_
  BackgroundPrefault* ahead_;          ///< nullptr: all is in use from the beginning
  std::uint32_t crowd_foreseen_at_;    ///< more flows begun in a window: the next will be crowded
};

/// A bit for each way with the tag.
inline unsigned FlowTable::ways_of(const Bucket& bucket, std::uint32_t tag) {
  const __m128i tags = _mm_load_si128(reinterpret_cast<const __m128i*>(bucket.tag));
  const __m128i equal = _mm_cmpeq_epi32(tags, _mm_set1_epi32(static_cast<int>(tag)));
  return static_cast<unsigned>(_mm_movemask_ps(_mm_castsi128_ps(equal)));
}

inline int FlowTable::find_in(const Bucket& bucket, std::uint32_t tag) {
  const unsigned ways = ways_of(bucket, tag);
  return ways == 0 ? -1 : std::countr_zero(ways);
}

inline FlowTable::Place FlowTable::find(std::uint64_t hash, std::uint16_t now) {
  Bucket& first = buckets_[index_of(hash)];
  const int way = find_in(first, tag_of(hash));
  if (way >= 0) return {&first, way, true};
  if (first.overflowed == 0) return {&first, -1, false};
  return find_in_second(hash, now);
}

/// Without a branch on whether it is: half the packets of a flood are known flows', half are not.
inline bool FlowTable::find_known(std::uint64_t hash, std::uint16_t now, Handle& handle,
                                  bool& absent) {
  const std::uint32_t tag = tag_of(hash);
  Bucket& first = buckets_[index_of(hash)];
  const unsigned ways = ways_of(first, tag);
  const int way = __builtin_ctz(ways | 1u << (kWays - 1));
  handle = {&first, way, tag};
  absent = ways == 0;
  return !absent & recalls(first, way, now);
}

/// Without a branch, as above.
inline bool FlowTable::may_be_displaced(std::uint64_t hash) const {
  const std::size_t index = index_of(hash);
  const Bucket& first = buckets_[index];
  const bool may_be = first.overflowed != 0;
  const bool further = may_be | (!crowded_ & (ways_of(first, 0) == 0));
  prefetch_line(&buckets_[further ? second_index(index, tag_of(hash)) : index]);
  if (any_single_packet_flows_) prefetch_line(single_packet_flows_.line(hash));
  return may_be;
}

inline bool FlowTable::find_known_displaced(std::uint64_t hash, std::uint16_t now, Handle& handle) {
  const Place place = find_in_second(hash, now);
  handle = {place.bucket, place.way, tag_of(hash)};
  return place.found && recalls(*place.bucket, place.way, now);
}

inline CachedHostSlots FlowTable::cached_host_slots(const Handle& handle) {
  const std::uint64_t count = handle.bucket->count[handle.way];
  return {.one = static_cast<std::uint32_t>(count & kEndMask),
          .other = static_cast<std::uint32_t>(count >> kEndBits & kEndMask)};
}

inline void FlowTable::cache_host_slots(const Handle& handle, FlowHostSlots ends) {
  if (handle.bucket->tag[handle.way] != handle.tag) return;
  const bool upper_alone = ends.lower == FlowHostSlots::kNone;
  const std::uint64_t one = upper_alone ? ends.upper : ends.lower;
  const std::uint64_t other = upper_alone                          ? CachedHostSlots::kUpperAlone
                              : ends.upper == FlowHostSlots::kNone ? CachedHostSlots::kLowerAlone
                                                                   : ends.upper;
  std::uint64_t& count = handle.bucket->count[handle.way];
  count = (count & ~kEndsUnknown) | (one & kEndMask) | (other & kEndMask) << kEndBits;
}

inline void FlowTable::add_packet(std::uint64_t& count) {
  // Past the greatest number half of it stands, so that it never looks like a young flow's.
  if (__builtin_add_overflow(count, kOnePacket, &count)) [[unlikely]] {
    count |= std::uint64_t{1} << 63;
  }
}

/// Of each state, bit 2 * payload + from_upper: whether such a packet can tell nothing.
constexpr std::array<std::uint8_t, 256> FlowTable::ordinary_by_state() {
  std::array<std::uint8_t, 256> ordinary{};
  for (unsigned state = 0; state < 256; ++state) {
    const bool opening = (state & (kSynSeen | kCompleted)) == kSynSeen;
    if ((state & kBothSpoke) != kBothSpoke || opening) continue;
    for (unsigned packet = 0; packet < 4; ++packet) {
      const bool from_initiator = (packet & 1) == (state & kUpperBegan) / kUpperBegan;
      const bool first_payload = packet >= 2 && from_initiator && (state & kPayloadSeen) == 0;
      if (!first_payload) ordinary[state] |= static_cast<std::uint8_t>(1u << packet);
    }
  }
  return ordinary;
}

inline bool FlowTable::count_ordinary_packet(const Handle& handle, bool from_upper, bool payload,
                                             std::uint16_t now, bool& first) {
  // One question, nearly always answered the same, in place of four that are not.
  static constexpr auto kOrdinary = ordinary_by_state();
  const unsigned packet = 2u * payload + from_upper;
  if ((kOrdinary[handle.bucket->state[handle.way]] >> packet & 1) == 0) return false;
  first = !seen_in_window(handle, now);
  handle.bucket->last[handle.way] = now;
  add_packet(handle.bucket->count[handle.way]);
  return true;
}

/// All of `lookup` but what only the window tells.
inline void FlowTable::update_entry(const FlowPacket& packet, Bucket& bucket, int way,
                                    FlowLookup& lookup) {
  const std::uint8_t before = bucket.state[way];
  const std::uint8_t other = packet.from_upper ? kLowerSpoke : kUpperSpoke;
  const bool from_initiator = packet.from_upper == ((before & kUpperBegan) != 0);
  lookup.other_side_sent = (before & other) != 0;
  lookup.from_initiator = from_initiator;
  lookup.answered_syn = lookup.completed = lookup.progressed = false;
  lookup.state = static_cast<std::uint8_t>(before | (other ^ kBothSpoke));
  const bool opening =
      (packet.tcp_flags & kTcpSyn) != 0 || (before & (kSynSeen | kCompleted)) == kSynSeen;
  if (packet.tcp && opening) {
    follow_handshake(packet, before, lookup);
    lookup.eventful = true;
  }
  lookup.first_payload = packet.payload && from_initiator && (before & kPayloadSeen) == 0;
  if (lookup.first_payload) {
    lookup.state |= kPayloadSeen;
    lookup.eventful = true;
  }
  bucket.state[way] = lookup.state;
  add_packet(bucket.count[way]);
  lookup.packets = static_cast<std::uint32_t>(bucket.count[way] >> 2 * kEndBits);
}

/// A flow's state after its first packet, as update_entry() would leave it.
inline std::uint8_t FlowTable::first_state(const FlowPacket& packet) {
  constexpr std::uint8_t kTelling = kTcpFin | kTcpSyn | kTcpRst | kTcpAck;
  const auto flags = static_cast<std::uint8_t>(packet.tcp_flags & kTelling);
  return static_cast<std::uint8_t>(
      kLowerSpoke + only_if(packet.from_upper, kUpperSpoke + kUpperBegan - kLowerSpoke) +
      only_if(packet.payload, kPayloadSeen) + only_if(packet.tcp & (flags == kTcpSyn), kSynSeen) +
      only_if(packet.tcp & (flags == (kTcpSyn | kTcpAck)), kSynAckSeen));
}

/// All that a first packet's state may be, in four bits: who sent it, SYN or SYN-ACK, payload.
inline SinglePacketFlows::Note FlowTable::note_of(std::uint8_t first_state) {
  static_assert((kUpperBegan | kSynSeen | kSynAckSeen) == 7 << 2 && kPayloadSeen == 8 << 3);
  static_assert(SinglePacketFlows::kNoteBits == 4);
  return (first_state >> 2 & 7u) | (first_state >> 3 & 8u);
}
inline std::uint8_t FlowTable::state_of(SinglePacketFlows::Note note) {
  const auto state = static_cast<std::uint8_t>((note & 7) << 2 | (note & 8) << 3);
  return state | ((state & kUpperBegan) != 0 ? kUpperSpoke : kLowerSpoke);
}

/// The entry of a flow of which one packet was seen, in window `now`.
inline void FlowTable::write_entry(const Place& place, std::uint64_t hash, std::uint16_t now,
                                   std::uint8_t state) {
  Bucket& bucket = *place.bucket;
  bucket.tag[place.way] = tag_of(hash);
  bucket.count[place.way] = kEndsUnknown + kOnePacket;
  bucket.last[place.way] = now;
  bucket.state[place.way] = state;
}

/// A flow's first packet: its entry, at `place` where an old one of it is, and all of `lookup`.
inline FlowTable::Handle FlowTable::begin_flow(const FlowPacket& packet, std::uint16_t now,
                                               Place place, FlowLookup& lookup) {
  const std::uint8_t state = first_state(packet);
  ++begun_;
  lookup = {.packets = 1,
            .state = state,
            .new_flow = true,
            .first_in_window = true,
            .from_initiator = true,
            .first_payload = packet.payload,
            .eventful = true};
  if (crowded_ & !place.found) {
    evictions_ += !single_packet_flows_.insert(packet.hash, note_of(state), now);
    return {&nowhere_, 0, tag_of(packet.hash)};
  }
  if (!place.found) place = make_room(packet.hash, now);
  write_entry(place, packet.hash, now, state);
  return {place.bucket, place.way, tag_of(packet.hash)};
}

inline bool FlowTable::count_first_syn(const FlowPacket& packet, std::uint16_t now) {
  if (now != current_generation_) [[unlikely]] {
    enter_window(now);
  }
  if (!crowded_) return false;
  const Bucket& first = buckets_[index_of(packet.hash)];
  const bool may_be_known = (ways_of(first, tag_of(packet.hash)) != 0) | (first.overflowed != 0) |
                            single_packet_flows_.may_contain(packet.hash);
  if (may_be_known) return false;
  ++begun_;
  evictions_ += !single_packet_flows_.insert(packet.hash, note_of(first_state(packet)), now);
  return true;
}

inline FlowTable::Handle FlowTable::count_packet(const FlowPacket& packet, std::uint16_t now,
                                                 FlowLookup& lookup) {
  if (now != current_generation_) [[unlikely]] {
    enter_window(now);
  }
  Place place = find(packet.hash, now);
  const bool known = place.found ? !expired(*place.bucket, place.way, now)
                                 : any_single_packet_flows_ && resume(packet, now, place);
  if (!known) return begin_flow(packet, now, place, lookup);
  Bucket& found = *place.bucket;
  const int way = place.way;
  lookup.new_flow = false;
  lookup.first_in_window = found.last[way] != now;
  lookup.eventful = lookup.first_in_window;
  if (lookup.first_in_window) found.count[way] |= kEndsUnknown;
  found.last[way] = now;
  update_entry(packet, found, way, lookup);
  return {&found, way, tag_of(packet.hash)};
}

}  // namespace floodgauge
