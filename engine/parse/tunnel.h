// Opens tunnels over UDP, and EtherIP. A UDP tunnel is recognised by its port and a plausible
// header. A datagram to such a port without one is ordinary UDP, because a flood may be sent to any
// port.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>

#include "engine/parse/capwap.h"
#include "engine/parse/gre.h"
#include "engine/parse/gue.h"
#include "engine/parse/l2tp.h"
#include "engine/parse/plausible.h"
#include "engine/parse/walk.h"

namespace floodgauge::parse {

inline constexpr std::uint16_t kPortL2tp = 1701;
inline constexpr std::uint16_t kPortGtpU = 2152;
inline constexpr std::uint16_t kPortTeredo = 3544;
inline constexpr std::uint16_t kPortLisp = 4341;
inline constexpr std::uint16_t kPortVxlan = 4789;
inline constexpr std::uint16_t kPortVxlanGpe = 4790;
inline constexpr std::uint16_t kPortCapwap = 5247;  ///< its data channel
inline constexpr std::uint16_t kPortGue = 6080;
inline constexpr std::uint16_t kPortGeneve = 6081;
inline constexpr std::uint16_t kPortMpls = 6635;
inline constexpr std::uint16_t kPortOldVxlan = 8472;  ///< Linux, before IANA assigned 4789
inline constexpr std::uint16_t kPortTzsp = 37008;

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
    case 4:
      return set_inner_of_type(walk, kTypeNsh);
    case 5:
      return set_inner_of_type(walk, kTypeMpls);
    default:
      return stop_in_tunnel(walk);
  }
}

/// GENEVE (RFC 8926).
inline void open_geneve(Walk& walk) {
  if (walk.readable() < 8 || walk.here()[0] >> 6 != 0) return;
  const std::uint16_t type = load16(walk.here() + 2);
  if (type != kTypeEthernet && type != kTypeIpv4 && type != kTypeIpv6) {
    constexpr std::uint8_t kReserved = 0x3f;
    if ((walk.here()[1] & kReserved) == 0 && walk.here()[7] == 0) stop_in_tunnel(walk);
    return;
  }
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
  if (walk.readable() == 0) return;
  const std::uint16_t type = type_of_nibble(walk.here()[0]);
  if (type != kTypeNone) return set_inner(walk, InnerKind::ip);
  // A session of Ethernet frames (3GPP TS 23.501, section 5.6.10.2).
  if (!is_plausible_ethernet(walk, walk.at, Trust::announced)) return stop_in_tunnel(walk);
  set_inner(walk, InnerKind::ethernet);
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

/// LISP data (RFC 9300, section 5.3): eight bytes before IP.
inline void open_lisp(Walk& walk) {
  if (walk.readable() < 8) return;
  walk.at += 8;
  set_plausible_ip(walk);
}

/// Mirrored frames in TZSP (TaZmen sniffer protocol): version 1, the frame's type, and tagged
/// fields, the last of which has tag 1 and no length.
inline void open_tzsp(Walk& walk) {
  constexpr std::uint16_t kEthernet = 1;
  constexpr int kMaxFields = 32;
  if (walk.readable() < 5 || walk.here()[0] != 1 || walk.here()[1] > 1) return;
  if (load16(walk.here() + 2) != kEthernet) return;
  walk.at += 4;
  for (int field = 0; field < kMaxFields; ++field) {
    if (walk.readable() < 2) return;
    const std::uint8_t kind = walk.here()[0];
    walk.at += kind <= 1 ? 1 : 2 + walk.here()[1];  // 0 is padding
    if (kind != 1) continue;
    if (!is_plausible_ethernet(walk, walk.at, Trust::announced)) return stop_in_tunnel(walk);
    return set_inner(walk, InnerKind::ethernet);
  }
}

/// The tunnels whose datagrams go to their port.
inline constexpr std::array kUdpTunnels = {kPortL2tp,   kPortGtpU,     kPortTeredo,   kPortLisp,
                                           kPortVxlan,  kPortVxlanGpe, kPortCapwap,   kPortGue,
                                           kPortGeneve, kPortMpls,     kPortOldVxlan, kPortTzsp};
/// The tunnels whose datagrams also come from their port: the end that listens there answers.
inline constexpr std::array kTwoWayTunnels = {kPortL2tp, kPortTeredo, kPortCapwap};

/// A perfect hash of the tunnel ports: each has its own slot among sixteen, so that one comparison
/// tells whether a port is a tunnel's.
constexpr std::size_t tunnel_slot(std::uint16_t port) {
  return (port * 249u >> 8) % 16;
}
inline constexpr std::array<std::uint16_t, 16> kTunnelOfSlot = [] {
  std::array<std::uint16_t, 16> ports{};
  ports.fill(kPortGtpU);  // for empty slots: a port whose own slot is another one
  for (const std::uint16_t port : kUdpTunnels) ports[tunnel_slot(port)] = port;
  return ports;
}();
static_assert(std::ranges::all_of(kUdpTunnels, [](std::uint16_t port) {
  return kTunnelOfSlot[tunnel_slot(port)] == port;
}));

/// Whether datagrams to this port may be a tunnel's. Without branches, as is_two_way_tunnel().
inline bool is_tunnel_port(std::uint16_t port) {
  return kTunnelOfSlot[tunnel_slot(port)] == port;
}
inline bool is_two_way_tunnel(std::uint16_t port) {
  return (port == kTwoWayTunnels[0]) | (port == kTwoWayTunnels[1]) | (port == kTwoWayTunnels[2]);
}
/// Whether a datagram with these ports may be a tunnel's.
inline bool is_udp_tunnel(std::uint16_t source_port, std::uint16_t destination_port) {
  return is_tunnel_port(destination_port) | is_two_way_tunnel(source_port);
}
/// Of such a datagram, the port that is the tunnel's; of any other, as for FOU, the destination's.
inline std::uint16_t tunnel_port(const PacketFacts& facts) {
  const bool from = !is_tunnel_port(facts.destination_port) && is_two_way_tunnel(facts.source_port);
  return from ? facts.source_port : facts.destination_port;
}

inline void open_udp_tunnel(Walk& walk) {
  switch (tunnel_port(walk.facts)) {
    case kPortL2tp:
      return open_l2tp(walk);
    case kPortGtpU:
      return open_gtp(walk);
    case kPortLisp:
      return open_lisp(walk);
    case kPortVxlan:
    case kPortOldVxlan:
      return open_vxlan(walk);
    case kPortVxlanGpe:
      return open_vxlan_gpe(walk);
    case kPortCapwap:
      return open_capwap(walk);
    case kPortGue:
      return open_gue(walk);
    case kPortGeneve:
      return open_geneve(walk);
    case kPortMpls:
      return open_mpls_in_udp(walk);
    case kPortTzsp:
      return open_tzsp(walk);
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

/// PIM (RFC 7761, section 4.9.3): a register message contains the packet that it registers, unless
/// its null flag is set.
inline void open_pim(Walk& walk) {
  constexpr std::uint8_t kRegister = 0x21;  // version 2, type 1
  constexpr std::uint8_t kNull = 0x40;
  if (walk.readable() < 8 || walk.here()[0] != kRegister || (walk.here()[4] & kNull) != 0) return;
  walk.at += 8;
  set_inner(walk, InnerKind::ip);
}

}  // namespace floodgauge::parse
