#include "engine/count/counter.h"

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

/// The attack vectors of the table, a bit each.
std::uint64_t attack_vectors() {
  static_assert(kVectors <= 64);
  std::uint64_t bits = 0;
  for (const VectorInfo& row : vector_table()) {
    if (row.attack) bits |= std::uint64_t{1} << static_cast<unsigned>(row.vector);
  }
  return bits;
}

/// False for what is neither a request nor an answer of count_service().
bool may_be_service(const PacketFacts& facts) {
  if (facts.protocol == kTcp) return (facts.tcp_flags & kSynOnly) != 0;
  return facts.protocol == kUdp && (facts.destination_port == 53 || facts.source_port == 53);
}

/// Where everything is protected, whoever only sends is not: see UnansweredSenders.
bool counts_out(const Burst& burst, std::uint16_t i, bool everything) {
  return burst.targets[i].out != kNoPrefix && (!everything || burst.sightings[i].other_side_spoke);
}

bool is_plain_syn(const PacketFacts& facts) {
  return facts.protocol == kTcp && (facts.tcp_flags & kSynFinRstAck) == kSynOnly;
}

}  // namespace

Counter::Counter(const CounterSettings& settings)
    : hasher_(settings.key),
      attack_vectors_(attack_vectors()),
      flows_(settings.flows, settings.flow_idle_ticks),
      index_(settings.hosts),
      // One place in sixteen is kept back for hosts that earn it.
      host_limit_(settings.hosts - settings.hosts / 16) {}

/// Every hash that any stage needs, and what they lead to asked for.
void Counter::hash_burst(Burst& burst) {
  for (std::uint16_t i = 0; i < burst.size; ++i) {
    const PacketFacts& facts = burst.facts[i];
    const PacketTarget& target = burst.targets[i];
    if (!targeted(target)) continue;
    const bool has = has_ports(facts);
    const FlowPorts ports{has ? facts.source_port : std::uint16_t{0},
                          has ? facts.destination_port : std::uint16_t{0}, facts.protocol};
    FlowHash flow;
    if ((facts.flags & kFactIpv4) != 0) {
      const std::uint64_t source = hash_detail::words(facts.source).x1;
      const std::uint64_t destination = hash_detail::words(facts.destination).x1;
      flow = hasher_.flow_v4(source, destination, ports);
      burst.source_hashes[i] = hasher_.address_v4(source);
      burst.destination_hashes[i] = hasher_.address_v4(destination);
    } else {
      flow = hasher_.flow(facts.source, facts.destination, ports);
      burst.source_hashes[i] = hasher_.address(facts.source);
      burst.destination_hashes[i] = hasher_.address(facts.destination);
    }
    flows_.prefetch(flow.hash);
    burst.flow_hashes[i] = flow.hash;
    burst.from_upper[i] = flow.from_upper;
    if (target.in != kNoPrefix) index_.prefetch(burst.destination_hashes[i]);
    if (target.out != kNoPrefix) index_.prefetch(burst.source_hashes[i]);
  }
}

void Counter::see_flows(Burst& burst, std::uint64_t window_index) {
  hash_burst(burst);
  const auto tick = static_cast<std::uint16_t>(window_index);
  for (std::uint16_t i = 0; i < burst.size; ++i) {
    const PacketFacts& facts = burst.facts[i];
    if (!targeted(burst.targets[i])) {
      burst.sightings[i] = FlowSighting{};
      continue;
    }
    flows_.see({.hash = burst.flow_hashes[i],
                .wire_bytes = facts.wire_bytes,
                .from_upper = burst.from_upper[i],
                .payload = facts.payload_captured != 0,
                .tcp = facts.protocol == kTcp && has_ports(facts),
                .tcp_flags = facts.tcp_flags},
               tick, burst.sightings[i]);
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
  record.begin(address, prefix);
  return &record;
}

HostRecord* Counter::host(const IpAddress& address, std::uint64_t hash, std::uint32_t prefix,
                          WorkerWindow& window) {
  const std::uint32_t place =
      index_.find(hash, [&](std::uint32_t at) { return window.hosts[at].address == address; });
  if (place != HostIndex::kNone) return &window.hosts[place];
  return new_host(address, hash, prefix, window);
}

/// Asks for the records that find_hosts() is going to look at, and for what else of the window a
/// packet is going to touch.
void Counter::prefetch_hosts(const Burst& burst, WorkerWindow& window) const {
  const auto ask = [&](std::uint64_t hash) {
    const std::uint32_t place = index_.guess(hash);
    if (place == HostIndex::kNone) return;
    const auto* record = reinterpret_cast<const std::uint8_t*>(&window.hosts[place]);
    __builtin_prefetch(record, 1);
    __builtin_prefetch(record + 64, 1);
  };
  for (std::uint16_t i = 0; i < burst.size; ++i) {
    const PacketTarget& target = burst.targets[i];
    if (target.in != kNoPrefix) {
      ask(burst.destination_hashes[i]);
      if (burst.sightings[i].first_in_window && target.in < WorkerWindow::kPrefixesWithSources) {
        window.prefix_sources[target.in].prefetch(burst.source_hashes[i]);
      }
    }
    if (target.out != kNoPrefix) ask(burst.source_hashes[i]);
  }
}

/// Every packet's records, in the order of the packets: a host's first packet makes its record.
void Counter::find_hosts(const Burst& burst, bool everything, WorkerWindow& window) {
  for (std::uint16_t i = 0; i < burst.size; ++i) {
    const PacketTarget& target = burst.targets[i];
    const PacketFacts& facts = burst.facts[i];
    Places& places = places_[i];
    places = {nullptr, nullptr};
    if (target.in != kNoPrefix) {
      places.in = host(facts.destination, burst.destination_hashes[i], target.in, window);
    }
    if (counts_out(burst, i, everything)) {
      places.out = host(facts.source, burst.source_hashes[i], target.out, window);
    }
  }
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
    window.details[record.detail - 1].add(entry, burst.source_hashes[i]);
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
    detail.add(window.log[at - 1], hasher_.address(window.log[at - 1].source));
  }
  detail.add(entry, burst.source_hashes[i]);
  record.detail = ++window.details_used;
}

void Counter::count_in(const Burst& burst, std::uint16_t i, Vector vector, WorkerWindow& window) {
  const PacketFacts& facts = burst.facts[i];
  const FlowSighting& sighting = burst.sightings[i];
  const std::uint32_t prefix = burst.targets[i].in;
  if (sighting.first_in_window && prefix < WorkerWindow::kPrefixesWithSources &&
      (!shed_.sketch || burst.flow_hashes[i] % kSketchSampled == 0)) {
    window.prefix_sources[prefix].add(burst.source_hashes[i]);
  }
  window.prefix(prefix);
  HostRecord* record = places_[i].in;
  if (record == nullptr) return;
  Cell& cell = record->cell(vector, false, window.more_cells);
  ++cell.packets;
  cell.bytes += facts.wire_bytes;
  record->new_flows += sighting.new_flow;
  record->flows_active += sighting.first_in_window;
  record->handshakes += sighting.completed;
  record->progressed += sighting.progressed;
  record->first_payloads += sighting.first_payload;
  if (is_attack(vector) || vector == Vector::tcp_stream) {
    note_suspicious(burst, i, vector, *record, window);
  }
}

void Counter::count_out(const Burst& burst, std::uint16_t i, Vector vector, WorkerWindow& window) {
  const PacketFacts& facts = burst.facts[i];
  const FlowSighting& sighting = burst.sightings[i];
  window.prefix(burst.targets[i].out);  // or a prefix that only sends would not be merged
  HostRecord* record = places_[i].out;
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
  prefetch_hosts(burst, window);
  find_hosts(burst, protection.everything(), window);
  std::uint64_t bytes = 0;
  for (std::uint16_t i = 0; i < burst.size; ++i) {
    const PacketFacts& facts = burst.facts[i];
    const PacketTarget& target = burst.targets[i];
    bytes += facts.wire_bytes;
    if (!targeted(target)) {
      ++window.unprotected;
      continue;
    }
    Vector vector = burst.vectors[i];
    if (protection.has_exclusions() && is_attack(vector) &&
        protection.excluded(facts.source, facts.destination)) {
      vector = facts.protocol == kTcp ? Vector::tcp_established : Vector::udp_answered;
    }
    if (target.in != kNoPrefix) count_in(burst, i, vector, window);
    if (counts_out(burst, i, protection.everything())) {
      count_out(burst, i, vector, window);
    } else if (protection.everything() && (facts.protocol == kTcp || facts.protocol == kUdp)) {
      window.senders.add(burst.source_hashes[i], facts.protocol == kTcp);
    }
    if (may_be_service(facts)) count_service(burst, i, window);
  }
  window.total += Volume{burst.size, bytes};
  if (burst.size != 0) window.last_packet = burst.facts[burst.size - 1u].time;
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
