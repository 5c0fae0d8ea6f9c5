// The state of every 5-tuple, for one writer, in fixed memory. Both directions of a flow share one
// entry.
//
// The table consists of buckets of four entries, one cache line each (flow_bucket.h draws it). A
// flow's keyed hash gives the index of its first bucket and the tag that its entry is found by:
//
//   63                              33 32                              0
//   +---------------------------------+-----------------+--------------+
//   | tag (32 bits: these and a 1)    | bucket index    |              |
//   +---------------------------------+-----------------+--------------+
//
// With a million flows, a new flow is taken for another one about once in 10^9. If the first bucket
// is full, an entry is stored in its second bucket (the two choices of Azar et al., "Balanced
// Allocations", STOC 1994), whose index follows from the first index and the tag (Fan et al.,
// "Cuckoo Filter", CoNEXT 2014): the entry is displaced. The first bucket remembers until when
// lookups have to go on to second buckets. If both are full, another entry of the two moves to its
// own other bucket. The table has room for twice the configured flows, so that nothing is evicted
// up to the configured number.
//
// Where a pause for the copying is acceptable, a table uses a sixteenth of its buckets at first and
// doubles them when three eighths of the entries are taken, which is before many flows are
// displaced. Few flows then touch little memory (extendible hashing: Fagin et al., ACM TODS 4(3),
// 1979). The index becomes one bit longer, and this bit is the lowest that so far belonged to the
// tag alone: it decides for each entry whether it stays or moves to the same place in the new half.
// At full size four bits of the tag are bits of the index too and distinguish nothing. A new flow
// is then taken for another one about once in 10^8.
//
// While very many new flows come, insertion is deferred: a flow gets its entry with its second
// packet, and single_packet_flows.h keeps what has to be remembered of its first packet.
//
// An entry also caches the host slots of its two ends. The packets of a known flow then need no
// address hashed or looked up, neither for its prefix nor for its host.
#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>

#include "engine/base/background_prefault.h"
#include "engine/base/branchless.h"
#include "engine/base/huge_array.h"
#include "engine/base/prefetch.h"
#include "engine/flow/flow_bucket.h"
#include "engine/flow/flow_lookup.h"
#include "engine/flow/flow_state.h"
#include "engine/flow/single_packet_flows.h"

namespace floodgauge {

/// In all functions `now` is the generation of the running window.
class FlowTable {
 public:
  /// A flow's entry. Valid until another flow takes the entry or the table grows.
  class Handle {
   public:
    Handle() = default;

   private:
    friend FlowTable;
    Handle(FlowBucket* in, int at, std::uint32_t of) : bucket(in), way(at), tag(of) {}
    FlowBucket* bucket = nullptr;
    int way = 0;
    std::uint32_t tag = 0;
  };

  /// `flows`: how many flows are kept at once without eviction, 1..2^27. `idle_windows`: after how
  /// many windows without a packet a flow expires in which both sides sent; a one-sided flow
  /// expires after an eighth of that. `prefault`: if given, the table starts small, and requests
  /// there the memory that it is going to use.
  /// `windows_a_second`: how many windows are about a second, at least 1.
  FlowTable(std::uint32_t flows, std::uint16_t idle_windows, BackgroundPrefault* prefault = nullptr,
            std::uint16_t windows_a_second = 10);

  /// Doubles the table if it may grow and is filled so far. Invalidates all handles.
  void grow_if_filled() {
    if ((entries_ > next_step_above_) | (new_flows_ > request_prefault_above_)) [[unlikely]] {
      next_step();
    }
  }

  void prefetch(std::uint64_t hash) const { prefetch_line(&buckets_[index_of(hash)]); }

  // The known-flow fast path: for flows whose last packet is so recent that their cached host slots
  // are still accepted.

  /// Accepts the cached host slots of flows whose last packet came at most so many windows ago. At
  /// most the idle time. `now`: the generation of the window in which packets follow.
  void set_cached_slot_max_age(std::uint64_t windows, WindowGeneration now) {
    second_ = now / windows_a_second_;
    cached_slot_max_age_ =
        static_cast<std::uint16_t>(std::min<std::uint64_t>(windows, idle_limits_.both_sent));
  }
  /// Whether the flow is in its first bucket and its cached host slots are accepted. Sets `handle`,
  /// which is the flow's if so. Any hash is allowed.
  bool find_known(std::uint64_t hash, WindowGeneration now, Handle& handle);
  /// For a flow that find_known() did not find, with the handle that it set: whether it may be
  /// displaced, so that find_known_displaced() has to look. Prefetches what that reads, or what
  /// inserting a new flow reads if its first bucket is full.
  bool may_be_displaced(std::uint64_t hash, const Handle& handle) const;
  /// find_known() for the second bucket.
  bool find_known_displaced(std::uint64_t hash, WindowGeneration now, Handle& handle);

  // For a handle of a known flow.

  static bool seen_in_window(const Handle& handle, WindowGeneration now) {
    return handle.bucket->last[handle.way] == now;
  }
  /// The slots that cache_host_slots() was given last.
  static CachedHostSlots cached_host_slots(const Handle& handle) {
    return handle.bucket->host_slots(handle.way);
  }
  /// Whether the other side has sent, seen from the side that `from_upper` means.
  static bool other_side_sent(const Handle& handle, bool from_upper) {
    return (handle.bucket->state[handle.way] & (from_upper ? kLowerSent : kUpperSent)) != 0;
  }
  /// Whether both sides have sent, and the flow is not watched (answer_bits.h).
  static bool is_answered(const Handle& handle) {
    return (handle.bucket->state[handle.way] & kBothSent) == kBothSent &&
           !answer_bits::is_watched(handle.bucket->count[handle.way]);
  }
  /// Whether the flow has shown a copy of a frame. Of a flow without an entry: false.
  static bool has_copies(const Handle& handle) {
    return (handle.bucket->copied >> handle.way & 1) != 0;
  }
  /// Notes that it has, if no other flow has taken the entry.
  void note_copy(const Handle& handle) {
    if (handle.bucket->tag[handle.way] != handle.tag) return;
    handle.bucket->copied |= static_cast<std::uint8_t>(1u << handle.way);
    any_copies_ = true;
  }
  /// Whether any flow has ever shown one.
  bool any_copies() const { return any_copies_; }
  /// count_packet() for a known flow that was seen in this window. After find_known(), no call of
  /// count_packet() may have come in between, since it may give the entry to another flow.
  void count_known_packet(const FlowPacket& packet, const Handle& handle,
                          FlowLookup& lookup) const {
    lookup.new_flow = lookup.first_in_window = lookup.eventful = false;
    update_entry(packet, *handle.bucket, handle.way, lookup);
  }
  /// count_packet() for a known flow and an ordinary packet (see flow_state::ordinary_by_state()),
  /// of which there is nothing to tell but `first_in_window`. Returns false, and counts nothing, if
  /// it is not ordinary, or if the flow is watched (answer_bits.h).
  static bool count_ordinary_packet(const Handle& handle, OrdinaryPacket packet,
                                    WindowGeneration now, bool& first_in_window);
  /// Whether a packet was sent by the side that sent the flow's first one.
  static bool from_initiator(const Handle& handle, bool from_upper) {
    return from_upper == ((handle.bucket->state[handle.way] & kUpperInitiated) != 0);
  }
  /// For the first packet in a window that count_ordinary_packet() has counted, if it is TCP and
  /// received: may put the flow under watch.
  void review(const Handle& handle) const {
    std::uint64_t& count = handle.bucket->count[handle.way];
    count = answer_bits::review(count, second_);
  }

  // What is remembered of the requests in a flow (engine/count/request_stage.h). Nothing is where
  // the flow has no entry.

  /// RequestState after the last segment of a TCP flow's client.
  std::uint8_t request_state(const Handle& handle) const {
    return owns_entry(handle) ? answer_bits::request_state(handle.bucket->count[handle.way]) : 0;
  }
  /// Unless it is 0, the flow's packets leave the fast path.
  void set_request_state(const Handle& handle, std::uint8_t state) const {
    if (!owns_entry(handle)) return;
    std::uint64_t& count = handle.bucket->count[handle.way];
    count = answer_bits::with_request_state(count, state);
  }
  /// Whether a QUIC Initial from the client begins a connection in its flow. `connection`: a hash
  /// of its identifier, 1..15. `answered`: the server has sent something.
  bool begins_connection(const Handle& handle, unsigned connection, bool answered) const {
    if (!owns_entry(handle)) return true;
    return answer_bits::begin_connection(handle.bucket->count[handle.way], connection, answered);
  }

  // For every flow.

  /// Finds the packet's flow, or inserts it, and counts the packet. Writes all of `lookup`. Returns
  /// the flow's entry; if its insertion is deferred, has_entry() is false for the handle.
  Handle count_packet(const FlowPacket& packet, WindowGeneration now, FlowLookup& lookup);
  FlowLookup count_packet(const FlowPacket& packet, WindowGeneration now) {
    FlowLookup lookup;
    count_packet(packet, now, lookup);
    return lookup;
  }
  /// Whether the insertion of new flows is deferred in the window of the last packet.
  bool defers_insertion() const { return defers_insertion_; }
  /// A short count_packet() for a SYN whose flow is certain to be new, while insertion is deferred.
  /// Returns false, and changes nothing, if the flow may be known or insertion is not deferred:
  /// then the packet needs count_packet().
  bool count_first_syn(const FlowPacket& packet, WindowGeneration now);
  /// False if the flow's insertion was deferred. It has no entry then, and nothing can be cached.
  bool has_entry(const Handle& handle) const { return handle.bucket != &no_entry_; }
  /// Caches host slots for the flow's later packets. Does nothing if another flow has taken the
  /// entry.
  static void cache_host_slots(const Handle& handle, FlowHostSlots slots) {
    if (handle.bucket->tag[handle.way] == handle.tag) {
      handle.bucket->set_host_slots(handle.way, slots);
    }
  }

  std::uint64_t evictions() const { return evictions_; }
  /// Flows inserted minus flows replaced: an upper bound of the live ones.
  std::uint64_t entries() const { return entries_ + single_packet_flows_.size(); }
  /// Makes the whole table resident before it is used. Throws std::bad_alloc when there is not
  /// enough memory.
  void prefault() {
    buckets_.prefault();
    single_packet_flows_.prefault();
  }
  std::size_t memory_bytes() const {
    return buckets_.bytes() + single_packet_flows_.memory_bytes();
  }

 private:
  static constexpr int kWays = FlowBucket::kWays;
  /// The two bucket indices of a flow differ in these low bits only.
  static constexpr int kSecondIndexBits = 6;
  /// An entry, or the first bucket if none was found.
  struct Position {
    FlowBucket* bucket;
    int way;
    bool found;
  };

  std::size_t index_of(std::uint64_t hash) const { return hash >> index_shift_ & mask_; }
  /// Is in the same 4 KiB as the first bucket, so that the access needs no address translation of
  /// its own, which is what a random access to a large table waits for. The 256 entries of these
  /// 64 buckets even out the load of single buckets well enough.
  static std::size_t second_index(std::size_t index, std::uint32_t tag) {
    static_assert(sizeof(FlowBucket) << kSecondIndexBits == 4096);
    return index ^ ((tag >> 1) * 0x5bd1e995u >> (32 - kSecondIndexBits) | 1u);
  }

  /// Whether the handle is still of its flow's entry.
  bool owns_entry(const Handle& handle) const {
    return has_entry(handle) && handle.bucket->tag[handle.way] == handle.tag;
  }
  static void follow_handshake(const FlowPacket& packet, std::uint8_t before, FlowLookup& lookup);
  static std::uint64_t follow_answers(const FlowPacket& packet, std::uint64_t bits, unsigned second,
                                      FlowLookup& lookup);
  void update_entry(const FlowPacket& packet, FlowBucket& bucket, int way,
                    FlowLookup& lookup) const;
  bool accepts_cached_slots(const FlowBucket& bucket, int way, WindowGeneration now) const {
    return static_cast<std::uint16_t>(now - bucket.last[way]) <= cached_slot_max_age_;
  }
  Position find(std::uint64_t hash, WindowGeneration now);
  Position find_displaced(std::uint64_t hash, WindowGeneration now);
  Handle insert_flow(const FlowPacket& packet, WindowGeneration now, Position at,
                     FlowLookup& lookup);
  bool insert_deferred(const FlowPacket& packet, WindowGeneration now, Position& at);
  Position make_room(std::uint64_t hash, WindowGeneration now);
  bool may_displace(WindowGeneration now);
  int displace_one(std::size_t index, WindowGeneration now);
  void start_window(WindowGeneration now);
  void next_step();
  void grow();
  void use_buckets(std::size_t count);

  HugeArray<FlowBucket> buckets_;
  std::size_t mask_ = 0;               ///< buckets in use - 1
  unsigned index_shift_ = 0;           ///< position of the index in a hash
  std::uint64_t grow_above_ = 0;       ///< entries; the table doubles when there are more
  std::uint64_t next_step_above_ = 0;  ///< entries; next_step() has work when there are more
  FlowIdleLimits idle_limits_;
  std::uint16_t cached_slot_max_age_ = 0;  ///< windows
  std::uint16_t windows_a_second_;         ///< at least 1
  unsigned second_ = 0;                    ///< of the running window, for answer_bits.h
  std::uint64_t evictions_ = 0;
  std::uint64_t entries_ = 0;
  std::uint32_t flows_;  ///< as configured
  SinglePacketFlows single_packet_flows_;
  FlowBucket no_entry_{};                    ///< bucket of handles whose flow has no entry
  WindowGeneration current_generation_ = 0;  ///< window of the last packet
  std::uint32_t new_flows_ = 0;              ///< in that window
  bool defers_insertion_ = false;
  bool any_copies_ = false;
  bool any_single_packet_flows_ = false;  ///< single_packet_flows_ may hold some
  WindowGeneration failed_generation_ = 0;
  std::uint16_t failed_displacements_ = 0;  ///< in the window failed_generation_
  BackgroundPrefault* background_;          ///< nullptr: all buckets are in use from the start
  /// New flows in a window; if there are more, insertion will be deferred in the next one, and
  /// single_packet_flows_ needs its memory.
  std::uint32_t request_prefault_above_;
};

inline bool FlowTable::count_ordinary_packet(const Handle& handle, OrdinaryPacket packet,
                                             WindowGeneration now, bool& first_in_window) {
  // One table look-up and a predictable branch instead of four branches that are not.
  static constexpr auto kOrdinary = flow_state::ordinary_by_state();
  const unsigned kind = 2u * packet.payload + packet.from_upper;
  FlowBucket& bucket = *handle.bucket;
  const std::uint64_t count = bucket.count[handle.way];
  const std::uint64_t ordinary = kOrdinary[bucket.state[handle.way]] >> kind & 1;
  static_assert(answer_bits::kWatched == std::uint64_t{1} << 63);
  if (ordinary <= count >> 63) return false;
  first_in_window = !seen_in_window(handle, now);
  bucket.last[handle.way] = now;
  // What the protected end sends clears `received`. A carry out of it puts the flow under watch.
  bucket.count[handle.way] = (count & (mask_of(packet.received) | ~answer_bits::kReceived)) +
                             (std::uint64_t{packet.received_payload} << answer_bits::kReceivedAt);
  return true;
}

/// Writes all of `lookup` except `new_flow` and `first_in_window`; sets `eventful` on an event.
inline void FlowTable::update_entry(const FlowPacket& packet, FlowBucket& bucket, int way,
                                    FlowLookup& lookup) const {
  const std::uint8_t before = bucket.state[way];
  const std::uint8_t other = packet.from_upper ? kLowerSent : kUpperSent;
  const bool from_initiator = packet.from_upper == ((before & kUpperInitiated) != 0);
  lookup.other_side_sent = (before & other) != 0;
  lookup.from_initiator = from_initiator;
  lookup.answered_syn = lookup.completed = lookup.progressed = false;
  lookup.state = static_cast<std::uint8_t>(before | (other ^ kBothSent));
  const bool opening = (packet.tcp_flags & kTcpSyn) != 0 || flow_state::is_opening(before);
  if (packet.tcp && opening) {
    follow_handshake(packet, before, lookup);
    lookup.eventful = true;
  }
  lookup.first_answer = !from_initiator & ((before & (other ^ kBothSent)) == 0);
  lookup.first_payload = packet.payload && from_initiator && (before & kPayloadSeen) == 0;
  if (lookup.first_payload) {
    lookup.state |= kPayloadSeen;
    lookup.eventful = true;
  }
  bucket.state[way] = lookup.state;
  std::uint64_t count = answer_bits::add_packet(bucket.count[way]);
  lookup.unanswered = false;
  lookup.requests_go_on = packet.tcp & from_initiator & ((count & answer_bits::kProgress) != 0);
  if ((packet.tcp | packet.udp) && (lookup.state & kBothSent) == kBothSent) {
    count = follow_answers(packet, count, second_, lookup);
  }
  bucket.count[way] = count;
  lookup.packets = bucket.packets(way);
}

/// Counts a flow's first packet. `at`: the flow's expired entry, which is used again, or not found.
inline FlowTable::Handle FlowTable::insert_flow(const FlowPacket& packet, WindowGeneration now,
                                                Position at, FlowLookup& lookup) {
  const std::uint8_t state = flow_state::after_first(packet);
  const std::uint32_t tag = FlowBucket::tag_of(packet.hash);
  ++new_flows_;
  lookup = {.packets = 1,
            .state = state,
            .new_flow = true,
            .first_in_window = true,
            .from_initiator = true,
            .first_payload = packet.payload,
            .eventful = true};
  if (defers_insertion_ & !at.found) {
    evictions_ += !single_packet_flows_.insert(packet.hash, flow_state::pack_first(state), now);
    return {&no_entry_, 0, tag};
  }
  if (!at.found) at = make_room(packet.hash, now);
  at.bucket->write(at.way, tag, now, state, second_);
  return {at.bucket, at.way, tag};
}

inline bool FlowTable::count_first_syn(const FlowPacket& packet, WindowGeneration now) {
  if (now != current_generation_) [[unlikely]] {
    start_window(now);
  }
  if (!defers_insertion_) return false;
  const FlowBucket& first = buckets_[index_of(packet.hash)];
  const bool may_be_known = (first.match(FlowBucket::tag_of(packet.hash)) != 0) |
                            (first.overflowed != 0) | single_packet_flows_.may_contain(packet.hash);
  if (may_be_known) return false;
  ++new_flows_;
  evictions_ += !single_packet_flows_.insert(
      packet.hash, flow_state::pack_first(flow_state::after_first(packet)), now);
  return true;
}

inline FlowTable::Handle FlowTable::count_packet(const FlowPacket& packet, WindowGeneration now,
                                                 FlowLookup& lookup) {
  if (now != current_generation_) [[unlikely]] {
    start_window(now);
  }
  Position at = find(packet.hash, now);
  const bool known = at.found ? !at.bucket->is_expired(at.way, now, idle_limits_)
                              : any_single_packet_flows_ && insert_deferred(packet, now, at);
  if (!known) return insert_flow(packet, now, at, lookup);
  FlowBucket& bucket = *at.bucket;
  const int way = at.way;
  lookup.new_flow = false;
  lookup.first_in_window = bucket.last[way] != now;
  lookup.eventful = lookup.first_in_window;
  if (lookup.first_in_window) bucket.forget_host_slots(way);
  bucket.last[way] = now;
  update_entry(packet, bucket, way, lookup);
  return {&bucket, way, FlowBucket::tag_of(packet.hash)};
}

}  // namespace floodgauge

#include "engine/flow/flow_table_find.h"  // IWYU pragma: export
