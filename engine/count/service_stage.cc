#include "engine/count/service_stage.h"

#include <bit>

namespace floodgauge {
namespace {

using Phase = PendingRequests::Phase;
using Kind = ServiceAnswer::Kind;

/// The header of a DNS message (RFC 1035, section 4.1.1).
struct DnsHeader {
  bool valid = false;
  bool response = false;
  bool truncated = false;
  bool recursion_available = false;
  std::uint8_t rcode = 0;
  std::uint16_t id = 0;
};

DnsHeader dns_header(const CountedBurst& burst, std::uint16_t i) {
  constexpr std::uint16_t kHeaderBytes = 12;
  const PacketFacts& facts = burst.facts[i];
  if (facts.payload_captured < kHeaderBytes) return {};
  const std::uint8_t* const bytes = burst.frames[i].data + facts.payload_offset;
  return {.valid = true,
          .response = (bytes[2] & 0x80) != 0,
          .truncated = (bytes[2] & 0x02) != 0,
          .recursion_available = (bytes[3] & 0x80) != 0,
          .rcode = static_cast<std::uint8_t>(bytes[3] & 0x0f),
          .id = static_cast<std::uint16_t>(bytes[0] << 8 | bytes[1])};
}

DnsResult result_of(std::uint8_t rcode) {
  switch (rcode) {
    case 0:
      return DnsResult::no_error;
    case 2:
      return DnsResult::server_failure;
    case 3:
      return DnsResult::nx_domain;
    case 5:
      return DnsResult::refused;
    default:
      return DnsResult::other;
  }
}

/// A query is known by its flow and its transaction id together.
std::uint64_t query_hash(std::uint64_t flow_hash, std::uint16_t id, std::uint32_t share) {
  const std::uint64_t hash = flow_hash ^ (std::uint64_t{id} + 1) * 0x9e3779b97f4a7c15u;
  return in_share(hash, share, PendingRequests::kShareBits);
}

/// Of a client and a server.
std::uint64_t pair_hash(std::uint64_t client, std::uint64_t server, std::uint32_t share) {
  return in_share(client ^ std::rotl(server, 21), share, KnownClients::kShareBits);
}

std::uint32_t share_of(const PacketFacts& facts) {
  return floodgauge::share_of(facts.source, facts.destination);
}

}  // namespace

/// Hashes the addresses of packets of known flows. No earlier stage hashes them.
void ServiceStage::hash_addresses(CountedBurst& burst, std::uint32_t which) const {
  for_each_bit(which, [&](std::uint16_t i) {
    burst.source_hashes[i] = hash_of(burst.facts[i].source, key_);
    burst.destination_hashes[i] = hash_of(burst.facts[i].destination, key_);
  });
}

/// Prefetches what count_some() looks up first: of packets to a protected address, as if they were
/// a client's, of others as if they were a server's. Queries of DNS have other places.
void ServiceStage::prefetch(const CountedBurst& burst, std::uint32_t which) const {
  for_each_bit(which, [&](std::uint16_t i) {
    const std::uint32_t share = share_of(burst.facts[i]);
    const bool to_server = burst.targets[i].in != kNoPrefix;
    const std::uint64_t source = burst.source_hashes[i];
    const std::uint64_t destination = burst.destination_hashes[i];
    clients_.prefetch(to_server ? pair_hash(source, destination, share)
                                : pair_hash(destination, source, share));
    pending_.prefetch(in_share(burst.flow_hashes[i], share, PendingRequests::kShareBits));
  });
}

void ServiceStage::count_some(const CountedBurst& burst, std::uint32_t which,
                              const Protection& protection, WorkerWindow& window) {
  const ServicePorts& ports = protection.services();
  for_each_bit(which, [&](std::uint16_t i) {
    const PacketFacts& facts = burst.facts[i];
    if ((burst.server_bytes >> i & 1) != 0) count_server_bytes(burst, i, ports, window);
    if (((burst.served | burst.half_open) >> i & 1) == 0) return;
    const PacketTarget& target = burst.targets[i];
    if (target.in != kNoPrefix) {
      const PortService to = ports.of(facts.protocol, facts.destination_port);
      if (to.is_any()) count_to_server({burst, i, to, target.in, window, share_of(facts)});
    }
    if (target.out != kNoPrefix && (burst.served >> i & 1) != 0) {
      const PortService from = ports.of(facts.protocol, facts.source_port);
      if (from.is_any()) count_from_server({burst, i, from, target.out, window, share_of(facts)});
    }
  });
}

void ServiceStage::count_to_server(const Side& side) {
  const CountedBurst& burst = side.burst;
  const PacketFacts& facts = burst.facts[side.i];
  if ((burst.half_open >> side.i & 1) != 0) return count_syn(side, true);
  if (facts.protocol == kProtocolUdp) return count_query(side);
  if (is_plain_syn(facts)) {
    const FlowLookup& lookup = burst.lookups[side.i];
    // A SYN in a flow that was answered opens another connection from the same port.
    count_syn(side, lookup.new_flow || (lookup.from_initiator && lookup.other_side_sent));
  } else {
    count_client_packet(side);
  }
}

void ServiceStage::count_from_server(const Side& side) {
  const PacketFacts& facts = side.burst.facts[side.i];
  constexpr std::uint8_t kSynAck = kTcpSyn | kTcpAck;
  if (facts.protocol == kProtocolUdp) {
    if (side.port.exchange == Exchange::dns) return count_dns_answer(side);
    return count_datagram_back(side);
  }
  if ((facts.tcp_flags & (kSynAck | kTcpFin | kTcpRst)) == kSynAck) count_synack(side);
}

void ServiceStage::count_syn(const Side& side, bool new_flow) {
  const CountedBurst& burst = side.burst;
  const std::uint64_t flow = flow_of(side);
  const bool known = clients_.is_known(pair_to_server(side), burst.times[side.i]);
  if (!known && ++side.window.services.other_requests[side.share] > kManyRequests &&
      (flow >> 24) % kSampled != 0) {
    return note_request(side, false, new_flow);
  }
  const bool fresh = pending_.add(flow, Phase::connect, known, burst.times[side.i]);
  note_request(side, known, fresh && new_flow);
}

void ServiceStage::count_synack(const Side& side) {
  const CountedBurst& burst = side.burst;
  PendingRequests::Request request =
      pending_.take(flow_of(side), Phase::connect, burst.times[side.i]);
  if (!request.found && !burst.lookups[side.i].answered_syn) return;
  if (!request.found) {
    request.known = clients_.is_known(pair_from_server(side), burst.times[side.i]);
  }
  const bool answers = side.port.exchange == Exchange::connection;
  note_answer(side, request, answers ? Kind::answered : Kind::accepted);
}

/// Of a TCP client, after its SYN.
void ServiceStage::count_client_packet(const Side& side) {
  const CountedBurst& burst = side.burst;
  const FlowLookup& lookup = burst.lookups[side.i];
  if (!lookup.from_initiator) return;
  const Nanoseconds now = burst.times[side.i];
  const std::uint64_t flow = flow_of(side);
  const std::uint64_t pair = pair_to_server(side);
  const Exchange exchange = side.port.exchange;
  const bool asks =
      (exchange == Exchange::server_first && lookup.completed) ||
      (exchange == Exchange::client_first && burst.facts[side.i].payload_captured != 0 &&
       (lookup.first_payload || burst.vectors[side.i] == Vector::http_request));
  const bool was_known = clients_.is_known(pair, now);
  if (lookup.completed) {
    clients_.note(pair, now, true);
    const IpAddress& server = burst.facts[side.i].destination;
    if (ServiceRecord* const of = record(side, server, destination_hash(side))) {
      ++of->counts.completed;
    }
  }
  if (!asks) return;
  const bool fresh = pending_.add(flow, Phase::bytes, was_known, now);
  if (fresh) awaited_.add(burst.flow_hashes[side.i], now);
  note_request(side, was_known, fresh, Asked::within);
}

void ServiceStage::count_server_bytes(const CountedBurst& burst, std::uint16_t i,
                                      const ServicePorts& ports, WorkerWindow& window) {
  const PacketFacts& facts = burst.facts[i];
  const std::uint64_t flow = burst.flow_hashes[i];
  if (facts.protocol != kProtocolTcp || facts.payload_captured == 0) return;
  if (!awaited_.may_await(flow)) return;
  const PortService port = ports.of(kProtocolTcp, facts.source_port);
  if (!port.is_any()) return;
  // Packets that the known-flow fast path has counted have records, and no targets.
  const HostRecord* const host = burst.records[i].out;
  const bool remains = (burst.remaining >> i & 1) != 0;
  if (!remains && host == nullptr) return;
  const std::uint32_t prefix = remains ? burst.targets[i].out : host->prefix;
  if (prefix == kNoPrefix) return;
  const Side side{burst, i, port, prefix, window, share_of(facts)};
  const PendingRequests::Request request =
      pending_.take(flow_of(side), Phase::bytes, burst.times[i]);
  if (request.found) note_answer(side, request, Kind::answered_within);
}

void ServiceStage::count_query(const Side& side) {
  const CountedBurst& burst = side.burst;
  std::uint64_t hash = flow_of(side);
  if (side.port.exchange == Exchange::dns) {
    const DnsHeader header = dns_header(burst, side.i);
    if (!header.valid || header.response) return;
    hash = query_hash(burst.flow_hashes[side.i], header.id, side.share);
  } else if (!burst.lookups[side.i].new_flow) {
    return;
  }
  const bool known = clients_.is_known(pair_to_server(side), burst.times[side.i]);
  if (!known) crowded_.note(side.share, burst.times[side.i]);
  note_request(side, known, pending_.add(hash, Phase::datagram, known, burst.times[side.i]));
}

void ServiceStage::count_dns_answer(const Side& side) {
  const CountedBurst& burst = side.burst;
  const DnsHeader header = dns_header(burst, side.i);
  if (!header.valid || !header.response) return;
  const Nanoseconds now = burst.times[side.i];
  const PendingRequests::Request request = pending_.take(
      query_hash(burst.flow_hashes[side.i], header.id, side.share), Phase::datagram, now);
  if (!request.found) return;
  note_answer(side, request, Kind::answered);
  note_served(side, request.known);
  ServiceRecord* const of = record(side, burst.facts[side.i].source, source_hash(side));
  if (of == nullptr) return;
  ++of->counts.dns_results[static_cast<std::size_t>(result_of(header.rcode))];
  of->counts.dns_truncated += header.truncated;
  of->counts.dns_recursive += header.recursion_available;
}

void ServiceStage::count_datagram_back(const Side& side) {
  const CountedBurst& burst = side.burst;
  const FlowLookup& lookup = burst.lookups[side.i];
  if (!lookup.other_side_sent || lookup.from_initiator) return;
  const PendingRequests::Request request =
      pending_.take(flow_of(side), Phase::datagram, burst.times[side.i]);
  if (!request.found) return;
  note_answer(side, request, Kind::answered);
  note_served(side, request.known);
}

/// Notes that a datagram of a client was answered. `known`: the client was known when it asked.
void ServiceStage::note_served(const Side& side, bool known) {
  const Nanoseconds now = side.burst.times[side.i];
  if (!known && crowded_.is_crowded(side.share, now)) return;
  clients_.note(pair_from_server(side), now, false);
}

void ServiceStage::note_request(const Side& side, bool known, bool fresh, Asked asked) {
  const CountedBurst& burst = side.burst;
  ServiceRecord* const of = record(side, burst.facts[side.i].destination, destination_hash(side));
  if (of == nullptr) return;
  of->counts.repetitions += !fresh;
  of->counts.dns_queries += side.port.exchange == Exchange::dns;
  if (!fresh) return;
  ++(asked == Asked::within ? of->counts.asked_within : of->counts.asked)[known];
  if (of->first_request.count == 0) of->first_request = burst.times[side.i];
}

void ServiceStage::note_answer(const Side& side, const PendingRequests::Request& request,
                               ServiceAnswer::Kind kind) {
  const CountedBurst& burst = side.burst;
  const Nanoseconds now = burst.times[side.i];
  ServiceRecord* const of = record(side, burst.facts[side.i].source, source_hash(side));
  if (of == nullptr) return;
  of->counts.accepted += (burst.facts[side.i].tcp_flags & kTcpSyn) != 0;
  const double seconds = request.found ? (now - request.time).seconds() : 0;
  if (seconds < 0) return;
  side.window.services.add_answer(
      *of,
      {.kind = kind,
       .client = request.known ? ClientClass::known : ClientClass::other,
       .timed = request.found,
       .seconds = static_cast<float>(seconds),
       .requested = request.found ? request.time : now},
      side.share);
}

ServiceRecord* ServiceStage::record(const Side& side, const IpAddress& server, std::uint64_t hash) {
  return side.window.services.find(server, hash, side.prefix, side.port.service);
}

bool ServiceStage::is_from_known_client(const CountedBurst& burst, std::uint16_t i) const {
  const PacketFacts& facts = burst.facts[i];
  const std::uint64_t pair =
      pair_hash(hash_of(facts.source, key_), hash_of(facts.destination, key_), share_of(facts));
  return clients_.is_known(pair, burst.times[i]);
}

/// The first bytes of a server may be in a packet whose addresses are not hashed.
std::uint64_t ServiceStage::source_hash(const Side& side) const {
  const bool is = ((side.burst.served | side.burst.half_open) >> side.i & 1) != 0;
  return is ? side.burst.source_hashes[side.i] : hash_of(side.burst.facts[side.i].source, key_);
}

std::uint64_t ServiceStage::destination_hash(const Side& side) const {
  const bool is = ((side.burst.served | side.burst.half_open) >> side.i & 1) != 0;
  return is ? side.burst.destination_hashes[side.i]
            : hash_of(side.burst.facts[side.i].destination, key_);
}

std::uint64_t ServiceStage::flow_of(const Side& side) {
  return in_share(side.burst.flow_hashes[side.i], side.share, PendingRequests::kShareBits);
}

std::uint64_t ServiceStage::pair_to_server(const Side& side) const {
  return pair_hash(source_hash(side), destination_hash(side), side.share);
}

std::uint64_t ServiceStage::pair_from_server(const Side& side) const {
  return pair_hash(destination_hash(side), source_hash(side), side.share);
}

}  // namespace floodgauge
