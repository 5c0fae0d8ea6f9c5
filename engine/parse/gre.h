// Opens GRE (RFC 2784, RFC 2890, RFC 1701) and its PPTP form (RFC 2637), carrying IP, bridged
// Ethernet (NVGRE: RFC 7637), MPLS (RFC 4023), PPP or ERSPAN (draft-foschiano-erspan).
#pragma once

#include "engine/parse/ethertype.h"
#include "engine/parse/mpls.h"
#include "engine/parse/ppp.h"
#include "engine/parse/tags.h"
#include "engine/parse/walk.h"

namespace floodgauge::parse {

enum GreFlag : std::uint16_t {
  kGreChecksum = 0x8000,
  kGreRouting = 0x4000,
  kGreKey = 0x2000,
  kGreSequence = 0x1000,
  kGreAcknowledgment = 0x0080,  ///< PPTP only
  kGreVersion = 0x0007,
};

/// Marks what follows as an inner packet if its EtherType is IP, Ethernet, MPLS or NSH.
inline void set_inner_of_type(Walk& walk, std::uint16_t type) {
  if (type == kTypeNsh) type = open_nsh(walk);
  if (type == kTypeMpls || type == kTypeMplsMulticast) type = open_mpls(walk);
  if (type == kTypeIpv4 || type == kTypeIpv6) set_inner(walk, InnerKind::ip);
  if (type == kTypeEthernet) set_inner(walk, InnerKind::ethernet);
}

/// Skips the source route entries (RFC 1701), which end with an empty one. Returns false when they
/// are cut off or more than eight.
inline bool skip_gre_routing(Walk& walk) {
  constexpr int kMaxEntries = 8;
  for (int entry = 0; entry < kMaxEntries; ++entry) {
    if (!need(walk, 4, Fault::gre_short)) return false;
    const std::uint32_t length = walk.here()[3];
    if (!need(walk, 4 + length, Fault::gre_short)) return false;
    walk.at += 4 + length;
    if (length == 0) return true;
  }
  set_fault(walk, Fault::gre_short);
  return false;
}

/// ERSPAN type I or II, which share an EtherType. Only type II has a GRE sequence number; type I
/// has no header of its own.
inline void open_erspan2(Walk& walk, bool sequence) {
  if (sequence) {
    if (!need(walk, 8, Fault::gre_short)) return;
    walk.at += 8;
  }
  set_inner(walk, InnerKind::ethernet);
}

/// ERSPAN type III.
inline void open_erspan3(Walk& walk) {
  if (!need(walk, 12, Fault::gre_short)) return;
  const std::uint8_t* header = walk.here();
  const std::uint32_t length = (header[11] & 1) != 0 ? 20 : 12;  // with platform subheader
  const unsigned frame_type = header[10] >> 2 & 0x1f;
  if (!need(walk, length, Fault::gre_short)) return;
  walk.at += length;
  if (frame_type == 0) set_inner(walk, InnerKind::ethernet);
  if (frame_type == 2) set_inner(walk, InnerKind::ip);
}

/// WCCP. Version 2 has a redirect header of four bytes before IP, version 1 has none. No field
/// tells the version, but a redirect header does not begin as an IPv4 header does.
inline void open_wccp(Walk& walk) {
  if (!need(walk, 4, Fault::gre_short)) return;
  if (walk.here()[0] >> 4 != 4) walk.at += 4;
  set_inner(walk, InnerKind::ip);
}

/// PPTP's GRE, version 1.
inline void open_pptp(Walk& walk, std::uint16_t flags) {
  const std::uint32_t length =
      8 + ((flags & kGreSequence) != 0 ? 4 : 0) + ((flags & kGreAcknowledgment) != 0 ? 4 : 0);
  if (!need(walk, length, Fault::gre_short)) return;
  const std::uint32_t payload = load16(walk.here() + 4);
  walk.at += length;
  set_payload(walk);
  if (payload == 0) return;  // only an acknowledgment
  set_inner_of_type(walk, open_ppp(walk, Fault::gre_short));
}

/// GRE of any version. Versions above 1 are not opened.
inline void open_gre(Walk& walk) {
  if (!need(walk, 4, Fault::gre_short)) return;
  const std::uint16_t flags = load16(walk.here());
  const std::uint16_t type = load16(walk.here() + 2);
  if ((flags & kGreVersion) == 1) return open_pptp(walk, flags);
  if ((flags & kGreVersion) != 0) return;
  const std::uint32_t length = 4 + ((flags & (kGreChecksum | kGreRouting)) != 0 ? 4 : 0) +
                               ((flags & kGreKey) != 0 ? 4 : 0) +
                               ((flags & kGreSequence) != 0 ? 4 : 0);
  if (!need(walk, length, Fault::gre_short)) return;
  walk.at += length;
  if ((flags & kGreRouting) != 0 && !skip_gre_routing(walk)) return;
  set_payload(walk);
  switch (type) {
    case kTypeErspan2:
      return open_erspan2(walk, (flags & kGreSequence) != 0);
    case kTypeErspan3:
      return open_erspan3(walk);
    case kTypeWccp:
      return open_wccp(walk);
    case kTypePpp:
      return set_inner_of_type(walk, open_ppp(walk, Fault::gre_short));
    default:
      return set_inner_of_type(walk, type);
  }
}

}  // namespace floodgauge::parse
