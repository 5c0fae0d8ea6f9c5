#include "engine/flow/flow_table.h"

#include <emmintrin.h>

#include <algorithm>
#include <bit>
#include <cstring>

namespace floodgauge {
namespace {

/// After so many failed displacements in a window the table counts as full, and no more are tried
/// in this window, since each reads up to eight buckets.
constexpr std::uint16_t kMaxFailedDisplacements = 64;

/// A table that grows starts with one in so many of its buckets.
constexpr std::size_t kInitialShare = 16;
/// The bits of a hash from this one on belong to the tag. (The tag's lowest bit is always 1.)
constexpr unsigned kTagBegin = 33;

/// Insertion is deferred in the window after one in which more than one in so many of the
/// configured flows were new.
constexpr std::uint32_t kDeferShare = 512;

/// The hash of a segment's acknowledgement number: its upper four bits are those of the product
/// with an odd constant (Knuth, The Art of Computer Programming, vol. 3, section 6.4).
unsigned mark_of(const FlowPacket& packet) {
  if (packet.acknowledgement == nullptr) return answer_bits::kNoMark;
  std::uint32_t number;
  std::memcpy(&number, packet.acknowledgement, sizeof number);
  return number * 0x9e3779b1u >> 28;
}

}  // namespace

/// The TCP handshake as far as it can be seen (RFC 9293, section 3.5).
void FlowTable::follow_handshake(const FlowPacket& packet, std::uint8_t before,
                                 FlowLookup& lookup) {
  std::uint8_t& state = lookup.state;
  const bool from_initiator = packet.from_upper == ((state & kUpperInitiated) != 0);
  const std::uint8_t flags = packet.tcp_flags & (kTcpFin | kTcpSyn | kTcpRst | kTcpAck);
  if (flags == kTcpSyn) {
    if (from_initiator) state |= kSynSeen;
  } else if (flags == (kTcpSyn | kTcpAck)) {
    if (from_initiator) return;
    if ((before & kSynSeen) != 0 && (before & kSynAckSeen) == 0) lookup.answered_syn = true;
    state |= kSynAckSeen;
  } else if ((flags & (kTcpAck | kTcpRst)) == kTcpAck && from_initiator &&
             (before & kSynSeen) != 0) {
    if ((before & kSynAckSeen) != 0) {
      lookup.completed = (before & kCompleted) == 0;
      state |= kCompleted;
    } else if ((before & (kProgressed | kCompleted)) == 0) {
      lookup.progressed = true;
      state |= kProgressed;
    }
  }
}

/// Follows whether the protected end of a flow in which both sides have sent still answers.
std::uint64_t FlowTable::follow_answers(const FlowPacket& packet, std::uint64_t bits,
                                        unsigned second, FlowLookup& lookup) {
  const bool received = packet.ends == ProtectedEnds::both
                            ? lookup.from_initiator
                            : packet.ends == ProtectedEnds::destination;
  if (!received) {
    return packet.tcp ? answer_bits::after_segment_sent(bits, mark_of(packet), second)
                      : answer_bits::after_datagram_sent(bits, second);
  }
  // A packet that was cut is longer than its headers.
  if (packet.payload | packet.cut) bits = answer_bits::after_received(bits, second);
  if (packet.tcp && lookup.first_in_window) bits = answer_bits::review(bits, second);
  lookup.unanswered = answer_bits::is_unanswered(bits, packet.tcp, second);
  lookup.other_side_sent &= !lookup.unanswered;
  return bits;
}

/// The table has at least one page of buckets, which second_index() needs.
FlowTable::FlowTable(std::uint32_t flows, std::uint16_t idle_windows, BackgroundPrefault* prefault,
                     std::uint16_t windows_a_second)
    : buckets_(std::bit_ceil(std::max<std::size_t>(flows, 128) * 2 / kWays)),
      idle_limits_{.both_sent = std::max<std::uint16_t>(idle_windows, 8),
                   .one_sided = std::max<std::uint16_t>(idle_windows / 8, 2)},
      windows_a_second_(std::max<std::uint16_t>(windows_a_second, 1)),
      flows_(flows),
      single_packet_flows_(flows, idle_limits_.one_sided),
      background_(prefault),
      request_prefault_above_(prefault != nullptr ? flows / kDeferShare : ~std::uint32_t{0}) {
  const std::size_t page = std::size_t{1} << kSecondIndexBits;
  use_buckets(prefault != nullptr ? std::max(buckets_.size() / kInitialShare, page)
                                  : buckets_.size());
  // The index bits at the start lie below the tag's; those that growing adds belong to the tag too.
  index_shift_ = kTagBegin - static_cast<unsigned>(std::popcount(mask_));
}

void FlowTable::use_buckets(std::size_t count) {
  mask_ = count - 1;
  grow_above_ = count < buckets_.size() ? count * kWays * 3 / 8 : ~std::uint64_t{0};
  next_step_above_ = grow_above_ / 4 * 3;
}

/// Requests the memory for the next doubling when three quarters of the entries are there that
/// cause it, and doubles when all are. Requests the memory of single_packet_flows_ once, when
/// insertion is about to be deferred.
void FlowTable::next_step() {
  if (new_flows_ > request_prefault_above_) {
    single_packet_flows_.request_prefault(*background_);
    request_prefault_above_ = ~std::uint32_t{0};
  }
  if (entries_ > grow_above_) {
    grow();
  } else if (entries_ > next_step_above_) {
    background_->request(&buckets_[mask_ + 1], (mask_ + 1) * sizeof(FlowBucket));
    next_step_above_ = grow_above_;
  }
}

/// Doubles the buckets in use. One more bit of each entry's tag is now a bit of its index. Copies
/// each bucket to the new half, and empties in each copy the entries that belong to the other.
void FlowTable::grow() {
  const std::size_t half = mask_ + 1;
  const unsigned bit = index_shift_ + static_cast<unsigned>(std::popcount(mask_)) - kTagBegin + 1;
  const __m128i index_bit = _mm_set1_epi32(static_cast<int>(std::uint32_t{1} << bit));
  for (std::size_t i = 0; i < half; ++i) {
    FlowBucket& from = buckets_[i];
    FlowBucket& to = buckets_[i + half];
    to = from;
    const __m128i tags = _mm_load_si128(reinterpret_cast<const __m128i*>(from.tag));
    const __m128i moves = _mm_cmpeq_epi32(_mm_and_si128(tags, index_bit), index_bit);
    _mm_store_si128(reinterpret_cast<__m128i*>(from.tag), _mm_andnot_si128(moves, tags));
    _mm_store_si128(reinterpret_cast<__m128i*>(to.tag), _mm_and_si128(moves, tags));
  }
  use_buckets(2 * half);
}

/// Decides whether insertion is deferred in the new window. It is while so many new flows come that
/// a table without room for them would soon be full, and that a table with room for them would be
/// in no cache.
void FlowTable::start_window(WindowGeneration now) {
  defers_insertion_ = new_flows_ > flows_ / kDeferShare;
  if (any_single_packet_flows_) {
    single_packet_flows_.expire(now, static_cast<std::uint16_t>(now - current_generation_));
  }
  any_single_packet_flows_ = defers_insertion_ || single_packet_flows_.size() != 0;
  new_flows_ = 0;
  current_generation_ = now;
  second_ = now / windows_a_second_;
}

/// Inserts a flow whose insertion was deferred, at its second packet: its entry as the first packet
/// would have left it. Returns false if no first packet is remembered.
bool FlowTable::insert_deferred(const FlowPacket& packet, WindowGeneration now, Position& at) {
  const SinglePacketFlows::FirstPacket first = single_packet_flows_.take(packet.hash, now);
  if (!first.found) return false;
  at = make_room(packet.hash, now);
  at.bucket->write(at.way, FlowBucket::tag_of(packet.hash), first.generation,
                   flow_state::unpack_first(first.note), second_);
  return true;
}

/// Looks in the second bucket. Once no displaced entry of the first bucket can be live any more,
/// clears the first bucket's `overflowed`.
FlowTable::Position FlowTable::find_displaced(std::uint64_t hash, WindowGeneration now) {
  const std::uint32_t tag = FlowBucket::tag_of(hash);
  FlowBucket& first = buckets_[index_of(hash)];
  if (static_cast<std::uint16_t>(now - first.overflow_generation) > idle_limits_.both_sent) {
    first.overflowed = 0;
    return {&first, -1, false};
  }
  FlowBucket& second = buckets_[second_index(index_of(hash), tag)];
  const int way = second.find(tag);
  if (way < 0) return {&first, -1, false};
  first.overflow_generation = now;
  return {&second, way, true};
}

/// A way for a new entry: free in the first bucket, free in the second one, made free by displacing
/// an entry, or else the victim of an eviction.
FlowTable::Position FlowTable::make_room(std::uint64_t hash, WindowGeneration now) {
  const std::size_t index = index_of(hash);
  FlowBucket& first = buckets_[index];
  const FlowBucket::Vacancy vacancy = first.find_vacancy(now, idle_limits_);
  if (vacancy.free >= 0) {
    if (first.tag[vacancy.free] == 0) ++entries_;
    return {&first, vacancy.free, false};
  }
  const std::size_t other = second_index(index, FlowBucket::tag_of(hash));
  FlowBucket& second = buckets_[other];
  first.overflowed = 1;
  first.overflow_generation = now;
  int way = second.find_vacancy(now, idle_limits_).free;
  if (way >= 0) {
    if (second.tag[way] == 0) ++entries_;
    return {&second, way, false};
  }
  if (may_displace(now)) {
    for (const std::size_t from : {index, other}) {
      way = displace_one(from, now);
      if (way >= 0) return {&buckets_[from], way, false};
    }
    ++failed_displacements_;
  }
  ++evictions_;
  return {&first, vacancy.victim, false};
}

bool FlowTable::may_displace(WindowGeneration now) {
  if (failed_generation_ != now) {
    failed_generation_ = now;
    failed_displacements_ = 0;
  }
  return failed_displacements_ < kMaxFailedDisplacements;
}

/// Moves one entry of a full bucket to its other bucket. Returns the way that is free now, or -1.
int FlowTable::displace_one(std::size_t index, WindowGeneration now) {
  FlowBucket& from = buckets_[index];
  for (int way = 0; way < kWays; ++way) {
    FlowBucket& to = buckets_[second_index(index, from.tag[way])];
    const int free = to.find_vacancy(now, idle_limits_).free;
    if (free < 0 || &to == &from) continue;
    if (to.tag[free] == 0) ++entries_;
    to.tag[free] = from.tag[way];
    to.count[free] = from.count[way];
    to.last[free] = from.last[way];
    to.state[free] = from.state[way];
    // One of the two is the entry's first bucket, and must send lookups on to the other.
    for (FlowBucket* bucket : {&from, &to}) {
      bucket->overflowed = 1;
      bucket->overflow_generation = now;
    }
    return way;
  }
  return -1;
}

}  // namespace floodgauge
