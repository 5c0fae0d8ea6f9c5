// What a packet that a protected host sends out of its prefix is to the host's record: part of what
// may be a flood, an answer to somebody else's packet, or the answer of a service that amplifies.
#pragma once

#include <cstdint>

#include "engine/base/ip_protocol.h"
#include "engine/base/tcp_flags.h"
#include "engine/count/client_events.h"
#include "engine/flow/flow_lookup.h"
#include "engine/model/vector.h"
#include "engine/parse/packet_facts.h"

namespace floodgauge {

/// IP bytes from which an answer is worth a reflection. Questions to services that amplify have 30
/// to 120 bytes (Rossow, "Amplification Hell", NDSS 2014, table 2), and most answers of DNS and all
/// of NTP's ordinary ones are smaller than this.
inline constexpr std::uint16_t kLargeAnswer = 256;

/// The service of a large datagram that a service which amplifies has sent, otherwise Vector::udp.
inline Vector large_answer_of(const PacketFacts& facts) {
  if (facts.ip_bytes < kLargeAnswer) return Vector::udp;
  const Vector service = reflection_of_port(facts.source_port);
  return amplifies(service) ? service : Vector::udp;
}

/// Whether a packet of ICMP or ICMPv6 is an answer to a packet: an error (RFC 792; RFC 4443,
/// section 3, types below 128) or a reply. Its source port is the type and the code.
inline bool is_icmp_answer(const PacketFacts& facts) {
  const unsigned type = facts.source_port >> 8;
  if (facts.protocol == kProtocolIcmpV6) return type < 128 || type == 129;
  // Errors: 3 destination unreachable, 4 source quench, 5 redirect, 11 time exceeded, 12 parameter
  // problem. Replies: 0 echo, 14 timestamp, 16 information, 18 address mask.
  constexpr std::uint32_t kAnswers =
      1u << 0 | 1u << 3 | 1u << 4 | 1u << 5 | 1u << 11 | 1u << 12 | 1u << 14 | 1u << 16 | 1u << 18;
  return facts.protocol == kProtocolIcmp && type < 32 && (kAnswers >> type & 1) != 0;
}

/// Whether a packet says that a host, a port or a protocol cannot be reached.
inline bool is_unreachable(const PacketFacts& facts) {
  const unsigned type = facts.source_port >> 8;
  return (facts.protocol == kProtocolIcmp && type == 3) ||
         (facts.protocol == kProtocolIcmpV6 && type == 1);
}

/// Notes what a packet for which may_tell_of_client() is true says of the client of its flow.
[[gnu::noinline]] inline void note_client(const PacketFacts& facts, const FlowLookup& lookup,
                                          ClientEvents& events) {
  const bool tcp = facts.protocol == kProtocolTcp;
  if (lookup.from_initiator) {
    if ((facts.tcp_flags & kTcpSyn) != 0) return;
    // Of a flow that is first seen when it is under way, the client has the higher port.
    const bool of_client = !lookup.new_flow || facts.source_port > facts.destination_port;
    events.add(of_client ? facts.source : facts.destination, ClientOutcome::spoke);
  } else if (tcp) {
    events.add(facts.destination, ClientOutcome::refused);
  } else if (lookup.packets == 2 && !is_unreachable(facts)) {
    events.add(facts.destination, ClientOutcome::spoke);
  }
}

/// Whether note_client() may have anything to note. Without a branch.
inline bool may_tell_of_client(const PacketFacts& facts, const FlowLookup& lookup) {
  /// A refusal comes after one SYN or after those that were repeated.
  constexpr std::uint32_t kFirstPackets = 5;
  const bool tcp = facts.protocol == kProtocolTcp;
  const bool answers = !lookup.from_initiator & (lookup.packets <= kFirstPackets) &
                       (!tcp | ((facts.tcp_flags & kTcpRst) != 0));
  return answers | (lookup.first_payload & tcp);
}

}  // namespace floodgauge
