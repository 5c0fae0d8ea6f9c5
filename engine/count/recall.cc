// The stage for what most packets are: the second and later packets of a flow in a window.
#include "engine/classify/classify.h"
#include "engine/count/counter.h"
#include "engine/count/flow_packet.h"

namespace floodgauge {
namespace {

constexpr std::uint8_t kTcp = 6;
constexpr std::uint8_t kUdp = 17;
constexpr std::uint16_t kDns = 53;
constexpr std::uint8_t kAck = 0x10;
/// FIN, SYN, RST, ACK, URG: PSH says nothing.
constexpr std::uint8_t kTellingFlags = 0x37;

/// The vector of a packet that is ordinary where its flow is answered, by its header and its first
/// byte: TCP in mid-connection that begins no request, UDP that is neither DNS nor may begin a QUIC
/// connection. Vector::count_ where the other stages have to look.
Vector ordinary_vector(const PacketFacts& facts, const std::uint8_t* payload) {
  const bool any = facts.payload_captured != 0;
  if (facts.protocol == kTcp) {
    const bool ordinary = has_flow_ports(facts) && (facts.tcp_flags & kTellingFlags) == kAck &&
                          !(any && may_begin_request(*payload));
    return ordinary ? Vector::tcp_established : Vector::count_;
  }
  if (facts.protocol == kUdp) {
    const bool dns = facts.source_port == kDns || facts.destination_port == kDns;
    const bool ordinary = has_flow_ports(facts) && !dns && !(any && may_begin_quic(*payload));
    return ordinary ? Vector::udp_answered : Vector::count_;
  }
  return Vector::count_;
}

}  // namespace

void Counter::note_flow(Burst& burst, std::uint16_t i, FlowHash flow) const {
  flows_.prefetch(flow.hash);
  burst.flow_hashes[i] = flow.hash;
  burst.from_upper[i] = flow.from_upper;
}

void Counter::hash_flow(Burst& burst, std::uint16_t i) const {
  const PacketFacts& facts = burst.facts[i];
  const bool has = has_flow_ports(facts);
  note_flow(burst, i,
            hasher_.flow(facts.source, facts.destination,
                         {has ? facts.source_port : std::uint16_t{0},
                          has ? facts.destination_port : std::uint16_t{0}, facts.protocol}));
}

/// Of all packets whose addresses are decided: a tunnel may yet be opened for others.
void Counter::hash_flows(Burst& burst, bool opens_tunnels) {
  flow_hashed_ = burst.plain;
  for_each_bit(burst.plain, [&](std::uint16_t i) {
    const PacketFacts& facts = burst.facts[i];
    note_flow(burst, i,
              hasher_.flow_v4(hash_detail::words(facts.source).x1,
                              hash_detail::words(facts.destination).x1,
                              {facts.source_port, facts.destination_port, facts.protocol}));
  });
  for_each_bit(burst.all() & ~burst.plain, [&](std::uint16_t i) {
    const PacketFacts& facts = burst.facts[i];
    const bool decided = facts.inner_kind == InnerKind::none || !opens_tunnels;
    if (!decided || (facts.flags & (kFactIpv4 | kFactIpv6)) == 0) return;
    hash_flow(burst, i);
    flow_hashed_ |= std::uint32_t{1} << i;
  });
}

/// A bit for each packet whose flow has been met; asks for its hosts' records.
std::uint32_t Counter::find_met(const Burst& burst, std::uint64_t window_index,
                                const WorkerWindow& window) {
  const auto tick = static_cast<std::uint16_t>(window_index);
  std::uint32_t met = 0;
  std::uint32_t may_be = 0;
  const auto note_met = [&](std::uint16_t i) {
    met |= std::uint32_t{1} << i;
    const FlowEnds ends = FlowTable::ends(flow_handles_[i]);
    if (ends.lower < window.hosts_used) window.hosts[ends.lower].prefetch();
    if (ends.upper < window.hosts_used) window.hosts[ends.upper].prefetch();
  };
  for_each_bit(flow_hashed_, [&](std::uint16_t i) {
    bool further = false;
    if (flows_.met(burst.flow_hashes[i], tick, flow_handles_[i], further)) note_met(i);
    may_be |= std::uint32_t{further} << i;
  });
  for_each_bit(may_be, [&](std::uint16_t i) {
    if (flows_.met_beyond(burst.flow_hashes[i], tick, flow_handles_[i])) note_met(i);
  });
  return met;
}

void Counter::recall(Burst& burst, const Protection& protection, std::uint64_t window_index,
                     WorkerWindow& window) {
  hash_flows(burst, protection.opens_tunnels());
  burst.left = burst.all();
  burst.met = 0;
  for_each_bit(find_met(burst, window_index, window), [&](std::uint16_t i) {
    if (!recall_hosts(burst, i, protection.everything(), window)) {
      // Nor may the flow's later packets in the burst be counted before this one.
      FlowTable::note_ends(flow_handles_[i], {});
      return;
    }
    const std::uint32_t bit = std::uint32_t{1} << i;
    if (count_ordinary(burst, i, window)) {
      burst.left &= ~bit;
      return;
    }
    // Before any that is not met: a new flow may take an entry's place.
    FlowTable::see_again(flow_packet(burst, i), flow_handles_[i], burst.sightings[i]);
    burst.met |= bit;
  });
}

/// Counts a packet in the middle of an answered flow as all stages together would. False, with
/// nothing counted, where they may have more to say.
bool Counter::count_ordinary(const Burst& burst, std::uint16_t i, WorkerWindow& window) {
  const PacketFacts& facts = burst.facts[i];
  const Vector vector = ordinary_vector(facts, burst.frames[i].data + facts.payload_offset);
  if (vector == Vector::count_ || !FlowTable::see_ordinary(flow_handles_[i], burst.from_upper[i],
                                                           facts.payload_captured != 0)) {
    return false;
  }
  const Places& places = places_[i];
  if (places.in != nullptr) {
    places.in->cell(vector, false, window.more_cells).add(facts.wire_bytes);
  }
  if (places.out != nullptr) {
    places.out->cell(vector, true, window.more_cells).add(facts.wire_bytes);
    places.out->answers += vector == Vector::udp_answered;
  }
  return true;
}

/// The records of a flow that was met. False when they have to be looked for.
bool Counter::recall_hosts(Burst& burst, std::uint16_t i, bool everything, WorkerWindow& window) {
  const PacketFacts& facts = burst.facts[i];
  const FlowTable::Handle& flow = flow_handles_[i];
  const FlowEnds ends = FlowTable::ends(flow);
  const bool from_upper = burst.from_upper[i];
  // An address that differs is another flow's with the same tag, or one of a window long ago.
  const auto record_of = [&](std::uint32_t end, const IpAddress& address) -> HostRecord* {
    if (end >= window.hosts_used || window.hosts[end].address != address) return nullptr;
    return &window.hosts[end];
  };
  const std::uint32_t destination = from_upper ? ends.lower : ends.upper;
  const std::uint32_t source = from_upper ? ends.upper : ends.lower;
  Places& places = places_[i];
  places.in = record_of(destination, facts.destination);
  places.out = record_of(source, facts.source);
  if (places.in == nullptr && destination != FlowEnds::kNone) return false;
  PacketTarget& target = burst.targets[i];
  target.in = places.in == nullptr ? kNoPrefix : places.in->prefix;
  target.out = places.out == nullptr ? kNoPrefix : places.out->prefix;
  if (places.out != nullptr) return true;
  if (source == FlowEnds::kNone) return places.in != nullptr;
  // Where everything is protected, who only sends has no record (see UnansweredSenders).
  if (!everything || places.in == nullptr || FlowTable::other_side_spoke(flow, from_upper)) {
    return false;
  }
  target.out = target.in;
  return true;
}

}  // namespace floodgauge
