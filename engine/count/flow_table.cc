#include "engine/count/flow_table.h"

#include <algorithm>
#include <bit>
#include <limits>

namespace floodgauge {
namespace {

constexpr std::uint8_t kFin = 1;
constexpr std::uint8_t kSyn = 2;
constexpr std::uint8_t kRst = 4;
constexpr std::uint8_t kAck = 16;

constexpr std::uint8_t kBothSpoke = kLowerSpoke | kUpperSpoke;

/// After so many searches for room in vain the table is full: no more of them in this window, since
/// each touches up to eight buckets.
constexpr std::uint16_t kFailedSearches = 64;

void add_saturating(std::uint32_t& sum, std::uint32_t value) {
  const std::uint32_t next = sum + value;
  sum = next < sum ? std::numeric_limits<std::uint32_t>::max() : next;
}

/// The TCP handshake as far as it can be seen (RFC 9293, section 3.5).
void follow_handshake(const FlowPacket& packet, std::uint8_t before, FlowSighting& sighting) {
  std::uint8_t& state = sighting.state;
  const bool from_beginner = packet.from_upper == ((state & kUpperBegan) != 0);
  const std::uint8_t flags = packet.tcp_flags & (kFin | kSyn | kRst | kAck);
  if (flags == kSyn) {
    if (from_beginner) state |= kSynSeen;
  } else if (flags == (kSyn | kAck)) {
    if (!from_beginner && (before & kSynSeen) != 0 && (before & kSynAckSeen) == 0) {
      sighting.answered_syn = true;
    }
    state |= kSynAckSeen;
  } else if ((flags & (kAck | kRst)) == kAck && from_beginner && (before & kSynSeen) != 0) {
    if ((before & kSynAckSeen) != 0) {
      sighting.completed = (before & kCompleted) == 0;
      state |= kCompleted;
    } else if ((before & (kProgressed | kCompleted)) == 0) {
      sighting.progressed = true;
      state |= kProgressed;
    }
  }
}

}  // namespace

FlowTable::FlowTable(std::uint32_t flows, std::uint16_t idle_ticks)
    : buckets_(std::bit_ceil(std::max<std::size_t>(flows, 64) * 2 / kWays)),
      mask_(buckets_.size() - 1),
      idle_ticks_(std::max<std::uint16_t>(idle_ticks, 8)),
      idle_ticks_one_sided_(std::max<std::uint16_t>(idle_ticks / 8, 2)) {}

bool FlowTable::expired(const Bucket& bucket, int way, std::uint16_t tick) const {
  const auto age = static_cast<std::uint16_t>(tick - bucket.last[way]);
  return age >
         ((bucket.state[way] & kBothSpoke) == kBothSpoke ? idle_ticks_ : idle_ticks_one_sided_);
}

int FlowTable::free_way(const Bucket& bucket, std::uint16_t tick) const {
  for (int way = 0; way < kWays; ++way) {
    if (bucket.tag[way] == 0 || expired(bucket, way, tick)) return way;
  }
  return -1;
}

int FlowTable::oldest_way(const Bucket& bucket, std::uint16_t tick) {
  // One-sided flows go first: they are what a spoofed flood is made of.
  int oldest = 0;
  std::uint32_t worst = 0;
  for (int way = 0; way < kWays; ++way) {
    const auto age = static_cast<std::uint16_t>(tick - bucket.last[way]);
    const bool one_sided = (bucket.state[way] & kBothSpoke) != kBothSpoke;
    const std::uint32_t rank = (one_sided ? 0x10000u : 0u) + age;
    if (rank >= worst) {
      worst = rank;
      oldest = way;
    }
  }
  return oldest;
}

FlowTable::Place FlowTable::find(std::uint64_t hash, std::uint16_t tick) {
  const std::uint32_t tag = tag_of(hash);
  const std::size_t index = index_of(hash);
  Bucket& first = buckets_[index];
  const int way = find_in(first, tag);
  if (way >= 0) return {&first, way, true};
  if (first.overflowed != 0) {
    if (static_cast<std::uint16_t>(tick - first.overflow_tick) > idle_ticks_) {
      first.overflowed = 0;
    } else {
      Bucket& second = buckets_[second_index(index, tag)];
      const int second_way = find_in(second, tag);
      if (second_way >= 0) {
        first.overflow_tick = tick;
        return {&second, second_way, true};
      }
    }
  }
  return {&first, -1, false};
}

FlowTable::Place FlowTable::make_room(std::uint64_t hash, std::uint16_t tick) {
  const std::size_t index = index_of(hash);
  Bucket& first = buckets_[index];
  int way = free_way(first, tick);
  if (way >= 0) {
    if (first.tag[way] == 0) ++entries_;
    return {&first, way, false};
  }
  Bucket& second = buckets_[second_index(index, tag_of(hash))];
  first.overflowed = 1;
  first.overflow_tick = tick;
  way = free_way(second, tick);
  if (way >= 0) {
    if (second.tag[way] == 0) ++entries_;
    return {&second, way, false};
  }
  if (may_search(tick)) {
    for (const std::size_t from : {index, second_index(index, tag_of(hash))}) {
      way = move_one(from, tick);
      if (way >= 0) return {&buckets_[from], way, false};
    }
    ++failed_searches_;
  }
  ++evictions_;
  return {&first, oldest_way(first, tick), false};
}

bool FlowTable::may_search(std::uint16_t tick) {
  if (failed_tick_ != tick) {
    failed_tick_ = tick;
    failed_searches_ = 0;
  }
  return failed_searches_ < kFailedSearches;
}

/// Moves one entry of a full bucket to its other bucket; returns the way that is free now, or -1.
int FlowTable::move_one(std::size_t index, std::uint16_t tick) {
  Bucket& from = buckets_[index];
  for (int way = 0; way < kWays; ++way) {
    Bucket& to = buckets_[second_index(index, from.tag[way])];
    const int free = free_way(to, tick);
    if (free < 0 || &to == &from) continue;
    if (to.tag[free] == 0) ++entries_;
    to.tag[free] = from.tag[way];
    to.packets[free] = from.packets[way];
    to.bytes[free] = from.bytes[way];
    to.last[free] = from.last[way];
    to.state[free] = from.state[way];
    // Whichever of the two is the entry's first bucket must send a search on to the other.
    for (Bucket* bucket : {&from, &to}) {
      bucket->overflowed = 1;
      bucket->overflow_tick = tick;
    }
    return way;
  }
  return -1;
}

FlowSighting FlowTable::see(const FlowPacket& packet, std::uint16_t tick) {
  FlowSighting sighting;
  Place place = find(packet.hash, tick);
  const bool stale = place.found && expired(*place.bucket, place.way, tick);
  if (!place.found || stale) {
    if (!place.found) place = make_room(packet.hash, tick);
    Bucket& bucket = *place.bucket;
    bucket.tag[place.way] = tag_of(packet.hash);
    bucket.packets[place.way] = 0;
    bucket.bytes[place.way] = 0;
    bucket.state[place.way] = packet.from_upper ? kUpperBegan : 0;
    sighting.new_flow = true;
  }
  Bucket& bucket = *place.bucket;
  const int way = place.way;
  const std::uint8_t before = bucket.state[way];
  sighting.first_in_window = sighting.new_flow || bucket.last[way] != tick;
  sighting.other_side_spoke = (before & (packet.from_upper ? kLowerSpoke : kUpperSpoke)) != 0;
  sighting.state = before | (packet.from_upper ? kUpperSpoke : kLowerSpoke);
  if (packet.tcp) follow_handshake(packet, before, sighting);
  sighting.from_beginner = packet.from_upper == ((before & kUpperBegan) != 0);
  if (packet.payload && sighting.from_beginner && (before & kPayloadSeen) == 0) {
    sighting.state |= kPayloadSeen;
    sighting.first_payload = true;
  }
  add_saturating(bucket.packets[way], 1);
  add_saturating(bucket.bytes[way], packet.wire_bytes);
  bucket.last[way] = tick;
  bucket.state[way] = sighting.state;
  sighting.packets = bucket.packets[way];
  return sighting;
}

}  // namespace floodgauge
