#include "engine/count/host_accounting.h"

#include "engine/base/branchless.h"
#include "engine/base/ip_protocol.h"
#include "engine/classify/classify.h"
#include "engine/count/packet_source.h"
#include "engine/count/service_count.h"

namespace floodgauge {
namespace {

/// Whether the source of a packet has a record. When everything is protected, a host that only
/// sends has none (see UnansweredSenders).
bool counts_out(const CountedBurst& burst, std::uint16_t i, bool everything) {
  return burst.targets[i].out != kNoPrefix && (!everything || burst.lookups[i].other_side_sent);
}

}  // namespace

HostAccounting::HostAccounting(CounterTables& tables)
    : key_(tables.key),
      flows_(tables.flows),
      hosts_(tables.hosts),
      responses_(tables.responses),
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
    }
    if (target.in != kNoPrefix) count_in(burst, i, vector, shed, window);
    if (counts_out(burst, i, everything)) {
      count_out(burst, i, vector, window);
    } else if (everything && (tcp || facts.protocol == kProtocolUdp)) {
      window.senders.add(source_hash(burst, i, key_), tcp);
    }
    const bool copy = (burst.copies >> i & 1) != 0;
    if (may_be_service(facts) && !copy) count_service(burst, i, responses_, window);
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
    if (counts_out(burst, i, everything)) {
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
    if (counts_out(burst, i, protection.everything())) {
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
    if (window.copies.add({slot, bytes, as.vector, as.outbound, as.suspicious})) return true;
    ++window.duplicates.no_room;
  }
  record.add(as.vector, as.outbound, {1, bytes}, window.more_cells);
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
  if (opaque_condition(lookup.new_flow | followed | lookup.first_payload)) {
    HostEvents& events = record->events();
    events.new_flows += lookup.new_flow;
    events.handshakes += lookup.completed;
    events.progressed += lookup.progressed;
    events.first_payloads += lookup.first_payload;
  }
  if (suspicious) {
    log_.add(burst, i, vector, shed, *record, window);
    record->events().suspicious -= apart;
  }
}

void HostAccounting::count_out(const CountedBurst& burst, std::uint16_t i, Vector vector,
                               WorkerWindow& window) {
  const PacketFacts& facts = burst.facts[i];
  const FlowLookup& lookup = burst.lookups[i];
  window.touch_prefix(burst.targets[i].out);
  HostRecord* const record = burst.records[i].out;
  if (record == nullptr) return;
  add(burst, i, {vector, true, false}, *record, window);
  const bool answers = facts.protocol == kProtocolUdp && lookup.other_side_sent;
  if (answers | lookup.answered_syn) {
    HostEvents& events = record->events();
    events.syn_answered += lookup.answered_syn;
    events.answers += answers;
  }
}

}  // namespace floodgauge
