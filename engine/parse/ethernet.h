// Opens Ethernet II, IEEE 802.3 with LLC and SNAP, and VLAN and other tags. Each function reads one
// header, moves past it and returns the EtherType of what follows, or kTypeNone.
#pragma once

#include "engine/parse/ethertype.h"
#include "engine/parse/walk.h"

namespace floodgauge::parse {

inline constexpr std::uint32_t kEthernetBytes = 14;

inline std::uint16_t open_ethernet(Walk& walk) {
  if (!need(walk, kEthernetBytes, Fault::ethernet_short)) return kTypeNone;
  const std::uint16_t type = load16(walk.here() + 12);
  walk.at += kEthernetBytes;
  return type;
}

/// A tag of `bytes` bytes that ends with the EtherType of what follows: VLAN 4, VN-tag 6,
/// 802.1BR 8.
inline std::uint16_t open_tag(Walk& walk, std::uint32_t bytes) {
  if (!need(walk, bytes, Fault::vlan_short)) return kTypeNone;
  walk.at += bytes;
  return load16(walk.data + walk.at - 2);
}

/// MACsec (IEEE 802.1AE) that authenticates without encrypting. Its tag may contain a secure
/// channel identifier. The integrity check value at the frame's end needs no handling, because it
/// lies beyond the end of the IP packet.
inline std::uint16_t open_macsec(Walk& walk) {
  if (!need(walk, 1, Fault::vlan_short)) return kTypeNone;
  constexpr std::uint8_t kEncryptedOrChanged = 0x0c;
  constexpr std::uint8_t kChannel = 0x20;
  const std::uint8_t control = walk.here()[0];
  if ((control & kEncryptedOrChanged) != 0) return kTypeNone;
  return open_tag(walk, (control & kChannel) != 0 ? 16 : 8);
}

/// IEEE 802.2 LLC: SNAP (RFC 1042) with one of the two OUIs under which EtherTypes are used, or the
/// service access point (SAP) of IP.
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
  if (oui != 0x000000 && oui != 0x0000f8) return kTypeNone;  // 0000f8: IEEE 802.1H
  const std::uint16_t type = load16(llc + 6);
  walk.at += 8;
  return type;
}

/// IEEE 802.3, where the EtherType field is a length: LLC follows, and ends after `length` bytes.
inline std::uint16_t open_8023(Walk& walk, std::uint16_t length) {
  if (length > kMaxLength8023) return kTypeNone;
  narrow(walk, walk.at + length);
  return open_llc(walk);
}

}  // namespace floodgauge::parse
