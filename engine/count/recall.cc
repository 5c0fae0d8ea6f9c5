// The stage for what most packets are: those of known flows between hosts that the window has met.
#include <algorithm>
#include <array>
#include <cstddef>
#include <cstring>

#include "engine/classify/classify.h"
#include "engine/count/counter.h"
#include "engine/flow/flow_packet.h"

namespace floodgauge {
namespace {

constexpr std::uint8_t kTcp = 6;
constexpr std::uint8_t kUdp = 17;
constexpr std::uint16_t kDns = 53;
constexpr std::uint8_t kAck = 0x10;
/// FIN, SYN, RST, ACK, URG: PSH says nothing.
constexpr std::uint8_t kTellingFlags = 0x37;

/// What a payload's first byte may begin.
enum Beginning : std::uint8_t { kRequest = 1, kQuic = 2 };
constexpr auto kBeginnings = [] {
  std::array<std::uint8_t, 256> beginnings{};
  for (unsigned first = 0; first < beginnings.size(); ++first) {
    const auto byte = static_cast<std::uint8_t>(first);
    if (may_begin_request(byte)) beginnings[first] |= kRequest;
    if (may_begin_quic(byte)) beginnings[first] |= kQuic;
  }
  return beginnings;
}();

/// Of PacketFacts, as one number: what its bytes from `protocol` to `flags` hold.
constexpr std::uint32_t head_word(std::uint8_t protocol, std::uint8_t tcp_flags,
                                  std::uint8_t flags) {
  static_assert(offsetof(PacketFacts, tcp_flags) == offsetof(PacketFacts, protocol) + 1);
  static_assert(offsetof(PacketFacts, flags) == offsetof(PacketFacts, protocol) + 3);
  return protocol | std::uint32_t{tcp_flags} << 8 | std::uint32_t{flags} << 24;
}
constexpr std::uint8_t kTransport = kFactTransport | kFactLaterFragment;

/// The vector of a packet that is ordinary where its flow is answered, by its header and its first
/// byte: TCP in mid-connection that begins no request, UDP that is neither DNS nor may begin a QUIC
/// connection. Vector::count_ where the other stages have to look. One answer at the end in place
/// of a branch at each question: protocols and sizes come in no order.
inline Vector ordinary_vector(const PacketFacts& facts, const std::uint8_t* payload) {
  static constexpr std::uint8_t kNothing = 0;  // begins neither
  const unsigned begins = kBeginnings[*choose(facts.payload_captured != 0, payload, &kNothing)];
  std::uint32_t head;
  std::memcpy(&head, &facts.protocol, sizeof head);
  const bool dns = (facts.source_port == kDns) | (facts.destination_port == kDns);
  const bool tcp =
      (head & head_word(0xff, kTellingFlags, kTransport)) == head_word(kTcp, kAck, kFactTransport);
  const bool udp = (head & head_word(0xff, 0, kTransport)) == head_word(kUdp, 0, kFactTransport);
  const bool tcp_ordinary = tcp & ((begins & kRequest) == 0);
  const bool udp_ordinary = udp & !dns & ((begins & kQuic) == 0);
  if (!(tcp_ordinary | udp_ordinary)) return Vector::count_;
  return tcp ? Vector::tcp_established : Vector::udp_answered;
}

}  // namespace

void Counter::note_flow(CountedBurst& burst, std::uint16_t i, FlowHash flow) const {
  flows_.prefetch(flow.hash);
  burst.flow_hashes[i] = flow.hash;
  burst.from_upper[i] = flow.from_upper;
}

void Counter::hash_flow(CountedBurst& burst, std::uint16_t i) const {
  const PacketFacts& facts = burst.facts[i];
  const bool has = has_flow_ports(facts);
  note_flow(burst, i,
            flow_hash(facts.source, facts.destination,
                      {has ? facts.source_port : std::uint16_t{0},
                       has ? facts.destination_port : std::uint16_t{0}, facts.protocol},
                      key_));
}

/// Of all packets whose addresses are decided: a tunnel may yet be opened for others.
void Counter::hash_flows(CountedBurst& burst, bool opens_tunnels) {
  flow_hashed_ = burst.plain;
  for_each_bit(burst.plain, [&](std::uint16_t i) {
    note_flow(burst, i, flow_hash_of_plain(burst.facts[i], key_));
  });
  for_each_bit(burst.all() & ~burst.plain, [&](std::uint16_t i) {
    const PacketFacts& facts = burst.facts[i];
    const bool decided = facts.inner_kind == InnerKind::none || !opens_tunnels;
    if (!decided || (facts.flags & (kFactIpv4 | kFactIpv6)) == 0) return;
    hash_flow(burst, i);
    flow_hashed_ |= std::uint32_t{1} << i;
  });
}

/// A bit for each packet whose flow has been met.
std::uint32_t Counter::find_met(const CountedBurst& burst, std::uint64_t window_index) {
  const auto window_generation = static_cast<std::uint16_t>(window_index);
  std::uint32_t met = 0;
  std::uint32_t absent = 0;
  std::uint32_t may_be = 0;
  for_each_bit(flow_hashed_, [&](std::uint16_t i) {
    bool is_absent = false;
    const bool is =
        flows_.find_known(burst.flow_hashes[i], window_generation, flow_handles_[i], is_absent);
    met |= std::uint32_t{is} << i;
    absent |= std::uint32_t{is_absent} << i;
  });
  for_each_bit(absent, [&](std::uint16_t i) {
    may_be |= std::uint32_t{flows_.may_be_displaced(burst.flow_hashes[i])} << i;
  });
  for_each_bit(may_be, [&](std::uint16_t i) {
    const bool is =
        flows_.find_known_displaced(burst.flow_hashes[i], window_generation, flow_handles_[i]);
    met |= std::uint32_t{is} << i;
  });
  return met;
}

/// Asks for the records of the hosts that a flow remembers.
void Counter::prefetch_cached_hosts(const FlowTable::Handle& flow, const WorkerWindow& window) {
  const CachedHostSlots ends = FlowTable::cached_host_slots(flow);
  // Both lines: a client's requests and answers fill the cells of the first.
  for (const std::uint32_t place : {ends.one, ends.other}) {
    if (place >= window.hosts.size()) continue;
    window.hosts[place].prefetch_to_write();
    window.hosts[place].prefetch_events_to_write();
  }
}

/// What flows remember of their ends, and a window's places of their hosts, holds for what was
/// protected then.
void Counter::synchronise(const Protection& protection, std::uint64_t window_index,
                          WorkerWindow& window) {
  if (protection.generation() != protection_) {
    protection_ = protection.generation();
    ends_hold_from_ = window_index + 1;
  }
  flows_.set_cached_slot_max_age(window_index - std::min(window_index, ends_hold_from_));
  if (window.protection != protection_) {
    window.protection = protection_;
    window.hosts_hold_from = window.fill + 1;
  }
}

/// The record of a host that a flow remembers at a place which is not taken in this window, begun
/// there, of the prefix that it was of. nullptr where its flow or the place may not say so.
HostRecord* Counter::begin_again(const IpAddress& address, std::uint32_t place,
                                 const FlowTable::Handle& flow, WorkerWindow& window) {
  if (place >= window.hosts.size() || window.is_taken(place)) return nullptr;
  const HostRecord& before = window.hosts[place];
  const bool same = before.address == address && before.turn() == host_slots_.turn(place) &&
                    before.fill() >= window.hosts_hold_from;
  // Where only some may find room, they are the first to come: that is find_hosts()'s.
  const bool room_for_all = window.hosts_used + 2 * kBurst <= host_limit_;
  if (!same || !room_for_all || !FlowTable::is_answered(flow)) return nullptr;
  const std::uint32_t prefix = before.prefix;
  host_slots_.take(place);
  window.touch_prefix(prefix);
  return &window.begin_host(place, address, prefix, before.turn());
}

/// The record of a host that a flow remembers at a place, or nullptr.
inline HostRecord* Counter::recall_host(const IpAddress& address, std::uint32_t place,
                                        const FlowTable::Handle& flow, WorkerWindow& window) {
  HostRecord* const record = window.host_at(place, address);
  if (record != nullptr) [[likely]] {
    return record;
  }
  return begin_again(address, place, flow, window);
}

/// What the window is going to fill next.
void Counter::request_prefault(WorkerWindow& window) {
  window.hosts_ahead.reached(window.hosts_used * sizeof(HostRecord), &window.hosts[0],
                             window.hosts.size() * sizeof(HostRecord), ahead_);
  window.log_ahead.reached(window.log_used * sizeof(LogEntry), window.log.data(),
                           window.log.bytes(), ahead_);
}

void Counter::recall(CountedBurst& burst, const Protection& protection, std::uint64_t window_index,
                     WorkerWindow& window) {
  synchronise(protection, window_index, window);
  flows_.grow_if_filled();
  if (grows_) request_prefault(window);
  hash_flows(burst, protection.opens_tunnels());
  burst.remaining = burst.all();
  burst.known = 0;
  firsts_ = 0;
  answers_ = 0;
  const auto window_generation = static_cast<std::uint16_t>(window_index);
  const bool everything = protection.everything();
  const std::uint32_t met = find_met(burst, window_index);
  for_each_bit(met, [&](std::uint16_t i) { prefetch_cached_hosts(flow_handles_[i], window); });
  for_each_bit(met, [&](std::uint16_t i) {
    RecalledHosts hosts;
    if (!recall_hosts(burst, i, everything, window, hosts)) {
      // Nor may the flow's later packets in the burst be counted before this one.
      FlowTable::cache_host_slots(flow_handles_[i], {});
      return;
    }
    const std::uint32_t bit = std::uint32_t{1} << i;
    if (count_ordinary(burst, i, hosts, window_generation, window)) {
      burst.remaining &= ~bit;
      return;
    }
    if (!FlowTable::seen_in_window(flow_handles_[i], window_generation)) {
      FlowTable::cache_host_slots(flow_handles_[i], {});
      return;
    }
    places_[i] = {.in = hosts.in(), .out = hosts.out()};
    burst.targets[i] = recalled_target(i, everything);
    // Before any that is not met: a new flow may take an entry's place.
    FlowTable::count_known_packet(flow_packet(burst, i), flow_handles_[i], burst.lookups[i]);
    burst.known |= bit;
  });
  for_each_bit(firsts_, [&](std::uint16_t i) {
    burst.source_hashes[i] = hash_of(burst.facts[i].source, key_);
    prefetch_source(burst, i, places_[i].in->prefix, window);
  });
  for_each_bit(firsts_,
               [&](std::uint16_t i) { count_source(burst, i, places_[i].in->prefix, window); });
  for_each_bit(answers_, [&](std::uint16_t i) { ++places_[i].out->events().answers; });
}

/// Counts a packet in the middle of an answered flow as all stages together would. False, with
/// nothing counted, where they may have more to say.
[[gnu::always_inline]] inline bool Counter::count_ordinary(CountedBurst& burst, std::uint16_t i,
                                                           const RecalledHosts& hosts,
                                                           std::uint16_t window_generation,
                                                           WorkerWindow& window) {
  const PacketFacts& facts = burst.facts[i];
  const Vector vector = ordinary_vector(facts, burst.frames[i].data + facts.payload_offset);
  bool first = false;
  if (vector == Vector::count_ ||
      !FlowTable::count_ordinary_packet(flow_handles_[i], burst.from_upper[i],
                                        facts.payload_captured != 0, window_generation, first)) {
    return false;
  }
  const Volume volume{1, facts.wire_bytes};
  hosts.one->add(vector, hosts.one_sends, volume, window.more_cells);
  if (hosts.sender != nullptr) hosts.sender->add(vector, true, volume, window.more_cells);
  const bool first_towards = first & !hosts.one_sends;
  hosts.one->flows_active += first_towards;
  firsts_ |= std::uint32_t{first_towards} << i;
  window.prefix_sources.prefetch_few(only_if(first_towards, hosts.one->prefix));
  places_[i] = {.in = hosts.one, .out = hosts.out()};
  const bool answers = (vector == Vector::udp_answered) & (places_[i].out != nullptr);
  answers_ |= std::uint32_t{answers} << i;
  return true;
}

/// Looks for the records of a flow that was met where it says that they are. False when they have
/// to be looked for elsewhere.
[[gnu::always_inline]] inline bool Counter::recall_hosts(const CountedBurst& burst, std::uint16_t i,
                                                         bool everything, WorkerWindow& window,
                                                         RecalledHosts& hosts) {
  const PacketFacts& facts = burst.facts[i];
  const FlowTable::Handle& flow = flow_handles_[i];
  const CachedHostSlots kept = FlowTable::cached_host_slots(flow);
  if (kept.has_one_protected_end()) [[likely]] {
    // Which of the packet's ends it is comes in no order.
    const bool sends = kept.from_protected_end(burst.from_upper[i]);
    const IpAddress& address = *choose(sends, &facts.source, &facts.destination);
    hosts = {.one = recall_host(address, kept.one, flow, window), .one_sends = sends};
    return hosts.one != nullptr;
  }
  const std::uint32_t exchange = only_if(burst.from_upper[i], kept.one ^ kept.other);
  HostRecord* const in = recall_host(facts.destination, kept.other ^ exchange, flow, window);
  HostRecord* const out = recall_host(facts.source, kept.one ^ exchange, flow, window);
  hosts = in != nullptr ? RecalledHosts{.one = in, .sender = out}
                        : RecalledHosts{.one = out, .one_sends = true};
  if ((in != nullptr) & (out != nullptr)) return true;
  // Where everything is protected, who only sends has no record (see UnansweredSenders).
  return everything && in != nullptr && !FlowTable::other_side_sent(flow, burst.from_upper[i]);
}

/// For the stages to come: the prefixes of the records that recall_hosts() found.
PacketTarget Counter::recalled_target(std::uint16_t i, bool everything) const {
  const HostRecord* const in = places_[i].in;
  const HostRecord* const out = places_[i].out;
  PacketTarget target;
  if (in != nullptr) target.in = in->prefix;
  if (out != nullptr) {
    target.out = out->prefix;
  } else if (everything &&
             !FlowTable::cached_host_slots(flow_handles_[i]).has_one_protected_end()) {
    target.out = target.in;
  }
  return target;
}

}  // namespace floodgauge
