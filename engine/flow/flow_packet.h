// What the flow table has to know about a packet, from the facts of parsing.
#pragma once

#include <cstddef>

#include "engine/base/ip_protocol.h"
#include "engine/flow/flow_burst.h"
#include "engine/flow/own_address.h"

namespace floodgauge {

/// Whether a packet's ports are part of its flow's key. ICMP has none: its type and identifier
/// differ between a request and its answer, so a flow of ICMP is a pair of hosts.
inline bool has_flow_ports(const PacketFacts& facts) {
  return ((facts.flags & (kFactTransport | kFactLaterFragment)) == kFactTransport) &
         (facts.protocol != kProtocolIcmp) & (facts.protocol != kProtocolIcmpV6);
}

/// `i`: a packet of the burst whose flow_hashes, from_upper and targets are set.
inline FlowPacket flow_packet(const FlowBurst& burst, std::uint16_t i) {
  const PacketFacts& facts = burst.facts[i];
  const PacketTarget& target = burst.targets[i];
  const bool ports = has_flow_ports(facts);
  const bool tcp = (facts.protocol == kProtocolTcp) & ports;
  const bool udp = (facts.protocol == kProtocolUdp) & ports;
  // A protected host may lie behind a neighbour outside. A packet that comes from there was sent by
  // that host, whatever its source address says. It answers no packet that also came from there.
  const bool from_outside = (burst.from_outside >> i & 1) != 0;
  const bool to_outside = (burst.to_outside >> i & 1) != 0;
  const bool from_upper =
      ((burst.from_upper[i] & !is_to_itself(burst, i)) | from_outside) & !to_outside;
  // Of the TCP header, 20 bytes were read when its length is known.
  const std::uint8_t* const header =
      burst.frames[i].data + facts.payload_offset - facts.transport_bytes;
  constexpr std::size_t kAcknowledgementAt = 8;  // RFC 9293, section 3.1
  return {.hash = burst.flow_hashes[i],
          .from_upper = from_upper,
          .payload = facts.payload_captured != 0,
          .cut = (facts.flags & kFactSnapped) != 0,
          .tcp = tcp,
          .udp = udp,
          .tcp_flags = facts.tcp_flags,
          .ends = target.in == kNoPrefix    ? ProtectedEnds::source
                  : target.out == kNoPrefix ? ProtectedEnds::destination
                                            : ProtectedEnds::both,
          .acknowledgement = facts.transport_bytes != 0 ? header + kAcknowledgementAt : nullptr};
}

}  // namespace floodgauge
