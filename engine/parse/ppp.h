// Opens PPP (RFC 1661, RFC 1662) and PPPoE sessions (RFC 2516).
#pragma once

#include "engine/parse/ethertype.h"
#include "engine/parse/walk.h"

namespace floodgauge::parse {

/// PPP with or without the address and control bytes ff 03, and with a protocol field of two bytes
/// or one. A one-byte (compressed) field has its lowest bit set. Returns the EtherType of what
/// follows.
inline std::uint16_t open_ppp(Walk& walk, Fault fault) {
  if (!need(walk, 1, fault)) return kTypeNone;
  if (walk.here()[0] == 0xff) {
    if (!need(walk, 3, fault)) return kTypeNone;
    if (walk.here()[1] != 0x03) return kTypeNone;
    walk.at += 2;
  }
  std::uint16_t protocol = walk.here()[0];
  if ((protocol & 1) != 0) {
    walk.at += 1;
  } else {
    if (!need(walk, 2, fault)) return kTypeNone;
    protocol = load16(walk.here());
    walk.at += 2;
  }
  switch (protocol) {
    case 0x0021:
      return kTypeIpv4;
    case 0x0057:
      return kTypeIpv6;
    case 0x0281:
      return kTypeMpls;
    case 0x0283:
      return kTypeMplsMulticast;
    default:
      return kTypeNone;
  }
}

inline std::uint16_t open_pppoe(Walk& walk) {
  if (!need(walk, 6, Fault::pppoe_short)) return kTypeNone;
  const std::uint16_t length = load16(walk.here() + 4);
  walk.at += 6;
  narrow(walk, walk.at + length);
  return open_ppp(walk, Fault::pppoe_short);
}

}  // namespace floodgauge::parse
