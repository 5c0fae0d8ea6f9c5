#include "engine/count/host_accounting.h"

#include "engine/base/branchless.h"
#include "engine/base/ip_protocol.h"
#include "engine/classify/classify.h"
#include "engine/count/large_answer.h"
#include "engine/count/packet_source.h"
#include "engine/count/packet_volume.h"
#include "engine/count/sent_packet.h"
#include "engine/count/service_stage.h"
#include "engine/flow/own_address.h"

namespace floodgauge {
namespace {

/// Whether the packet counts as sent by its source. From one protected host to another it does only
/// within a conversation: a border link sees few of these packets, and most of those that nobody
/// answers come from outside with a forged source. When everything is protected, a host that only
/// sends has no record either (see UnansweredSenders). What is known to come from outside was sent
/// by no protected host.
bool counts_out(const CountedBurst& burst, std::uint16_t i) {
  const PacketTarget& target = burst.targets[i];
  return (target.out != kNoPrefix) & ((target.in == kNoPrefix) | burst.lookups[i].other_side_sent) &
         ((burst.from_outside >> i & 1) == 0);
}

/// Notes what the stage "services" has to look at.
[[gnu::always_inline]] inline void note_service(CountedBurst& burst, std::uint16_t i,
                                                const ServicePorts& ports) {
  burst.served |= std::uint32_t{ServiceStage::may_concern(burst, i, ports)} << i;
  // The flows of packets in tunnels were hashed after ServiceStage::begin().
  const bool late =
      (burst.flow_hashed >> i & 1) == 0 && ports.may_answer_in_bytes(burst.facts[i].source_port);
  burst.server_bytes |= std::uint32_t{late} << i;
}

void note_unreachable(const PacketFacts& facts, WorkerWindow& window) {
  if (is_unreachable(facts)) window.client_events.add(facts.destination, ClientOutcome::refused);
}

}  // namespace

HostAccounting::HostAccounting(CounterTables& tables)
    : key_(tables.key),
      flows_(tables.flows),
      hosts_(tables.hosts),
      shed_(tables.shed),
      log_(tables),
      attack_vectors_(attack_vectors()) {}

void HostAccounting::count(CountedBurst& burst, const Protection& protection,
                           WorkerWindow& window) {
  const bool everything = protection.everything();
  // A copy: through the reference it would be read again after each store to a record.
  const CounterShed shed = shed_;
  prefetch(burst, everything, window);
  find_records(burst, protection, window);
  for_each_bit(burst.counts_source,
               [&](std::uint16_t i) { count_source(burst, i, burst.targets[i].in, shed, window); });
  for_each_bit(burst.remaining, [&](std::uint16_t i) {
    const PacketFacts& facts = burst.facts[i];
    const PacketTarget& target = burst.targets[i];
    const bool tcp = facts.protocol == kProtocolTcp;
    Vector vector = burst.vectors[i];
    if (protection.has_exclusions() && is_attack(vector) &&
        protection.excluded(facts.source, facts.destination)) {
      vector = tcp ? Vector::tcp_established : Vector::udp_answered;
      burst.vectors[i] = vector;
      ++window.excluded;
    }
    if (target.in != kNoPrefix) count_in(burst, i, vector, shed, window);
    if (counts_out(burst, i)) {
      count_out(burst, i, vector, shed, window);
    } else if (everything && (tcp || facts.protocol == kProtocolUdp) && !is_to_itself(burst, i)) {
      window.senders.add(source_hash(burst, i, key_), tcp);
    }
    if (opaque_condition(may_tell_of_client(facts, burst.lookups[i]))) {
      note_client(facts, burst.lookups[i], window.client_events);
    }
    if ((burst.copies >> i & 1) == 0) note_service(burst, i, protection.services());
  });
}

/// Prefetches the records that find_records() is going to look at, and what else of the window a
/// packet is going to touch.
void HostAccounting::prefetch(CountedBurst& burst, bool everything, WorkerWindow& window) {
  burst.counts_source = 0;
  for_each_bit(burst.unknown(), [&](std::uint16_t i) {
    const PacketTarget& target = burst.targets[i];
    const bool inbound = target.in != kNoPrefix;
    const bool first_inbound = inbound & burst.lookups[i].first_in_window;
    burst.counts_source |= std::uint32_t{first_inbound} << i;
    CountedBurst::SlotGuesses& guesses = burst.slot_guesses[i];
    if (inbound) guesses.destination = hosts_.prefetch_record(burst.destination_hashes[i], window);
    if (counts_out(burst, i)) {
      guesses.source = hosts_.prefetch_record(burst.source_hashes[i], window);
    } else if (everything) {
      window.senders.prefetch(burst.source_hashes[i]);
    }
  });
  for_each_bit(burst.counts_source,
               [&](std::uint16_t i) { prefetch_source(burst, i, burst.targets[i].in, window); });
}

/// Finds the records of all unknown packets, in the order of the packets: the first packet of a
/// host begins its record.
[[gnu::always_inline]] inline void HostAccounting::find_records(CountedBurst& burst,
                                                                const Protection& protection,
                                                                WorkerWindow& window) {
  // Exclusions may still change a packet's vector.
  const bool final_vectors = !protection.has_exclusions();
  for_each_bit(burst.unknown(), [&](std::uint16_t i) {
    const PacketTarget& target = burst.targets[i];
    const PacketFacts& facts = burst.facts[i];
    CountedBurst::Records& records = burst.records[i];
    records = {};
    if (target.in != kNoPrefix) {
      const HostBeginning with =
          final_vectors ? HostRecord::hit_by(burst.vectors[i]) : HostBeginning{};
      records.in = hosts_.find_or_begin({.address = facts.destination,
                                         .hash = burst.destination_hashes[i],
                                         .slot_guess = burst.slot_guesses[i].destination,
                                         .prefix = target.in},
                                        with, window);
    }
    if (counts_out(burst, i)) {
      const HostBeginning with =
          final_vectors ? HostRecord::sending(burst.vectors[i]) : HostBeginning{};
      records.out = hosts_.find_or_begin({.address = facts.source,
                                          .hash = burst.source_hashes[i],
                                          .slot_guess = burst.slot_guesses[i].source,
                                          .prefix = target.out},
                                         with, window);
    }
    if (flows_.has_entry(burst.flow_handles[i])) cache_host_slots(burst, i, window);
  });
}

/// Stores the slots of both hosts in the flow's entry, for KnownFlowPath.
void HostAccounting::cache_host_slots(const CountedBurst& burst, std::uint16_t i,
                                      const WorkerWindow& window) {
  const auto slot_of = [&](std::uint32_t prefix, const HostRecord* record) {
    if (prefix == kNoPrefix) return FlowHostSlots::kNone;
    if (record == nullptr) return FlowHostSlots::kUnknown;
    const auto slot = static_cast<std::uint32_t>(window.hosts.slot_of(*record));
    return slot < FlowHostSlots::kSlotLimit ? slot : FlowHostSlots::kUnknown;
  };
  const std::uint32_t source = slot_of(burst.targets[i].out, burst.records[i].out);
  const std::uint32_t destination = slot_of(burst.targets[i].in, burst.records[i].in);
  const std::uint32_t exchange = only_if(burst.from_upper[i], source ^ destination);
  FlowTable::cache_host_slots(burst.flow_handles[i], {source ^ exchange, destination ^ exchange});
}

/// Adds a packet to a host's record. A copy is put into the window's log instead, if there is room.
/// Returns whether it was.
[[gnu::always_inline]] inline bool HostAccounting::add(const CountedBurst& burst, std::uint16_t i,
                                                       const Counted& as, HostRecord& record,
                                                       WorkerWindow& window) {
  const std::uint32_t bytes = burst.facts[i].wire_bytes;
  if ((burst.copies >> i & 1) != 0) [[unlikely]] {
    const auto slot = static_cast<std::uint32_t>(window.hosts.slot_of(record));
    if (window.copies.add({.slot = slot & CopyEntry::kMostSlot,
                           .bytes = bytes & CopyEntry::kMostBytes,
                           .vector = static_cast<std::uint8_t>(as.vector),
                           .outbound = as.outbound,
                           .suspicious = as.suspicious})) {
      return true;
    }
    ++window.duplicates.no_room;
  }
  record.add(as.vector, as.outbound, volume_of(burst.facts[i]), window.more_cells);
  return false;
}

void HostAccounting::count_in(const CountedBurst& burst, std::uint16_t i, Vector vector,
                              const CounterShed& shed, WorkerWindow& window) {
  const FlowLookup& lookup = burst.lookups[i];
  window.touch_prefix(burst.targets[i].in);
  HostRecord* const record = burst.records[i].in;
  if (record == nullptr) return;
  const bool suspicious = is_attack(vector) || vector == Vector::tcp_stream;
  const bool apart = add(burst, i, {vector, false, suspicious}, *record, window);
  record->flows_active += lookup.first_in_window;
  const bool followed = lookup.completed | lookup.progressed;
  const bool http_requests = (burst.http_requests >> i & 1) != 0;
  const bool repeated = (vector == Vector::tcp_syn) & !lookup.new_flow;
  // The SYN-ACK of a host that is not protected.
  const bool answered = lookup.answered_syn & (burst.targets[i].out == kNoPrefix);
  if (opaque_condition(lookup.new_flow | followed | lookup.first_payload | repeated | answered |
                       http_requests)) {
    HostEvents& events = record->events();
    events.new_flows += lookup.new_flow;
    events.handshakes += lookup.completed;
    events.progressed += lookup.progressed;
    events.first_payloads += lookup.first_payload;
    events.repeated_syns += repeated;
    if (answered) ++record->sent().syn_answered;
    if (http_requests) record->add_extra_requests(burst.extra_requests[i]);
  }
  if (suspicious) {
    log_.add(burst, i, vector, shed, *record, window);
    record->events().suspicious -= apart;
    if (vector == Vector::icmp || vector == Vector::icmpv6)
      note_unreachable(burst.facts[i], window);
  }
}

void HostAccounting::count_out(const CountedBurst& burst, std::uint16_t i, Vector vector,
                               const CounterShed& shed, WorkerWindow& window) {
  const PacketFacts& facts = burst.facts[i];
  const FlowLookup& lookup = burst.lookups[i];
  window.touch_prefix(burst.targets[i].out);
  HostRecord* const record = burst.records[i].out;
  if (record == nullptr) return;
  const bool attack = is_attack(vector);
  if (attack) {
    count_attack_out(burst, i, vector, shed, *record, window);
  } else {
    add(burst, i, {vector, true, false}, *record, window);
  }
  const bool answers = facts.protocol == kProtocolUdp && lookup.other_side_sent;
  if (answers | lookup.answered_syn) {
    HostEvents& events = record->events();
    events.syn_answered += lookup.answered_syn;
    events.answers += answers;
    if (answers && !attack && burst.targets[i].in == kNoPrefix) {
      count_large_answer(burst, i, log_, shed, *record, window);
    }
  }
}

/// Counts a packet of an attack vector that a host sends. Not inlined: few ordinary packets come
/// here.
[[gnu::noinline]] void HostAccounting::count_attack_out(const CountedBurst& burst, std::uint16_t i,
                                                        Vector vector, const CounterShed& shed,
                                                        HostRecord& record,
                                                        WorkerWindow& window) const {
  const PacketFacts& facts = burst.facts[i];
  const bool aside = burst.targets[i].in != kNoPrefix || is_icmp_answer(facts);
  record.add_sent(vector, aside, volume_of(facts), window.more_cells);
  note_unreachable(facts, window);
  if (aside) return;
  HostSent& sent = record.sent();
  ++sent.suspicious;
  sent.new_flows += burst.lookups[i].new_flow;
  if (is_reflection(vector) && large_answer_of(facts) == vector) {
    ++sent.reflected;
    sent.reflected_bytes += facts.wire_bytes;
  }
  log_.add_sent(burst, i, vector, shed, sent, window);
}

}  // namespace floodgauge
