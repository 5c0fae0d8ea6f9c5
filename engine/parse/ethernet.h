// Ethernet II, IEEE 802.3 with LLC and SNAP, VLAN tags. Each opener reads one header, moves past it
// and returns the EtherType of what follows, or kTypeNone.
#pragma once

#include "engine/parse/ethertype.h"
#include "engine/parse/walk.h"

namespace floodgauge::parse {

inline constexpr std::uint32_t kEthernetBytes = 14;
inline constexpr std::uint32_t kVlanBytes = 4;

inline std::uint16_t open_ethernet(Walk& walk) {
  if (!need(walk, kEthernetBytes, Fault::ethernet_short)) return kTypeNone;
  const std::uint16_t type = load16(walk.here() + 12);
  walk.at += kEthernetBytes;
  return type;
}

inline std::uint16_t open_vlan(Walk& walk) {
  if (!need(walk, kVlanBytes, Fault::vlan_short)) return kTypeNone;
  const std::uint16_t type = load16(walk.here() + 2);
  walk.at += kVlanBytes;
  return type;
}

/// IEEE 802.2 LLC: SNAP (RFC 1042) of the two OUIs that carry EtherTypes, or IP's own SAP.
inline std::uint16_t open_llc(Walk& walk) {
  if (!need(walk, 3, Fault::link_header_short)) return kTypeNone;
  const std::uint8_t* llc = walk.here();
  constexpr std::uint8_t kSapIp = 0x06;
  constexpr std::uint8_t kSapSnap = 0xaa;
  constexpr std::uint8_t kUnnumbered = 0x03;
  if (llc[2] != kUnnumbered || llc[0] != llc[1]) return kTypeNone;
  if (llc[0] == kSapIp) {
    walk.at += 3;
    return kTypeIpv4;
  }
  if (llc[0] != kSapSnap || !need(walk, 8, Fault::link_header_short)) return kTypeNone;
  const std::uint32_t oui = load32(llc + 2) & 0xffffff;
  if (oui != 0x000000 && oui != 0x0000f8) return kTypeNone;  // 0000f8: IEEE 802.1H tunnel
  const std::uint16_t type = load16(llc + 6);
  walk.at += 8;
  return type;
}

/// What follows an 802.3 length instead of an EtherType: LLC, ended by that length.
inline std::uint16_t open_8023(Walk& walk, std::uint16_t length) {
  if (length > kMaxLength8023) return kTypeNone;
  narrow(walk, walk.at + length);
  return open_llc(walk);
}

}  // namespace floodgauge::parse
