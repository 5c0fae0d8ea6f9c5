// What a packet of a burst looks like to its flow.
#pragma once

#include "engine/flow/flow_burst.h"

namespace floodgauge {

/// Whether ports are part of what a packet's flow is known by. ICMP's type and identifier differ
/// between a request and its answer: pairs of hosts are its flows.
inline bool has_flow_ports(const PacketFacts& facts) {
  return ((facts.flags & (kFactTransport | kFactLaterFragment)) == kFactTransport) &
         (facts.protocol != 1) & (facts.protocol != 58);
}

/// The hash and the side of packet `i` are known.
inline FlowPacket flow_packet(const FlowBurst& burst, std::uint16_t i) {
  const PacketFacts& facts = burst.facts[i];
  const bool tcp = (facts.protocol == 6) & has_flow_ports(facts);
  return {.hash = burst.flow_hashes[i],
          .from_upper = burst.from_upper[i],
          .payload = facts.payload_captured != 0,
          .tcp = tcp,
          .tcp_flags = facts.tcp_flags};
}

}  // namespace floodgauge
