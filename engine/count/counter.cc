#include "engine/count/counter.h"

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstring>

#include "engine/base/branchless.h"
#include "engine/classify/classify.h"
#include "engine/classify/service.h"
#include "engine/count/protocol_counts.h"
#include "engine/flow/flow_packet.h"
#include "engine/protect/prefix_table.h"

namespace floodgauge {
namespace {

constexpr std::uint8_t kTcp = 6;
/// New hosts' records are asked for so many before they are needed.
constexpr std::uint32_t kRecordsAhead = 16;
/// So many log entries ahead of what is written, a line is asked for.
constexpr std::uint32_t kLogAhead = 16;
constexpr std::uint8_t kUdp = 17;
constexpr std::uint8_t kSynOnly = 2;
constexpr std::uint8_t kSynFinRstAck = 0x17;

bool targeted(const PacketTarget& target) {
  return (target.in != kNoPrefix) | (target.out != kNoPrefix);
}

/// False for what is neither a request nor an answer of count_service().
bool may_be_service(const PacketFacts& facts) {
  if (facts.protocol == kTcp) return (facts.tcp_flags & kSynOnly) != 0;
  return facts.protocol == kUdp && (facts.destination_port == 53 || facts.source_port == 53);
}

/// Where everything is protected, whoever only sends is not: see UnansweredSenders.
bool counts_out(const CountedBurst& burst, std::uint16_t i, bool everything) {
  return burst.targets[i].out != kNoPrefix && (!everything || burst.lookups[i].other_side_spoke);
}

bool is_plain_syn(const PacketFacts& facts) {
  return facts.protocol == kTcp && (facts.tcp_flags & kSynFinRstAck) == kSynOnly;
}

/// A SYN to a host that is protected, from one that is not or, where everything is, only sends:
/// should it begin a flow that gets no entry, no stage has more to find out about it. Without a
/// branch.
bool may_be_half_open(const CountedBurst& burst, std::uint16_t i, bool everything) {
  const PacketTarget& target = burst.targets[i];
  return ((burst.plain >> i & 1) != 0) & is_plain_syn(burst.facts[i]) & (target.in != kNoPrefix) &
         (everything | (target.out == kNoPrefix));
}

}  // namespace

Counter::Counter(const CounterSettings& settings)
    : key_(settings.key),
      attack_vectors_(attack_vectors()),
      grows_(settings.grow),
      flows_(settings.flows, settings.flow_idle_ticks, settings.grow ? &ahead_ : nullptr),
      host_slots_(settings.hosts, settings.grow),
      // One place in sixteen is kept back for hosts that earn it.
      host_limit_(settings.hosts - settings.hosts / 16) {}

void Counter::hash_addresses(CountedBurst& burst, std::uint16_t i) const {
  const PacketFacts& facts = burst.facts[i];
  burst.source_hashes[i] = hash_of(facts.source, key_);
  burst.destination_hashes[i] = hash_of(facts.destination, key_);
}

/// Of a packet that is met it is seldom asked for, and made then.
std::uint64_t Counter::source_hash(const CountedBurst& burst, std::uint16_t i) const {
  return burst.is_known(i) ? hash_of(burst.facts[i].source, key_) : burst.source_hashes[i];
}

void Counter::see_flows(CountedBurst& burst, const Protection& protection,
                        std::uint64_t window_index, WorkerWindow& window) {
  half_open_ = 0;
  std::uint32_t unprotected = 0;
  for_each_bit(burst.unknown(), [&](std::uint16_t i) {
    if (!targeted(burst.targets[i])) {
      unprotected |= std::uint32_t{1} << i;
      return;
    }
    if ((flow_hashed_ >> i & 1) == 0) hash_flow(burst, i);
    hash_addresses(burst, i);
    if (burst.targets[i].in != kNoPrefix) host_slots_.prefetch(burst.destination_hashes[i]);
    if (burst.targets[i].out != kNoPrefix) host_slots_.prefetch(burst.source_hashes[i]);
  });
  burst.remaining &= ~unprotected;
  window.unprotected += static_cast<unsigned>(std::popcount(unprotected));
  const auto tick = static_cast<std::uint16_t>(window_index);
  if (flows_.is_crowded() && !protection.has_exclusions()) {
    see_crowd(burst, protection.everything(), tick, window);
  } else {
    for_each_bit(burst.unknown(), [&](std::uint16_t i) { see_flow(burst, i, tick); });
  }
}

[[gnu::always_inline]] inline void Counter::see_flow(CountedBurst& burst, std::uint16_t i,
                                                     std::uint16_t tick) {
  flow_handles_[i] = flows_.see(flow_packet(burst, i), tick, burst.lookups[i]);
}

/// see_flow() of all, in their order, but for SYNs that count_half_open() is going to count. Kept
/// apart: it is a flood's.
[[gnu::noinline]] void Counter::see_crowd(CountedBurst& burst, bool everything, std::uint16_t tick,
                                          WorkerWindow& window) {
  for_each_bit(burst.unknown(), [&](std::uint16_t i) {
    if (!may_be_half_open(burst, i, everything) || !flows_.meet_syn(flow_packet(burst, i), tick)) {
      return see_flow(burst, i, tick);
    }
    half_open_ |= std::uint32_t{1} << i;
    burst.tags[i] = 0;
    guesses_[i].destination = prefetch_host(burst.destination_hashes[i], window);
    prefetch_source(burst, i, burst.targets[i].in, window);
    if (everything) window.senders.prefetch(burst.source_hashes[i]);
  });
  burst.remaining &= ~half_open_;
}

/// A place over no more of them than the fullest window so far took, and a fourth: what is touched
/// stays in memory. Some are free, for host() keeps to the capacity.
std::uint32_t Counter::new_slot(std::uint64_t hash, const WorkerWindow& window) {
  const auto places = static_cast<std::uint32_t>(window.hosts.size());
  const std::uint32_t wanted = window.hosts_used + window.hosts_used / 4 + kRecordsAhead;
  places_in_use_ = std::min(places, std::max(places_in_use_, wanted));
  const std::uint32_t place = host_slots_.give(hash, places_in_use_);
  // The next ones' lines are on their way while others are counted.
  if (place + kRecordsAhead < places_in_use_)
    window.hosts[place + kRecordsAhead].prefetch_to_write();
  return place;
}

/// The record of a host, begun as `with` says if this is its first packet; nullptr when no room is
/// left for it. `guess`: HostSlots::guess() at the beginning of the burst.
[[gnu::always_inline]] inline HostRecord* Counter::host(const IpAddress& address,
                                                        std::uint64_t hash, std::uint32_t guess,
                                                        std::uint32_t prefix, HostBeginning with,
                                                        WorkerWindow& window) {
  // Whose place is not taken in this window is known by its hash alone. Should two hosts have the
  // same, the first to come has the place for the window, and the other gets one of its own.
  const auto same = [&](std::uint32_t at) {
    return !window.is_taken(at) | (window.hosts[at].address == address);
  };
  std::uint32_t place = guess;
  // A place that was another's by then has been taken for this one.
  if (place == HostSlots::kNone || !same(place)) [[unlikely]] {
    place = host_slots_.find(hash, same);
  }
  const bool known = place != HostSlots::kNone;
  if (known && window.is_taken(place)) return &window.hosts[place];
  if (window.hosts_used >= host_limit_ &&
      (window.hosts_used >= window.hosts.size() || !overflow_.earned(hash))) {
    ++window.hosts_overflowed;
    return nullptr;
  }
  if (known) {
    host_slots_.take(place);
  } else {
    place = new_slot(hash, window);
  }
  return &window.begin_host(place, address, prefix, host_slots_.turn(place), with);
}

/// Asks for the record that host() is going to look at; returns its guess.
[[gnu::always_inline]] inline std::uint32_t Counter::prefetch_host(std::uint64_t hash,
                                                                   WorkerWindow& window) const {
  const std::uint32_t guess = host_slots_.guess(hash);
  // Any record's lines where there is none: no branch on that.
  const std::uint32_t place = only_if(guess != HostSlots::kNone, guess);
  HostRecord& record = window.hosts[place];
  record.prefetch_to_write();
  record.prefetch_events_to_write();
  host_slots_.prefetch_turn(place);
  return guess;
}

/// Asks for the records that find_hosts() is going to look at, and for what else of the window a
/// packet is going to touch.
void Counter::prefetch_hosts(const CountedBurst& burst, bool everything, WorkerWindow& window) {
  firsts_ = 0;
  for_each_bit(burst.unknown(), [&](std::uint16_t i) {
    const PacketTarget& target = burst.targets[i];
    const bool towards = target.in != kNoPrefix;
    const bool first_towards = towards & burst.lookups[i].first_in_window;
    firsts_ |= std::uint32_t{first_towards} << i;
    if (towards) guesses_[i].destination = prefetch_host(burst.destination_hashes[i], window);
    if (counts_out(burst, i, everything)) {
      guesses_[i].source = prefetch_host(burst.source_hashes[i], window);
    } else if (everything) {
      window.senders.prefetch(burst.source_hashes[i]);
    }
  });
  for_each_bit(firsts_,
               [&](std::uint16_t i) { prefetch_source(burst, i, burst.targets[i].in, window); });
}

/// Every packet's records, in the order of the packets: a host's first packet makes its record.
[[gnu::always_inline]] inline void Counter::find_hosts(const CountedBurst& burst,
                                                       const Protection& protection,
                                                       WorkerWindow& window) {
  // With exclusions a packet may yet be of another vector.
  const bool decided = !protection.has_exclusions();
  for_each_bit(burst.unknown(), [&](std::uint16_t i) {
    const PacketTarget& target = burst.targets[i];
    const PacketFacts& facts = burst.facts[i];
    Places& places = places_[i];
    places = {};
    if (target.in != kNoPrefix) {
      const auto with = decided ? HostRecord::hit_by(burst.vectors[i]) : HostBeginning{};
      places.in = host(facts.destination, burst.destination_hashes[i], guesses_[i].destination,
                       target.in, with, window);
    }
    if (counts_out(burst, i, protection.everything())) {
      const auto with = decided ? HostRecord::sending(burst.vectors[i]) : HostBeginning{};
      places.out =
          host(facts.source, burst.source_hashes[i], guesses_[i].source, target.out, with, window);
    }
    if (flows_.has_entry(flow_handles_[i])) cache_host_slots(burst, i, window);
  });
}

/// For the flow's later packets: see recall().
void Counter::cache_host_slots(const CountedBurst& burst, std::uint16_t i,
                               const WorkerWindow& window) {
  const auto end_of = [&](std::uint32_t prefix, const HostRecord* record) {
    if (prefix == kNoPrefix) return FlowHostSlots::kNone;
    if (record == nullptr) return FlowHostSlots::kUnknown;
    const auto place = static_cast<std::uint32_t>(window.hosts.slot_of(*record));
    return place < FlowHostSlots::kSlots ? place : FlowHostSlots::kUnknown;
  };
  const std::uint32_t source = end_of(burst.targets[i].out, places_[i].out);
  const std::uint32_t destination = end_of(burst.targets[i].in, places_[i].in);
  const std::uint32_t exchange = only_if(burst.from_upper[i], source ^ destination);
  FlowTable::cache_host_slots(flow_handles_[i], {source ^ exchange, destination ^ exchange});
}

/// Where it is to be, and in words made of what parsing wrote: a load that spans several stores, or
/// more than was stored, waits until these have reached the cache, after all stores before them to
/// records that are on their way.
[[gnu::always_inline]] inline void Counter::write_entry(const CountedBurst& burst, std::uint16_t i,
                                                        Vector vector, std::uint32_t older,
                                                        LogEntry& entry) {
  const PacketFacts& facts = burst.facts[i];
  entry.source = facts.source;
  entry.older = older;
  entry.tag = burst.tags[i];
  static_assert(offsetof(LogEntry, ip_bytes) - offsetof(LogEntry, source_port) ==
                offsetof(PacketFacts, ip_bytes) - offsetof(PacketFacts, source_port));
  constexpr unsigned kTtlAt = 8 * (offsetof(LogEntry, ttl) - offsetof(LogEntry, source_port));
  constexpr unsigned kVectorAt = 8 * (offsetof(LogEntry, vector) - offsetof(LogEntry, source_port));
  std::uint64_t rest;
  std::memcpy(&rest,
              reinterpret_cast<const std::byte*>(&facts) + offsetof(PacketFacts, source_port),
              sizeof rest);
  rest &= (std::uint64_t{1} << kTtlAt) - 1;  // ports and length
  // Widened before GCC sees that the shift drops the upper bytes: it would load all eight of a
  // vector of which it has stored the one.
  auto kind = static_cast<std::uint64_t>(vector);
  asm("" : "+r"(kind));
  rest |= std::uint64_t{facts.ttl} << kTtlAt | kind << kVectorAt;
  std::memcpy(reinterpret_cast<std::byte*>(&entry) + offsetof(LogEntry, source_port), &rest,
              sizeof rest);
}

void Counter::add_detail(const CountedBurst& burst, std::uint16_t i, Vector vector,
                         TargetDetail& detail) const {
  LogEntry entry;
  write_entry(burst, i, vector, 0, entry);
  detail.add(entry, source_hash(burst, i));
}

[[gnu::always_inline]] inline void Counter::note_suspicious(const CountedBurst& burst,
                                                            std::uint16_t i, Vector vector,
                                                            HostRecord& record,
                                                            WorkerWindow& window) {
  HostEvents& events = record.events();
  ++events.suspicious;
  if (shed_.detail) {
    ++window.detail_missed;
    return;
  }
  if (events.detail != 0) {
    add_detail(burst, i, vector, window.details[events.detail - 1]);
    return;
  }
  // What is logged is added up by the merge, which has time for so much a window. Of what comes
  // beyond, each host's first packets are logged, as long as there is room; and with every detail
  // taken, as when a whole prefix is hit, the log goes on: nothing is lost.
  const bool room = window.log_used < window.log.size();
  const bool few = window.log_used < window.log_shared || events.logged < kLoggedPackets;
  if (room && (few || window.details_used == window.details.size())) {
    LogEntry& entry = window.log[window.log_used];
    write_entry(burst, i, vector, events.log_head, entry);
    prefetch_line_to_write(&entry + kLogAhead);
    events.log_head = ++window.log_used;
    if (events.logged < kLoggedPackets) ++events.logged;
    return;
  }
  if (window.details_used == window.details.size()) {
    ++window.detail_missed;
    return;
  }
  TargetDetail& detail = window.details[window.details_used];
  detail.clear();
  add_detail(burst, i, vector, detail);
  events.detail = static_cast<std::uint16_t>(++window.details_used);
}

/// What count_source() is going to touch.
void Counter::prefetch_source(const CountedBurst& burst, std::uint16_t i, std::uint32_t prefix,
                              const WorkerWindow& window) {
  window.prefix_sources.prefetch(prefix, burst.source_hashes[i]);
}

void Counter::count_in(const CountedBurst& burst, std::uint16_t i, Vector vector,
                       WorkerWindow& window) {
  const PacketFacts& facts = burst.facts[i];
  const FlowLookup& lookup = burst.lookups[i];
  const std::uint32_t prefix = burst.targets[i].in;
  window.touch_prefix(prefix);
  HostRecord* record = places_[i].in;
  if (record == nullptr) return;
  record->add(vector, false, {1, facts.wire_bytes}, window.more_cells);
  record->flows_active += lookup.first_in_window;
  const bool followed = lookup.completed | lookup.progressed;
  if (as_one(lookup.new_flow | followed | lookup.first_payload)) {
    HostEvents& events = record->events();
    events.new_flows += lookup.new_flow;
    events.handshakes += lookup.completed;
    events.progressed += lookup.progressed;
    events.first_payloads += lookup.first_payload;
  }
  if (is_attack(vector) || vector == Vector::tcp_stream) {
    note_suspicious(burst, i, vector, *record, window);
  }
}

void Counter::count_out(const CountedBurst& burst, std::uint16_t i, Vector vector,
                        WorkerWindow& window) {
  const PacketFacts& facts = burst.facts[i];
  const FlowLookup& lookup = burst.lookups[i];
  window.touch_prefix(burst.targets[i].out);
  HostRecord* record = places_[i].out;
  if (record == nullptr) return;
  record->add(vector, true, {1, facts.wire_bytes}, window.more_cells);
  const bool answers = facts.protocol == kUdp && lookup.other_side_spoke;
  if (answers | lookup.answered_syn) {
    HostEvents& events = record->events();
    events.syn_answered += lookup.answered_syn;
    events.answers += answers;
  }
}

[[gnu::always_inline]] inline void Counter::count_request(const CountedBurst& burst,
                                                          std::uint16_t i, WorkerWindow& window) {
  const PacketFacts& facts = burst.facts[i];
  const Service service = service_of_port(facts.destination_port);
  ++window.prefix(burst.targets[i].in).services[static_cast<std::size_t>(service)].requests;
  responses_.request(burst.flow_hashes[i], burst.times[i]);
}

void Counter::count_service(const CountedBurst& burst, std::uint16_t i, WorkerWindow& window) {
  const PacketFacts& facts = burst.facts[i];
  const FlowLookup& lookup = burst.lookups[i];
  const PacketTarget& target = burst.targets[i];
  const bool dns = facts.protocol == kUdp;
  const bool request =
      target.in != kNoPrefix && (dns ? facts.destination_port == 53 && lookup.from_beginner
                                     : lookup.new_flow && is_plain_syn(facts));
  if (request) return count_request(burst, i, window);
  const bool answer =
      target.out != kNoPrefix &&
      (dns ? facts.source_port == 53 && lookup.other_side_spoke && !lookup.from_beginner
           : lookup.answered_syn);
  if (!answer) return;
  const Service service = service_of_port(facts.source_port);
  ++window.prefix(target.out).services[static_cast<std::size_t>(service)].answers;
  const float seconds = responses_.answer(burst.flow_hashes[i], burst.times[i]);
  if (seconds >= 0 && window.responses.size() < WorkerWindow::kResponses) {
    window.responses.push_back({target.out, service, seconds});
  }
}

/// Counts the SYNs taken out of what is left as all stages together would. Kept apart, as above.
[[gnu::noinline]] void Counter::count_half_open(const CountedBurst& burst, bool everything,
                                                WorkerWindow& window) {
  for_each_bit(half_open_, [&](std::uint16_t i) {
    const PacketFacts& facts = burst.facts[i];
    const std::uint32_t prefix = burst.targets[i].in;
    count_source(burst, i, prefix, window);
    if (everything) window.senders.add(burst.source_hashes[i], true);
    count_request(burst, i, window);
    HostRecord* const record =
        host(facts.destination, burst.destination_hashes[i], guesses_[i].destination, prefix,
             HostRecord::hit_by(Vector::tcp_syn), window);
    if (record == nullptr) return;
    record->add(Vector::tcp_syn, false, {1, facts.wire_bytes}, window.more_cells);
    ++record->flows_active;
    HostEvents& events = record->events();
    ++events.new_flows;
    events.first_payloads += facts.payload_captured != 0;
    note_suspicious(burst, i, Vector::tcp_syn, *record, window);
  });
}

void Counter::count(const CountedBurst& burst, const Protection& protection, WorkerWindow& window) {
  if (half_open_ != 0) count_half_open(burst, protection.everything(), window);
  if (burst.remaining == 0) return;
  prefetch_hosts(burst, protection.everything(), window);
  find_hosts(burst, protection, window);
  for_each_bit(firsts_,
               [&](std::uint16_t i) { count_source(burst, i, burst.targets[i].in, window); });
  for_each_bit(burst.remaining, [&](std::uint16_t i) {
    const PacketFacts& facts = burst.facts[i];
    const PacketTarget& target = burst.targets[i];
    Vector vector = burst.vectors[i];
    if (protection.has_exclusions() && is_attack(vector) &&
        protection.excluded(facts.source, facts.destination)) {
      vector = facts.protocol == kTcp ? Vector::tcp_established : Vector::udp_answered;
    }
    if (target.in != kNoPrefix) count_in(burst, i, vector, window);
    if (counts_out(burst, i, protection.everything())) {
      count_out(burst, i, vector, window);
    } else if (protection.everything() && (facts.protocol == kTcp || facts.protocol == kUdp)) {
      window.senders.add(source_hash(burst, i), facts.protocol == kTcp);
    }
    if (may_be_service(facts)) count_service(burst, i, window);
  });
}

void Counter::count_parsed(const CountedBurst& burst, WorkerWindow& window) {
  std::uint64_t bytes = 0;
  std::uint32_t tcp = 0;
  for (std::uint16_t i = 0; i < burst.size; ++i) {
    bytes += burst.facts[i].wire_bytes;
    tcp |= std::uint32_t{burst.facts[i].protocol == kTcp} << i;
  }
  count_plain(window.parse, burst.plain & tcp, burst.plain & ~tcp);
  for_each_bit(burst.all() & ~burst.plain, [&](std::uint16_t i) {
    count_protocols(window.parse, burst.frames[i], burst.facts[i]);
  });
  window.total += Volume{burst.size, bytes};
  if (burst.size != 0) window.last_packet = burst.times[burst.size - 1u];
}

void Counter::next_window() {
  host_slots_.next_window();
  overflow_.next_window();
  responses_.next_window();
}

void Counter::finish(WorkerWindow& window) const {
  window.flow_entries = flows_.entries();
  window.flow_evictions = flows_.evictions();
}

void Counter::prefault() {
  flows_.prefault();
  host_slots_.prefault();
  overflow_.prefault();
  responses_.prefault();
}

std::size_t Counter::memory_bytes() const {
  return flows_.memory_bytes() + host_slots_.memory_bytes() + overflow_.memory_bytes() +
         responses_.memory_bytes();
}

}  // namespace floodgauge
