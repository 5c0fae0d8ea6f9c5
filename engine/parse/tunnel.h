// Opens tunnels over UDP, and EtherIP. A UDP tunnel is recognised by its port and a plausible
// header. A datagram to such a port without one is ordinary UDP, because a flood may be sent to any
// port.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>

#include "engine/parse/gre.h"
#include "engine/parse/walk.h"

namespace floodgauge::parse {

inline constexpr std::uint16_t kPortGtpU = 2152;
inline constexpr std::uint16_t kPortTeredo = 3544;
inline constexpr std::uint16_t kPortVxlan = 4789;
inline constexpr std::uint16_t kPortVxlanGpe = 4790;
inline constexpr std::uint16_t kPortGeneve = 6081;
inline constexpr std::uint16_t kPortOldVxlan = 8472;  ///< Linux, before IANA assigned 4789

/// VXLAN (RFC 7348). The I flag marks a valid network identifier and is always set.
inline void open_vxlan(Walk& walk) {
  if (walk.readable() < 8 || (walk.here()[0] & 0x08) == 0) return;
  walk.at += 8;
  set_inner(walk, InnerKind::ethernet);
}

/// VXLAN-GPE (draft-ietf-nvo3-vxlan-gpe). The next-protocol field is valid if the P flag is set;
/// otherwise Ethernet (3) follows, as in VXLAN.
inline void open_vxlan_gpe(Walk& walk) {
  if (walk.readable() < 8 || (walk.here()[0] & 0x08) == 0) return;
  const bool named = (walk.here()[0] & 0x04) != 0;
  const std::uint8_t next = named ? walk.here()[3] : 3;
  walk.at += 8;
  switch (next) {
    case 1:  // IPv4
    case 2:  // IPv6
      return set_inner(walk, InnerKind::ip);
    case 3:
      return set_inner(walk, InnerKind::ethernet);
    case 5:
      return set_inner_of_type(walk, kTypeMpls);
    default:
      return;
  }
}

/// GENEVE (RFC 8926).
inline void open_geneve(Walk& walk) {
  if (walk.readable() < 8 || walk.here()[0] >> 6 != 0) return;
  const std::uint16_t type = load16(walk.here() + 2);
  if (type != kTypeEthernet && type != kTypeIpv4 && type != kTypeIpv6) return;
  const std::uint32_t length = 8 + (walk.here()[0] & 0x3fu) * 4;
  if (!need(walk, length, Fault::tunnel_short)) return;
  walk.at += length;
  set_inner_of_type(walk, type);
}

/// Skips GTP-U extension headers (3GPP TS 29.281, section 5.2). Each begins with its length in
/// units of four bytes and ends with the type of the next one, 0 for none. Returns false when they
/// are cut off, invalid or more than eight.
inline bool skip_gtp_extensions(Walk& walk, std::uint8_t type) {
  constexpr int kMaxExtensions = 8;
  for (int count = 0; type != 0; ++count) {
    if (count == kMaxExtensions || !need(walk, 4, Fault::tunnel_short)) return false;
    const std::uint32_t length = walk.here()[0] * 4u;
    if (length == 0) {
      set_fault(walk, Fault::tunnel_short);
      return false;
    }
    if (!need(walk, length, Fault::tunnel_short)) return false;
    type = walk.here()[length - 1];
    walk.at += length;
  }
  return true;
}

/// GTP-U (3GPP TS 29.281). Only user data (T-PDU) is opened.
inline void open_gtp(Walk& walk) {
  if (walk.readable() < 8) return;
  const std::uint8_t flags = walk.here()[0];
  constexpr std::uint8_t kVersion1Gtp = 0x30;
  constexpr std::uint8_t kTpdu = 0xff;
  constexpr std::uint8_t kOptions = 0x07;
  constexpr std::uint8_t kExtension = 0x04;
  if ((flags & 0xf0) != kVersion1Gtp || walk.here()[1] != kTpdu) return;
  narrow(walk, walk.at + 8 + load16(walk.here() + 2));
  walk.at += 8;
  if ((flags & kOptions) != 0) {
    if (!need(walk, 4, Fault::tunnel_short)) return;
    const std::uint8_t type = (flags & kExtension) != 0 ? walk.here()[3] : 0;
    walk.at += 4;
    if (!skip_gtp_extensions(walk, type)) return;
  }
  if (walk.readable() > 0) set_inner_of_type(walk, type_of_nibble(walk.here()[0]));
}

/// Teredo (RFC 4380, section 5.1.1). An authentication and an origin header may precede IPv6.
inline void open_teredo(Walk& walk) {
  constexpr std::uint16_t kAuthentication = 0x0001;
  constexpr std::uint16_t kOrigin = 0x0000;
  std::uint32_t at = walk.at;
  if (walk.captured >= at + 4 && load16(walk.data + at) == kAuthentication) {
    at += 13u + walk.data[at + 2] + walk.data[at + 3];
  }
  if (walk.captured >= at + 8 && load16(walk.data + at) == kOrigin) at += 8;
  if (walk.captured < at + 40 || walk.data[at] >> 4 != 6) return;
  if (at + 40 + load16(walk.data + at + 4) > walk.end) return;
  walk.at = at;
  set_inner(walk, InnerKind::ip);
}

/// A perfect hash of the tunnel ports: each has its own slot among eight, so that one comparison
/// tells whether a port is a tunnel's.
constexpr std::size_t tunnel_slot(std::uint16_t port) {
  return (port * 121u >> 8) % 8;
}
inline constexpr std::array kUdpTunnels = {kPortGtpU,     kPortTeredo, kPortVxlan,
                                           kPortVxlanGpe, kPortGeneve, kPortOldVxlan};
inline constexpr std::array<std::uint16_t, 8> kTunnelOfSlot = [] {
  std::array<std::uint16_t, 8> ports{};
  ports.fill(kPortGtpU);  // for empty slots: a port whose own slot is another one
  for (const std::uint16_t port : kUdpTunnels) ports[tunnel_slot(port)] = port;
  return ports;
}();
static_assert(std::ranges::all_of(kUdpTunnels, [](std::uint16_t port) {
  return kTunnelOfSlot[tunnel_slot(port)] == port;
}));

/// Whether a datagram with these ports may be a tunnel's: the destination port is a tunnel's, or
/// the source port is Teredo's, whose relays answer from it. Without branches.
inline bool is_udp_tunnel(std::uint16_t source_port, std::uint16_t destination_port) {
  return (kTunnelOfSlot[tunnel_slot(destination_port)] == destination_port) |
         (source_port == kPortTeredo);
}

inline void open_udp_tunnel(Walk& walk) {
  switch (walk.facts.destination_port) {
    case kPortGtpU:
      return open_gtp(walk);
    case kPortVxlan:
    case kPortOldVxlan:
      return open_vxlan(walk);
    case kPortVxlanGpe:
      return open_vxlan_gpe(walk);
    case kPortGeneve:
      return open_geneve(walk);
    default:
      return open_teredo(walk);
  }
}

/// EtherIP (RFC 3378): version 3 in the first four bits.
inline void open_etherip(Walk& walk) {
  if (!need(walk, 2, Fault::tunnel_short)) return;
  if (walk.here()[0] >> 4 != 3) return;
  walk.at += 2;
  set_inner(walk, InnerKind::ethernet);
}

}  // namespace floodgauge::parse
