// Opens the headers that switches and fabrics put between Ethernet and IP, apart from VLAN tags
// (ethernet.h). Each function moves past the header and returns the EtherType of what follows.
#pragma once

#include <cstdint>

#include "engine/parse/ethernet.h"
#include "engine/parse/walk.h"

namespace floodgauge::parse {

/// A header of `bytes` bytes after which a whole Ethernet frame follows: IEEE 802.1ah's service
/// instance tag (4 bytes) and Cisco FabricPath's tag (2 bytes).
inline std::uint16_t open_before_ethernet(Walk& walk, std::uint32_t bytes) {
  if (!need(walk, bytes, Fault::vlan_short)) return kTypeNone;
  walk.at += bytes;
  return kTypeEthernet;
}

/// TRILL (RFC 6325, section 3.1): six bytes and options, whose length is in units of four bytes.
inline std::uint16_t open_trill(Walk& walk) {
  if (!need(walk, 6, Fault::vlan_short)) return kTypeNone;
  const std::uint16_t first = load16(walk.here());
  if (first >> 14 != 0) return kTypeNone;  // another version
  return open_before_ethernet(walk, 6 + (first >> 6 & 0x1fu) * 4);
}

/// Arista's timestamp: subtype 1, a version that tells how long the time is, the time.
inline std::uint16_t open_arista_time(Walk& walk) {
  if (!need(walk, 4, Fault::vlan_short)) return kTypeNone;
  const std::uint16_t version = load16(walk.here() + 2);
  if (load16(walk.here()) != 1) return kTypeNone;
  switch (version & 0xff) {
    case 0x10:  // 64 bits
      return open_tag(walk, 14);
    case 0x20:  // 48 bits
      return open_tag(walk, 12);
    default:
      return kTypeNone;
  }
}

/// The network service header (RFC 8300, section 2.2), with its length in units of four bytes.
inline std::uint16_t open_nsh(Walk& walk) {
  if (!need(walk, 4, Fault::tunnel_short)) return kTypeNone;
  const std::uint16_t first = load16(walk.here());
  const std::uint32_t length = (first & 0x3fu) * 4;
  const std::uint8_t next = walk.here()[3];
  if (first >> 14 != 0 || length < 8) return kTypeNone;
  if (!need(walk, length, Fault::tunnel_short)) return kTypeNone;
  walk.at += length;
  switch (next) {
    case 1:
      return kTypeIpv4;
    case 2:
      return kTypeIpv6;
    case 3:
      return kTypeEthernet;
    case 4:
      return kTypeNsh;
    case 5:
      return kTypeMpls;
    default:
      return kTypeNone;
  }
}

}  // namespace floodgauge::parse
