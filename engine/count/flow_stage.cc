#include "engine/count/flow_stage.h"

#include <bit>

#include "engine/count/requests.h"
#include "engine/flow/flow_hash.h"
#include "engine/flow/flow_packet.h"

namespace floodgauge {
namespace {

void note_flow(CountedBurst& burst, std::uint16_t i, FlowHash flow, const FlowTable& flows) {
  flows.prefetch(flow.hash);
  burst.flow_hashes[i] = flow.hash;
  burst.from_upper[i] = flow.from_upper;
}

}  // namespace

void FlowStage::hash_known_addresses(CountedBurst& burst, bool opens_tunnels) const {
  burst.flow_hashed = burst.plain;
  for_each_bit(burst.plain, [&](std::uint16_t i) {
    note_flow(burst, i, flow_hash_of_plain(burst.facts[i], key_), flows_);
  });
  for_each_bit(burst.all() & ~burst.plain, [&](std::uint16_t i) {
    const PacketFacts& facts = burst.facts[i];
    const bool final = facts.inner_kind == InnerKind::none || !opens_tunnels;
    if (!final || (facts.flags & (kFactIpv4 | kFactIpv6)) == 0) return;
    hash_flow(burst, i);
    burst.flow_hashed |= std::uint32_t{1} << i;
  });
}

void FlowStage::hash_unknown(CountedBurst& burst, WorkerWindow& window) const {
  std::uint32_t unprotected = 0;
  for_each_bit(burst.unknown(), [&](std::uint16_t i) {
    const PacketTarget& target = burst.targets[i];
    if (!((target.in != kNoPrefix) | (target.out != kNoPrefix))) {
      unprotected |= std::uint32_t{1} << i;
      return;
    }
    if ((burst.flow_hashed >> i & 1) == 0) hash_flow(burst, i);
    burst.source_hashes[i] = hash_of(burst.facts[i].source, key_);
    burst.destination_hashes[i] = hash_of(burst.facts[i].destination, key_);
    if (target.in != kNoPrefix) hosts_.prefetch_index(burst.destination_hashes[i]);
    if (target.out != kNoPrefix) hosts_.prefetch_index(burst.source_hashes[i]);
  });
  burst.remaining &= ~unprotected;
  window.unprotected += static_cast<unsigned>(std::popcount(unprotected));
}

void FlowStage::look_up(CountedBurst& burst, WindowGeneration window_generation) {
  for_each_bit(burst.unknown(), [&](std::uint16_t i) {
    burst.flow_handles[i] =
        flows_.count_packet(flow_packet(burst, i), window_generation, burst.lookups[i]);
    if (may_hold_requests(burst, i)) count_http(burst, i, flows_);
  });
}

/// Of a packet of any kind.
void FlowStage::hash_flow(CountedBurst& burst, std::uint16_t i) const {
  const PacketFacts& facts = burst.facts[i];
  const bool has = has_flow_ports(facts);
  note_flow(burst, i,
            flow_hash(facts.source, facts.destination,
                      {has ? facts.source_port : std::uint16_t{0},
                       has ? facts.destination_port : std::uint16_t{0}, facts.protocol},
                      key_),
            flows_);
}

}  // namespace floodgauge
