// Opens the first header of a frame, by link type, and the tags between it and IP.
#pragma once

#include "engine/parse/ethernet.h"
#include "engine/parse/ieee80211.h"
#include "engine/parse/mpls.h"
#include "engine/parse/parser.h"
#include "engine/parse/ppp.h"

namespace floodgauge::parse {

/// Linux "cooked" captures, LINKTYPE_LINUX_SLL and _SLL2 (tcpdump.org/linktypes). `type_offset`: of
/// the EtherType in the header.
inline std::uint16_t open_sll(Walk& walk, std::uint32_t header_bytes, std::uint32_t type_offset) {
  if (!need(walk, header_bytes, Fault::link_header_short)) return kTypeNone;
  const std::uint16_t type = load16(walk.here() + type_offset);
  walk.at += header_bytes;
  constexpr std::uint16_t kLinuxLlc = 0x0004;  // Linux's number for frames with LLC
  if (type == kLinuxLlc) return open_llc(walk);
  return type >= kFirstType ? type : kTypeNone;
}

/// BSD loopback: the address family as the capturing host numbers it, in that host's byte order.
inline std::uint16_t open_null(Walk& walk) {
  if (!need(walk, 4, Fault::link_header_short)) return kTypeNone;
  std::uint32_t family = load32(walk.here());
  if (family > 0xffff) family = __builtin_bswap32(family);
  walk.at += 4;
  switch (family) {
    case 2:
      return kTypeIpv4;
    case 10:  // Linux
    case 24:  // NetBSD, OpenBSD
    case 28:  // FreeBSD
    case 30:  // Darwin
      return kTypeIpv6;
    default:
      return kTypeNone;
  }
}

/// Cisco HDLC: address, control, EtherType.
inline std::uint16_t open_chdlc(Walk& walk) {
  if (!need(walk, 4, Fault::link_header_short)) return kTypeNone;
  const std::uint16_t type = load16(walk.here() + 2);
  walk.at += 4;
  return type >= kFirstType ? type : kTypeNone;
}

/// Frame relay: RFC 2427, or Cisco's form with an EtherType after the address.
inline std::uint16_t open_frame_relay(Walk& walk) {
  std::uint32_t address =
      1;  // length of the address in bytes; its last byte has the lowest bit set
  for (;; ++address) {
    if (address > 4 || !need(walk, address, Fault::link_header_short)) return kTypeNone;
    if ((walk.here()[address - 1] & 1) != 0) break;
  }
  walk.at += address;
  if (!need(walk, 2, Fault::link_header_short)) return kTypeNone;
  const std::uint8_t* header = walk.here();
  if (header[0] != 0x03) {
    const std::uint16_t type = load16(header);
    walk.at += 2;
    return type >= kFirstType ? type : kTypeNone;
  }
  const std::uint32_t pad = header[1] == 0 ? 1 : 0;
  if (!need(walk, 2 + pad, Fault::link_header_short)) return kTypeNone;
  const std::uint8_t nlpid = header[1 + pad];
  walk.at += 2 + pad;
  if (nlpid == 0xcc) return kTypeIpv4;
  if (nlpid == 0x8e) return kTypeIpv6;
  if (nlpid != 0x80 || !need(walk, 5, Fault::link_header_short)) return kTypeNone;
  if (walk.here()[0] != 0 || load16(walk.here() + 1) != 0) return kTypeNone;  // SNAP's OUI
  const std::uint16_t type = load16(walk.here() + 3);
  walk.at += 5;
  return type;
}

inline std::uint16_t open_raw_ip(Walk& walk) {
  if (!need(walk, 1, Fault::link_header_short)) return kTypeNone;
  const std::uint16_t type = type_of_nibble(walk.here()[0]);
  if (type == kTypeNone) set_fault(walk, Fault::ip_version);
  return type;
}

/// Opens the frame's first header. Returns the EtherType of what follows, or kTypeNone.
inline std::uint16_t open_link(Walk& walk, LinkType link) {
  switch (link) {
    case LinkType::ethernet:
      return open_ethernet(walk);
    case LinkType::raw_ip:
      return open_raw_ip(walk);
    case LinkType::linux_sll:
      return open_sll(walk, 16, 14);
    case LinkType::linux_sll2:
      return open_sll(walk, 20, 0);
    case LinkType::null_loopback:
      return open_null(walk);
    case LinkType::ppp:
      return open_ppp(walk, Fault::link_header_short);
    case LinkType::chdlc:
      return open_chdlc(walk);
    case LinkType::ieee80211:
      return open_ieee80211(walk, false);
    case LinkType::ieee80211_radiotap:
      return open_radiotap(walk);
    case LinkType::frame_relay:
      return open_frame_relay(walk);
    case LinkType::other:
      break;
  }
  return kTypeNone;
}

/// Most tags, label stacks and pseudowires before IP. Real links have two or three.
inline constexpr int kMaxTags = 8;

/// Opens the headers before IP, the first of which has type `type`. Returns kTypeIpv4, kTypeIpv6 or
/// kTypeNone.
inline std::uint16_t open_tags(Walk& walk, std::uint16_t type) {
  for (int tag = 0; tag <= kMaxTags; ++tag) {
    switch (type) {
      case kTypeIpv4:
      case kTypeIpv6:
      case kTypeNone:
        return type;
      case kTypeVlan:
      case kTypeServiceVlan:
      case kTypeOldQinQ:
      case kTypeOldQinQ2:
        type = open_tag(walk, 4);
        break;
      case kTypeVnTag:
        type = open_tag(walk, 6);
        break;
      case kTypeExtenderTag:
        type = open_tag(walk, 8);
        break;
      case kTypeMacsec:
        type = open_macsec(walk);
        break;
      case kTypeMpls:
      case kTypeMplsMulticast:
        type = open_mpls(walk);
        break;
      case kTypePppoeSession:
        type = open_pppoe(walk);
        break;
      case kTypeEthernet:
        type = open_ethernet(walk);
        break;
      default:
        if (type >= kFirstType) return kTypeNone;
        type = open_8023(walk, type);
    }
  }
  set_fault(walk, Fault::nesting);
  return kTypeNone;
}

}  // namespace floodgauge::parse
