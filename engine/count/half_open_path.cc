#include "engine/count/half_open_path.h"

#include "engine/count/packet_source.h"
#include "engine/count/requests.h"
#include "engine/count/service_stage.h"
#include "engine/flow/flow_packet.h"

namespace floodgauge {
namespace {

/// Whether a packet is a SYN to a protected host, of which no stage has more to find out if it
/// begins a flow without an entry. Its source must not be protected. When everything is protected,
/// a source that only sends counts as not protected. Without a branch.
bool may_be_half_open(const CountedBurst& burst, std::uint16_t i, bool everything) {
  const PacketTarget& target = burst.targets[i];
  return ((burst.plain >> i & 1) != 0) & is_plain_syn(burst.facts[i]) & (target.in != kNoPrefix) &
         (everything | (target.out == kNoPrefix)) & !is_to_itself(burst, i);
}

}  // namespace

/// Not inlined: only floods come here.
[[gnu::noinline]] void HalfOpenPath::look_up(CountedBurst& burst, bool everything,
                                             WindowGeneration window_generation,
                                             WorkerWindow& window) {
  for_each_bit(burst.unknown(), [&](std::uint16_t i) {
    if (!may_be_half_open(burst, i, everything) ||
        !flows_.count_first_syn(flow_packet(burst, i), window_generation)) {
      burst.flow_handles[i] =
          flows_.count_packet(flow_packet(burst, i), window_generation, burst.lookups[i]);
      if (may_hold_requests(burst, i)) count_http(burst, i, flows_);
      return;
    }
    burst.half_open |= std::uint32_t{1} << i;
    burst.tags[i] = 0;
    burst.slot_guesses[i].destination = hosts_.prefetch_record(burst.destination_hashes[i], window);
    prefetch_source(burst, i, burst.targets[i].in, window);
    if (everything) window.senders.prefetch(burst.source_hashes[i]);
  });
  burst.remaining &= ~burst.half_open;
}

/// Not inlined: only floods come here.
[[gnu::noinline]] void HalfOpenPath::count(const CountedBurst& burst, bool everything,
                                           WorkerWindow& window) {
  for_each_bit(burst.half_open, [&](std::uint16_t i) {
    const PacketFacts& facts = burst.facts[i];
    const std::uint32_t prefix = burst.targets[i].in;
    count_source(burst, i, prefix, shed_, window);
    if (everything) window.senders.add(burst.source_hashes[i], true);
    window.touch_prefix(prefix);
    HostRecord* const record =
        hosts_.find_or_begin({.address = facts.destination,
                              .hash = burst.destination_hashes[i],
                              .slot_guess = burst.slot_guesses[i].destination,
                              .prefix = prefix},
                             HostRecord::hit_by(Vector::tcp_syn), window);
    if (record == nullptr) return;
    record->add(Vector::tcp_syn, false, {1, facts.wire_bytes}, window.more_cells);
    ++record->flows_active;
    HostEvents& events = record->events();
    ++events.new_flows;
    events.first_payloads += facts.payload_captured != 0;
    log_.add(burst, i, Vector::tcp_syn, shed_, *record, window);
  });
}

}  // namespace floodgauge
