// What the flow table has to know about a packet, from the facts of parsing.
#pragma once

#include "engine/base/ip_protocol.h"
#include "engine/flow/flow_burst.h"

namespace floodgauge {

/// Whether a packet's ports are part of its flow's key. ICMP has none: its type and identifier
/// differ between a request and its answer, so a flow of ICMP is a pair of hosts.
inline bool has_flow_ports(const PacketFacts& facts) {
  return ((facts.flags & (kFactTransport | kFactLaterFragment)) == kFactTransport) &
         (facts.protocol != kProtocolIcmp) & (facts.protocol != kProtocolIcmpV6);
}

/// `i`: a packet of the burst whose flow_hashes and from_upper are set.
inline FlowPacket flow_packet(const FlowBurst& burst, std::uint16_t i) {
  const PacketFacts& facts = burst.facts[i];
  const bool tcp = (facts.protocol == kProtocolTcp) & has_flow_ports(facts);
  return {.hash = burst.flow_hashes[i],
          .from_upper = burst.from_upper[i],
          .payload = facts.payload_captured != 0,
          .tcp = tcp,
          .tcp_flags = facts.tcp_flags};
}

}  // namespace floodgauge
