#include "engine/count/counter.h"

#include <cstring>

#include "engine/classify/classify.h"
#include "engine/classify/service.h"
#include "engine/protect/prefix_table.h"

namespace floodgauge {
namespace {

constexpr std::uint8_t kTcp = 6;
constexpr std::uint8_t kUdp = 17;
/// Overloaded, one flow in so many is taken for the estimate of sources.
constexpr std::uint64_t kSketchSampled = 8;
constexpr std::uint8_t kSynOnly = 2;
constexpr std::uint8_t kSynFinRstAck = 0x17;

bool has_ports(const PacketFacts& facts) {
  // ICMP's type and identifier differ between a request and its answer: pairs of hosts are its
  // flows.
  return (facts.flags & kFactTransport) != 0 && (facts.flags & kFactLaterFragment) == 0 &&
         facts.protocol != 1 && facts.protocol != 58;
}

bool targeted(const PacketTarget& target) {
  return target.in != kNoPrefix || target.out != kNoPrefix;
}

FlowPacket flow_packet(const PacketFacts& facts, std::uint64_t hash) {
  const int order = std::memcmp(facts.source.bytes.data(), facts.destination.bytes.data(), 16);
  return {.hash = hash,
          .wire_bytes = facts.wire_bytes,
          .from_upper = order > 0 || (order == 0 && facts.source_port > facts.destination_port),
          .payload = facts.payload_captured != 0,
          .tcp = facts.protocol == kTcp && has_ports(facts),
          .tcp_flags = facts.tcp_flags};
}

bool is_plain_syn(const PacketFacts& facts) {
  return facts.protocol == kTcp && (facts.tcp_flags & kSynFinRstAck) == kSynOnly;
}

}  // namespace

Counter::Counter(const CounterSettings& settings)
    : key_(settings.key),
      flows_(settings.flows, settings.flow_idle_ticks),
      index_(settings.hosts),
      // One place in sixteen is kept back for hosts that earn it.
      host_limit_(settings.hosts - settings.hosts / 16) {}

void Counter::see_flows(Burst& burst, std::uint64_t window_index) {
  for (std::uint16_t i = 0; i < burst.size; ++i) {
    const PacketFacts& facts = burst.facts[i];
    if (!targeted(burst.targets[i])) continue;
    const bool ports = has_ports(facts);
    burst.flow_hashes[i] = hash_flow_symmetric(
        facts.source, facts.destination, ports ? facts.source_port : std::uint16_t{0},
        ports ? facts.destination_port : std::uint16_t{0}, facts.protocol, key_);
    flows_.prefetch(burst.flow_hashes[i]);
  }
  const auto tick = static_cast<std::uint16_t>(window_index);
  for (std::uint16_t i = 0; i < burst.size; ++i) {
    burst.sightings[i] = targeted(burst.targets[i])
                             ? flows_.see(flow_packet(burst.facts[i], burst.flow_hashes[i]), tick)
                             : FlowSighting{};
  }
}

HostRecord* Counter::new_host(const IpAddress& address, std::uint64_t hash, std::uint32_t prefix,
                              WorkerWindow& window) {
  if (window.hosts_used >= host_limit_ &&
      (window.hosts_used >= window.hosts.size() || !overflow_.earned(hash))) {
    ++window.hosts_overflowed;
    return nullptr;
  }
  const std::uint32_t place = window.hosts_used++;
  index_.insert(hash, place);
  HostRecord& record = window.hosts[place];
  record = HostRecord{};
  record.address = address;
  record.prefix = prefix;
  return &record;
}

HostRecord* Counter::host(const IpAddress& address, std::uint32_t prefix, WorkerWindow& window) {
  const std::uint64_t hash = hash_of(address, key_);
  const std::uint32_t place =
      index_.find(hash, [&](std::uint32_t at) { return window.hosts[at].address == address; });
  if (place != HostIndex::kNone) return &window.hosts[place];
  return new_host(address, hash, prefix, window);
}

void Counter::note_suspicious(const Burst& burst, std::uint16_t i, Vector vector,
                              HostRecord& record, WorkerWindow& window) {
  const PacketFacts& facts = burst.facts[i];
  const LogEntry entry{.source = facts.source,
                       .older = record.log_head,
                       .tag = burst.tags[i],
                       .source_port = facts.source_port,
                       .destination_port = facts.destination_port,
                       .ip_bytes = facts.ip_bytes,
                       .ttl = facts.ttl,
                       .vector = vector};
  ++record.suspicious;
  if (shed_.detail) {
    ++window.detail_missed;
    return;
  }
  if (record.detail != 0) {
    window.details[record.detail - 1].add(entry, hash_of(facts.source, key_));
    return;
  }
  const bool log_full = window.log_used == window.log.size();
  if ((record.logged < kLoggedPackets && !log_full) ||
      window.details_used == window.details.size()) {
    // With every detail taken, as when a whole prefix is hit, the log goes on: nothing is lost.
    if (log_full) {
      ++window.detail_missed;
      return;
    }
    window.log[window.log_used] = entry;
    record.log_head = ++window.log_used;
    if (record.logged < kLoggedPackets) ++record.logged;
    return;
  }
  TargetDetail& detail = window.details[window.details_used];
  detail.clear();
  for (std::uint32_t at = record.log_head; at != 0; at = window.log[at - 1].older) {
    detail.add(window.log[at - 1], hash_of(window.log[at - 1].source, key_));
  }
  detail.add(entry, hash_of(facts.source, key_));
  record.detail = ++window.details_used;
}

void Counter::count_in(const Burst& burst, std::uint16_t i, Vector vector, WorkerWindow& window) {
  const PacketFacts& facts = burst.facts[i];
  const FlowSighting& sighting = burst.sightings[i];
  const std::uint32_t prefix = burst.targets[i].in;
  if (sighting.first_in_window && prefix < WorkerWindow::kPrefixesWithSources &&
      (!shed_.sketch || burst.flow_hashes[i] % kSketchSampled == 0)) {
    window.prefix_sources[prefix].add(hash_of(facts.source, key_));
  }
  window.prefix(prefix);
  HostRecord* record = host(facts.destination, prefix, window);
  if (record == nullptr) return;
  Cell& cell = record->cell(vector, false, window.more_cells);
  ++cell.packets;
  cell.bytes += facts.wire_bytes;
  record->new_flows += sighting.new_flow;
  record->flows_active += sighting.first_in_window;
  record->handshakes += sighting.completed;
  record->progressed += sighting.progressed;
  record->first_payloads += sighting.first_payload;
  if (info(vector).attack || vector == Vector::tcp_stream) {
    note_suspicious(burst, i, vector, *record, window);
  }
}

void Counter::count_out(const Burst& burst, std::uint16_t i, Vector vector, WorkerWindow& window) {
  const PacketFacts& facts = burst.facts[i];
  const FlowSighting& sighting = burst.sightings[i];
  const std::uint32_t prefix = burst.targets[i].out;
  window.prefix(prefix);  // or a prefix that only sends would not be merged
  HostRecord* record = host(facts.source, prefix, window);
  if (record == nullptr) return;
  Cell& cell = record->cell(vector, true, window.more_cells);
  ++cell.packets;
  cell.bytes += facts.wire_bytes;
  record->syn_answered += sighting.answered_syn;
  record->answers += facts.protocol == kUdp && sighting.other_side_spoke;
}

void Counter::count_service(const Burst& burst, std::uint16_t i, WorkerWindow& window) {
  const PacketFacts& facts = burst.facts[i];
  const FlowSighting& sighting = burst.sightings[i];
  const PacketTarget& target = burst.targets[i];
  const bool dns = facts.protocol == kUdp;
  const bool request =
      target.in != kNoPrefix && (dns ? facts.destination_port == 53 && sighting.from_beginner
                                     : sighting.new_flow && is_plain_syn(facts));
  if (request) {
    const Service service = service_of_port(facts.destination_port);
    ++window.prefix(target.in).services[static_cast<std::size_t>(service)].requests;
    responses_.request(burst.flow_hashes[i], facts.time);
    return;
  }
  const bool answer =
      target.out != kNoPrefix &&
      (dns ? facts.source_port == 53 && sighting.other_side_spoke && !sighting.from_beginner
           : sighting.answered_syn);
  if (!answer) return;
  const Service service = service_of_port(facts.source_port);
  ++window.prefix(target.out).services[static_cast<std::size_t>(service)].answers;
  const float seconds = responses_.answer(burst.flow_hashes[i], facts.time);
  if (seconds >= 0 && window.responses.size() < WorkerWindow::kResponses) {
    window.responses.push_back({target.out, service, seconds});
  }
}

void Counter::count(const Burst& burst, const Protection& protection, WorkerWindow& window) {
  for (std::uint16_t i = 0; i < burst.size; ++i) {
    const PacketFacts& facts = burst.facts[i];
    const PacketTarget& target = burst.targets[i];
    window.total += Volume{1, facts.wire_bytes};
    window.last_packet = facts.time;
    if (!targeted(target)) {
      ++window.unprotected;
      continue;
    }
    Vector vector = burst.vectors[i];
    if (protection.has_exclusions() && info(vector).attack &&
        protection.excluded(facts.source, facts.destination)) {
      vector = facts.protocol == kTcp ? Vector::tcp_established : Vector::udp_answered;
    }
    if (target.in != kNoPrefix) count_in(burst, i, vector, window);
    // Where everything is protected, whoever only sends is not: see UnansweredSenders.
    const bool counts_out = !protection.everything() || burst.sightings[i].other_side_spoke;
    if (target.out != kNoPrefix && counts_out) {
      count_out(burst, i, vector, window);
    } else if (facts.protocol == kTcp || facts.protocol == kUdp) {
      window.senders.add(hash_of(facts.source, key_), facts.protocol == kTcp);
    }
    if (facts.protocol == kTcp || facts.protocol == kUdp) count_service(burst, i, window);
  }
}

void Counter::count_parsed(const Burst& burst, WorkerWindow& window) {
  for (std::uint16_t i = 0; i < burst.size; ++i) {
    window.parse.add(burst.frames[i], burst.facts[i]);
  }
}

void Counter::next_window() {
  index_.next_window();
  overflow_.next_window();
}

void Counter::finish(WorkerWindow& window) const {
  window.flow_entries = flows_.entries();
  window.flow_evictions = flows_.evictions();
}

std::size_t Counter::memory_bytes() const {
  return flows_.memory_bytes() + index_.memory_bytes() + overflow_.memory_bytes() +
         responses_.memory_bytes();
}

}  // namespace floodgauge
