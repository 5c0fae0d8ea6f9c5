// How a flow is found: the inline functions of FlowTable that look into its buckets. Included by
// flow_table.h alone.
#pragma once

#include <cstddef>
#include <cstdint>

#include "engine/base/prefetch.h"
#include "engine/flow/flow_table.h"

namespace floodgauge {

inline FlowTable::Position FlowTable::find(std::uint64_t hash, WindowGeneration now) {
  FlowBucket& first = buckets_[index_of(hash)];
  const int way = first.find(FlowBucket::tag_of(hash));
  if (way >= 0) return {&first, way, true};
  if (first.overflowed == 0) return {&first, -1, false};
  return find_displaced(hash, now);
}

/// Has no branch on the result: in a flood half of the packets may belong to known flows.
inline bool FlowTable::find_known(std::uint64_t hash, WindowGeneration now, Handle& handle) {
  const std::uint32_t tag = FlowBucket::tag_of(hash);
  FlowBucket& first = buckets_[index_of(hash)];
  const unsigned ways = first.match(tag);
  const int way = __builtin_ctz(ways | 1u << (kWays - 1));
  handle = {&first, way, tag};
  return (ways != 0) & accepts_cached_slots(first, way, now);
}

/// Has no branch on the result, for the same reason.
inline bool FlowTable::may_be_displaced(std::uint64_t hash, const Handle& handle) const {
  const std::size_t index = index_of(hash);
  const FlowBucket& first = buckets_[index];
  const bool absent = first.tag[handle.way] != handle.tag;
  const bool may_be = absent & (first.overflowed != 0);
  const bool reads_second = may_be | (absent & !defers_insertion_ & (first.match(0) == 0));
  prefetch_line(&buckets_[reads_second ? second_index(index, FlowBucket::tag_of(hash)) : index]);
  if (any_single_packet_flows_) prefetch_line(single_packet_flows_.bucket_of(hash));
  return may_be;
}

inline bool FlowTable::find_known_displaced(std::uint64_t hash, WindowGeneration now,
                                            Handle& handle) {
  const Position at = find_displaced(hash, now);
  handle = {at.bucket, at.way, FlowBucket::tag_of(hash)};
  return at.found && accepts_cached_slots(*at.bucket, at.way, now);
}

}  // namespace floodgauge
