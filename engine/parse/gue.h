// Opens generic UDP encapsulation (GUE, draft-ietf-intarea-gue, both variants) and foo over UDP
// (FOU, Linux: the payload is that of an IP protocol which only the receiver's settings name).
#pragma once

#include <cstdint>

#include "engine/parse/gre.h"
#include "engine/parse/l2tp.h"
#include "engine/parse/plausible.h"
#include "engine/parse/walk.h"

namespace floodgauge::parse {

/// GRE in a datagram. The datagram keeps its own payload and faults.
inline void open_gre_in_udp(Walk& walk) {
  const PacketFacts before = walk.facts;
  open_gre(walk);
  walk.facts.payload_offset = before.payload_offset;
  walk.facts.payload_captured = before.payload_captured;
  walk.facts.fault = before.fault;
}

/// A label stack in a datagram (RFC 7510).
inline void open_mpls_in_udp(Walk& walk) {
  const Fault before = walk.facts.fault;
  const std::uint16_t type = open_mpls(walk);
  walk.facts.fault = before;
  if ((type == kTypeIpv4 || type == kTypeIpv6) && set_plausible_ip(walk)) return;
  if (type == kTypeEthernet && is_plausible_ethernet(walk, walk.at, Trust::announced)) {
    return set_inner(walk, InnerKind::ethernet);
  }
  stop_in_tunnel(walk);
}

/// Opens what IP protocol `protocol` names.
inline void open_named_in_udp(Walk& walk, std::uint8_t protocol) {
  switch (protocol) {
    case kProtocolIpv4:
    case kProtocolIpv6:
      if (set_plausible_ip(walk)) return;
      break;
    case kProtocolGre:
      open_gre_in_udp(walk);
      break;
    case kProtocolMplsInIp:
      return open_mpls_in_udp(walk);
    case kProtocolEthernet:
      if (is_plausible_ethernet(walk, walk.at, Trust::announced)) {
        return set_inner(walk, InnerKind::ethernet);
      }
      break;
    case kProtocolNoNextHeader:
      return;
    default:
      break;
  }
  if (walk.facts.inner_kind == InnerKind::none) stop_in_tunnel(walk);
}

/// Variant 0 begins with two zero bits, a control flag and the length of its options in units of
/// four bytes, then the IP protocol; variant 1 is IP itself.
inline void open_gue(Walk& walk) {
  constexpr std::uint8_t kControl = 0x20;
  if (walk.readable() < 4) return;
  const std::uint8_t first = walk.here()[0];
  if (first >> 6 == 1) {
    set_plausible_ip(walk);
    return;
  }
  if (first >> 6 != 0 || (first & kControl) != 0) return;
  const std::uint8_t protocol = walk.here()[1];
  const std::uint32_t length = 4 + (first & 0x1fu) * 4;
  if (walk.readable() <= length) return;
  walk.at += length;
  open_named_in_udp(walk, protocol);
}

/// IP, GRE or GUE, in this order: IP begins with its version, GRE has a zero second byte, in which
/// GUE has the protocol.
inline void open_fou(Walk& walk) {
  if (walk.readable() < 4 || set_plausible_ip(walk)) return;
  constexpr std::uint8_t kGreReserved = 0x4f;
  const std::uint8_t* header = walk.here();
  const std::uint16_t type = load16(header + 2);
  const bool gre_type = type == kTypeIpv4 || type == kTypeIpv6 || type == kTypeEthernet ||
                        type == kTypeMpls || type == kTypeMplsMulticast;
  if ((header[0] & kGreReserved) == 0 && header[1] == 0 && gre_type) {
    return open_gre_in_udp(walk);
  }
  const bool gue_protocol =
      header[1] == kProtocolIpv4 || header[1] == kProtocolIpv6 || header[1] == kProtocolGre;
  if (header[0] >> 6 == 0 && gue_protocol) open_gue(walk);
}

}  // namespace floodgauge::parse
