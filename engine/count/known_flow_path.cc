#include "engine/count/known_flow_path.h"

#include <algorithm>

#include "engine/base/branchless.h"
#include "engine/count/large_answer.h"
#include "engine/count/ordinary_packet.h"
#include "engine/count/packet_source.h"
#include "engine/count/packet_volume.h"
#include "engine/count/requests.h"
#include "engine/flow/flow_packet.h"

namespace floodgauge {
namespace {

/// Prefetches the records in the slots that a flow has cached: both lines, because the requests and
/// answers of a client fill the two cells of the first line.
void prefetch_records(const FlowTable::Handle& flow, const WorkerWindow& window) {
  const CachedHostSlots cached = FlowTable::cached_host_slots(flow);
  for (const std::uint32_t slot : {cached.one, cached.other}) {
    if (slot >= window.hosts.size()) continue;
    window.hosts[slot].prefetch_to_write();
    window.hosts[slot].prefetch_events_to_write();
  }
}

}  // namespace

void KnownFlowPath::count(CountedBurst& burst, const Protection& protection,
                          std::uint64_t window_index, WorkerWindow& window) {
  const auto window_generation = static_cast<WindowGeneration>(window_index);
  synchronise(protection, window_index, window);
  burst.remaining = burst.all();
  burst.known = 0;
  burst.from_outside = 0;
  burst.to_outside = 0;
  burst.counts_source = 0;
  burst.udp_answers = 0;
  burst.http_requests = 0;
  const bool everything = protection.everything();
  burst.compared = 0;
  burst.copies = 0;
  std::uint32_t known = find_known(burst, window_generation);
  // The later stages keep copies apart.
  if (flows_.any_copies()) known &= ~duplicates_.find_in_known(burst, known);
  for_each_bit(known, [&](std::uint16_t i) { prefetch_records(burst.flow_handles[i], window); });
  for_each_bit(known, [&](std::uint16_t i) {
    count_packet(burst, i, everything, window_generation, window);
  });
  burst.known_ordinary = burst.all() & ~burst.remaining;
  count_sources(burst, window);
  for_each_bit(burst.udp_answers, [&](std::uint16_t i) {
    ++burst.records[i].out->events().answers;
    // The receiver is not protected: count_ordinary() has noted the one record that there is twice.
    if (burst.records[i].in != burst.records[i].out) return;
    burst.tags[i] = 0;
    count_large_answer(burst, i, log_, shed_, *burst.records[i].out, window);
  });
}

/// Slots cached in flows, and prefixes left in a window's records, are valid only for the
/// protection under which they were written.
void KnownFlowPath::synchronise(const Protection& protection, std::uint64_t window_index,
                                WorkerWindow& window) {
  if (protection.generation() != protection_generation_) {
    protection_generation_ = protection.generation();
    knows_sides_ = protection.knows_sides();
    slots_valid_from_ = window_index + 1;
  }
  flows_.set_cached_slot_max_age(window_index - std::min(window_index, slots_valid_from_),
                                 static_cast<WindowGeneration>(window_index));
  if (window.protection_generation != protection_generation_) {
    window.protection_generation = protection_generation_;
    window.records_valid_from = window.record_generation + 1;
  }
}

/// Sets the flow handles of packets whose flow is known, and returns one bit for each of them.
std::uint32_t KnownFlowPath::find_known(CountedBurst& burst, WindowGeneration window_generation) {
  std::uint32_t known = 0;
  std::uint32_t may_be = 0;
  // From the last packet to the first, so that each bit takes one shift of all. Where no flow is
  // hashed, any hash is looked up for nothing, which is seldom.
  for (std::size_t i = burst.size; i-- > 0;) {
    const bool is =
        flows_.find_known(burst.flow_hashes[i], window_generation, burst.flow_handles[i]);
    known = known << 1 | std::uint32_t{is};
  }
  known &= burst.flow_hashed;
  for_each_bit(burst.flow_hashed & ~known, [&](std::uint16_t i) {
    const bool is = flows_.may_be_displaced(burst.flow_hashes[i], burst.flow_handles[i]);
    may_be |= std::uint32_t{is} << i;
  });
  for_each_bit(may_be, [&](std::uint16_t i) {
    const bool is =
        flows_.find_known_displaced(burst.flow_hashes[i], window_generation, burst.flow_handles[i]);
    known |= std::uint32_t{is} << i;
  });
  return known;
}

/// Counts a packet of a known flow, or prepares it for the later stages.
[[gnu::always_inline]] inline void KnownFlowPath::count_packet(CountedBurst& burst, std::uint16_t i,
                                                               bool everything,
                                                               WindowGeneration window_generation,
                                                               WorkerWindow& window) {
  const FlowTable::Handle& flow = burst.flow_handles[i];
  Records records;
  if (!find_records(burst, i, everything, window, records)) {
    // The flow's later packets of this burst must not be counted before this one.
    FlowTable::cache_host_slots(flow, {});
    return;
  }
  const std::uint32_t bit = std::uint32_t{1} << i;
  if (count_ordinary(burst, i, records, window_generation, window)) {
    burst.remaining &= ~bit;
    return;
  }
  if (!FlowTable::seen_in_window(flow, window_generation)) {
    FlowTable::cache_host_slots(flow, {});
    return;
  }
  burst.records[i] = {.in = records.in(), .out = records.out()};
  burst.targets[i] = target_of(burst, i, everything);
  // Before any unknown packet is looked up: its new flow may take this flow's entry.
  flows_.count_known_packet(flow_packet(burst, i), flow, burst.lookups[i]);
  if (may_hold_requests(burst, i)) count_http(burst, i, flows_);
  burst.known |= bit;
}

/// Finds the records in the slots that the flow has cached. False when they have to be looked up.
[[gnu::always_inline]] inline bool KnownFlowPath::find_records(const CountedBurst& burst,
                                                               std::uint16_t i, bool everything,
                                                               WorkerWindow& window,
                                                               Records& records) {
  const PacketFacts& facts = burst.facts[i];
  const FlowTable::Handle& flow = burst.flow_handles[i];
  const CachedHostSlots cached = FlowTable::cached_host_slots(flow);
  if (cached.has_one_protected_end()) [[likely]] {
    // Without a branch on which end of the packet is protected: it is not predictable.
    const bool sends = cached.from_protected_end(burst.from_upper[i]);
    const IpAddress& address = *choose(sends, &facts.source, &facts.destination);
    records = {.one = find_record(address, cached.one, flow, window), .one_sends = sends};
    return records.one != nullptr;
  }
  // Between protected hosts it matters from which side the packet came, which is not known yet.
  if (knows_sides_) return false;
  const std::uint32_t exchange = only_if(burst.from_upper[i], cached.one ^ cached.other);
  HostRecord* const in = find_record(facts.destination, cached.other ^ exchange, flow, window);
  HostRecord* const out = find_record(facts.source, cached.one ^ exchange, flow, window);
  records =
      in != nullptr ? Records{.one = in, .sender = out} : Records{.one = out, .one_sends = true};
  if ((in != nullptr) & (out != nullptr)) return true;
  // When everything is protected, a host that only sends has no record (see UnansweredSenders).
  return everything && in != nullptr && !FlowTable::other_side_sent(flow, burst.from_upper[i]);
}

/// The record of a host in the slot that the flow has cached, begun there if the flow is answered;
/// or nullptr.
inline HostRecord* KnownFlowPath::find_record(const IpAddress& address, std::uint32_t slot,
                                              const FlowTable::Handle& flow, WorkerWindow& window) {
  HostRecord* const record = window.host_at(slot, address);
  if (record != nullptr) [[likely]] {
    return record;
  }
  return FlowTable::is_answered(flow) ? hosts_.begin_in_cached_slot(address, slot, window)
                                      : nullptr;
}

/// Counts a packet in the middle of an answered flow as all stages together would. False, with
/// nothing counted, when the other stages may have more to find out.
[[gnu::always_inline]] inline bool KnownFlowPath::count_ordinary(CountedBurst& burst,
                                                                 std::uint16_t i,
                                                                 const Records& records,
                                                                 WindowGeneration window_generation,
                                                                 WorkerWindow& window) const {
  const PacketFacts& facts = burst.facts[i];
  const Vector vector = ordinary_vector(facts, burst.frames[i].data + facts.payload_offset);
  bool first = false;
  const FlowTable::Handle& flow = burst.flow_handles[i];
  const bool received = records.sender == nullptr
                            ? !records.one_sends
                            : FlowTable::from_initiator(flow, burst.from_upper[i]);
  const bool payload = facts.payload_captured != 0;
  const bool cut = (facts.flags & kFactSnapped) != 0;
  const bool received_payload = received & (payload | cut);
  const OrdinaryPacket packet{.from_upper = burst.from_upper[i],
                              .payload = payload,
                              .received = received,
                              .received_payload = received_payload};
  if (vector == Vector::count_ ||
      !FlowTable::count_ordinary_packet(flow, packet, window_generation, first)) {
    return false;
  }
  const Volume volume = volume_of(facts);
  records.one->add(vector, records.one_sends, volume, window.more_cells);
  if (records.sender != nullptr) records.sender->add(vector, true, volume, window.more_cells);
  if (first & received & (vector == Vector::tcp_established)) flows_.review(flow);
  const bool first_inbound = first & !records.one_sends;
  records.one->flows_active += first_inbound;
  burst.counts_source |= std::uint32_t{first_inbound} << i;
  window.prefix_sources.prefetch_few(only_if(first_inbound, records.one->prefix));
  burst.records[i] = {.in = records.one, .out = records.out()};
  burst.vectors[i] = vector;
  // Predictable: ordinary_vector() has ended with the same branch.
  if (vector == Vector::udp_answered && burst.records[i].out != nullptr) {
    burst.udp_answers |= std::uint32_t{1} << i;
  }
  return true;
}

/// The prefixes of the records that find_records() found, for the later stages.
PacketTarget KnownFlowPath::target_of(const CountedBurst& burst, std::uint16_t i, bool everything) {
  const HostRecord* const in = burst.records[i].in;
  const HostRecord* const out = burst.records[i].out;
  PacketTarget target;
  if (in != nullptr) target.in = in->prefix;
  if (out != nullptr) {
    target.out = out->prefix;
  } else if (everything &&
             !FlowTable::cached_host_slots(burst.flow_handles[i]).has_one_protected_end()) {
    target.out = target.in;
  }
  return target;
}

/// Counts the sources of the packets in `counts_source`.
[[gnu::always_inline]] inline void KnownFlowPath::count_sources(CountedBurst& burst,
                                                                WorkerWindow& window) const {
  for_each_bit(burst.counts_source, [&](std::uint16_t i) {
    burst.source_hashes[i] = hash_of(burst.facts[i].source, key_);
    prefetch_source(burst, i, burst.records[i].in->prefix, window);
  });
  for_each_bit(burst.counts_source, [&](std::uint16_t i) {
    count_source(burst, i, burst.records[i].in->prefix, shed_, window);
  });
}

}  // namespace floodgauge
