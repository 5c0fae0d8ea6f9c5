#include "engine/flow/flow_table.h"

#include <smmintrin.h>

#include <algorithm>
#include <bit>
#include <cstring>

namespace floodgauge {
namespace {

/// After so many searches for room in vain the table is full: no more of them in this window, since
/// each touches up to eight buckets.
constexpr std::uint16_t kFailedSearches = 64;

/// A table that grows begins with one bucket in so many.
constexpr std::size_t kBeginsWith = 16;
/// Bit of a hash from which on its bits are the tag's; the tag's lowest one is not the hash's.
constexpr unsigned kTagBegin = 33;

/// So many are a crowd: one in so many of the configured flows begun within a window.
constexpr std::uint32_t kCrowd = 512;

}  // namespace

/// The TCP handshake as far as it can be seen (RFC 9293, section 3.5).
void FlowTable::follow_handshake(const FlowPacket& packet, std::uint8_t before,
                                 FlowLookup& lookup) {
  std::uint8_t& state = lookup.state;
  const bool from_initiator = packet.from_upper == ((state & kUpperBegan) != 0);
  const std::uint8_t flags = packet.tcp_flags & (kTcpFin | kTcpSyn | kTcpRst | kTcpAck);
  if (flags == kTcpSyn) {
    if (from_initiator) state |= kSynSeen;
  } else if (flags == (kTcpSyn | kTcpAck)) {
    if (!from_initiator && (before & kSynSeen) != 0 && (before & kSynAckSeen) == 0) {
      lookup.answered_syn = true;
    }
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

/// At least one page of buckets: see second_index().
FlowTable::FlowTable(std::uint32_t flows, std::uint16_t idle_windows, BackgroundPrefault* ahead)
    : buckets_(std::bit_ceil(std::max<std::size_t>(flows, 128) * 2 / kWays)),
      idle_windows_(std::max<std::uint16_t>(idle_windows, 8)),
      idle_windows_one_sided_(std::max<std::uint16_t>(idle_windows / 8, 2)),
      flows_(flows),
      single_packet_flows_(flows, idle_windows_one_sided_),
      ahead_(ahead),
      crowd_foreseen_at_(ahead != nullptr ? flows / kCrowd : ~std::uint32_t{0}) {
  const std::size_t page = std::size_t{1} << kNearBits;
  use(ahead != nullptr ? std::max(buckets_.size() / kBeginsWith, page) : buckets_.size());
  // What the index has at first is none of the tag's bits, what it gets by growing is the tag's.
  index_shift_ = kTagBegin - static_cast<unsigned>(std::popcount(mask_));
}

void FlowTable::use(std::size_t buckets) {
  mask_ = buckets - 1;
  grow_beyond_ = buckets < buckets_.size() ? buckets * kWays * 3 / 8 : ~std::uint64_t{0};
  next_step_at_ = grow_beyond_ / 4 * 3;
}

/// Three quarters of the way from empty to its doubling, asks for the memory; there, doubles. For a
/// crowd, asks once.
void FlowTable::next_step() {
  if (begun_ > crowd_foreseen_at_) {
    single_packet_flows_.request_prefault(*ahead_);
    crowd_foreseen_at_ = ~std::uint32_t{0};
  }
  if (entries_ > grow_beyond_) {
    grow();
  } else if (entries_ > next_step_at_) {
    ahead_->request(&buckets_[mask_ + 1], (mask_ + 1) * sizeof(Bucket));
    next_step_at_ = grow_beyond_;
  }
}

/// Doubles the buckets in use. Of each entry a bit of its tag is one more of its index.
void FlowTable::grow() {
  const std::size_t half = mask_ + 1;
  const unsigned bit = index_shift_ + static_cast<unsigned>(std::popcount(mask_)) - kTagBegin + 1;
  const __m128i moves_if = _mm_set1_epi32(static_cast<int>(std::uint32_t{1} << bit));
  for (std::size_t i = 0; i < half; ++i) {
    Bucket& from = buckets_[i];
    Bucket& to = buckets_[i + half];
    to = from;
    const __m128i tags = _mm_load_si128(reinterpret_cast<const __m128i*>(from.tag));
    const __m128i moves = _mm_cmpeq_epi32(_mm_and_si128(tags, moves_if), moves_if);
    _mm_store_si128(reinterpret_cast<__m128i*>(from.tag), _mm_andnot_si128(moves, tags));
    _mm_store_si128(reinterpret_cast<__m128i*>(to.tag), _mm_and_si128(moves, tags));
  }
  use(2 * half);
}

/// Decides whether new flows get no entry at first: while so many come that a table
/// without room for them would soon be full, and one with room would be in no cache.
void FlowTable::enter_window(std::uint16_t now) {
  crowded_ = begun_ > flows_ / kCrowd;
  if (any_single_packet_flows_)
    single_packet_flows_.expire(now, static_cast<std::uint16_t>(now - current_generation_));
  any_single_packet_flows_ = crowded_ || single_packet_flows_.size() != 0;
  begun_ = 0;
  current_generation_ = now;
}

/// Of a flow's second packet, its entry as the first would have left it. False where there was
/// none.
bool FlowTable::resume(const FlowPacket& packet, std::uint16_t now, Place& place) {
  const SinglePacketFlows::First first = single_packet_flows_.take(packet.hash, now);
  if (!first.found) return false;
  place = make_room(packet.hash, now);
  write_entry(place, packet.hash, first.generation, state_of(first.note));
  return true;
}

bool FlowTable::expired(const Bucket& bucket, int way, std::uint16_t now) const {
  const auto age = static_cast<std::uint16_t>(now - bucket.last[way]);
  return age >
         ((bucket.state[way] & kBothSpoke) == kBothSpoke ? idle_windows_ : idle_windows_one_sided_);
}

/// All four ways at once: expired() of each, and its rank. SSE4.1 is in x86-64-v2.
FlowTable::Room FlowTable::room_in(const Bucket& bucket, std::uint16_t now) const {
  const __m128i zero = _mm_setzero_si128();
  const __m128i last = _mm_loadl_epi64(reinterpret_cast<const __m128i*>(bucket.last));
  const __m128i age = _mm_sub_epi16(_mm_set1_epi16(static_cast<short>(now)), last);
  std::uint32_t states;
  std::memcpy(&states, bucket.state, sizeof states);
  const __m128i both = _mm_set1_epi16(kBothSpoke);
  const __m128i state = _mm_cvtepu8_epi16(_mm_cvtsi32_si128(static_cast<int>(states)));
  const __m128i two_sided = _mm_cmpeq_epi16(_mm_and_si128(state, both), both);
  const __m128i limit =
      _mm_blendv_epi8(_mm_set1_epi16(static_cast<short>(idle_windows_one_sided_)),
                      _mm_set1_epi16(static_cast<short>(idle_windows_)), two_sided);
  const __m128i live = _mm_cmpeq_epi16(_mm_subs_epu16(age, limit), zero);
  const __m128i tags = _mm_load_si128(reinterpret_cast<const __m128i*>(bucket.tag));
  const __m128i empty = _mm_packs_epi32(_mm_cmpeq_epi32(tags, zero), zero);
  const auto taken = static_cast<unsigned>(_mm_movemask_epi8(_mm_andnot_si128(empty, live)));
  const unsigned free = ~taken & 0xffu;  // two bits a way
  // One-sided flows go first: they are what a spoofed flood is made of. Of their like the oldest.
  const __m128i greatest_age = _mm_set1_epi16(0x7fff);
  const __m128i youth = _mm_sub_epi16(greatest_age, _mm_min_epu16(age, greatest_age));
  const __m128i rank = _mm_or_si128(youth, _mm_slli_epi16(two_sided, 15));
  const __m128i none = _mm_set_epi64x(-1, 0);  // where there are no ways
  const int oldest = _mm_extract_epi16(_mm_minpos_epu16(_mm_or_si128(rank, none)), 1);
  return {free == 0 ? -1 : __builtin_ctz(free) / 2, oldest};
}

/// The way of a bucket that is full or does not hold it.
FlowTable::Place FlowTable::find_in_second(std::uint64_t hash, std::uint16_t now) {
  const std::uint32_t tag = tag_of(hash);
  Bucket& first = buckets_[index_of(hash)];
  if (static_cast<std::uint16_t>(now - first.overflow_generation) > idle_windows_) {
    first.overflowed = 0;
    return {&first, -1, false};
  }
  Bucket& second = buckets_[second_index(index_of(hash), tag)];
  const int way = find_in(second, tag);
  if (way < 0) return {&first, -1, false};
  first.overflow_generation = now;
  return {&second, way, true};
}

FlowTable::Place FlowTable::make_room(std::uint64_t hash, std::uint16_t now) {
  const std::size_t index = index_of(hash);
  Bucket& first = buckets_[index];
  const Room room = room_in(first, now);
  if (room.free >= 0) {
    if (first.tag[room.free] == 0) ++entries_;
    return {&first, room.free, false};
  }
  Bucket& second = buckets_[second_index(index, tag_of(hash))];
  first.overflowed = 1;
  first.overflow_generation = now;
  int way = room_in(second, now).free;
  if (way >= 0) {
    if (second.tag[way] == 0) ++entries_;
    return {&second, way, false};
  }
  if (may_search(now)) {
    for (const std::size_t from : {index, second_index(index, tag_of(hash))}) {
      way = move_one(from, now);
      if (way >= 0) return {&buckets_[from], way, false};
    }
    ++failed_searches_;
  }
  ++evictions_;
  return {&first, room.oldest, false};
}

bool FlowTable::may_search(std::uint16_t now) {
  if (failed_generation_ != now) {
    failed_generation_ = now;
    failed_searches_ = 0;
  }
  return failed_searches_ < kFailedSearches;
}

/// Moves one entry of a full bucket to its other bucket; returns the way that is free now, or -1.
int FlowTable::move_one(std::size_t index, std::uint16_t now) {
  Bucket& from = buckets_[index];
  for (int way = 0; way < kWays; ++way) {
    Bucket& to = buckets_[second_index(index, from.tag[way])];
    const int free = room_in(to, now).free;
    if (free < 0 || &to == &from) continue;
    if (to.tag[free] == 0) ++entries_;
    to.tag[free] = from.tag[way];
    to.count[free] = from.count[way];
    to.last[free] = from.last[way];
    to.state[free] = from.state[way];
    // Whichever of the two is the entry's first bucket must send a search on to the other.
    for (Bucket* bucket : {&from, &to}) {
      bucket->overflowed = 1;
      bucket->overflow_generation = now;
    }
    return way;
  }
  return -1;
}

}  // namespace floodgauge
