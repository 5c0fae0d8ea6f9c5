// Opens the first header of a frame, by link type, and the tags between it and IP.
#pragma once

#include "engine/parse/capture_header.h"
#include "engine/parse/capture_link.h"
#include "engine/parse/ethernet.h"
#include "engine/parse/ieee80211.h"
#include "engine/parse/mpls.h"
#include "engine/parse/parser.h"
#include "engine/parse/ppp.h"
#include "engine/parse/tags.h"

namespace floodgauge::parse {

/// Linux "cooked" captures, LINKTYPE_LINUX_SLL and _SLL2 (tcpdump.org/linktypes). `type_offset`: of
/// the EtherType in the header.
inline std::uint16_t open_sll(Walk& walk, std::uint32_t header_bytes, std::uint32_t type_offset) {
  if (!need(walk, header_bytes, Fault::link_header_short)) return kTypeNone;
  const std::uint16_t type = load16(walk.here() + type_offset);
  walk.at += header_bytes;
  if (type == kTypeLlc) return open_llc(walk);
  return type >= kFirstType ? type : kTypeNone;
}

/// BSD loopback: the address family as the capturing host numbers it, in that host's byte order.
/// Some programs write an EtherType in its place.
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
      return family >= kFirstType ? static_cast<std::uint16_t>(family) : kTypeNone;
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

/// Opens a link header. Returns the EtherType of what follows, or kTypeNone.
inline std::uint16_t open_link_header(Walk& walk, LinkType link) {
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
    default:
      return open_capture_link(walk, link);
  }
}

/// Opens the frame's first header, and the header of a capturing program before it. Returns the
/// EtherType of what follows, or kTypeNone.
inline std::uint16_t open_link(Walk& walk, LinkType link) {
  if (link != LinkType::ethernet) link = open_capture_header(walk, link);
  const std::uint16_t type = open_link_header(walk, link);
  if (type == kTypeNone) walk.facts.stop = StopLayer::link;
  return type;
}

/// Most tags, label stacks and pseudowires before IP. Real links have two or three.
inline constexpr int kMaxTags = 8;

/// Opens a header below IP of type `type`. Returns the type of what follows, or kTypeNone.
inline std::uint16_t open_below_ip(Walk& walk, std::uint16_t type) {
  switch (type) {
    case kTypeVlan:
    case kTypeServiceVlan:
    case kTypeOldQinQ:
    case kTypeOldQinQ2:
      return open_tag(walk, 4);
    case kTypeVnTag:
    case kTypeHsr:
    case kTypeRtag:
      return open_tag(walk, 6);
    case kTypeExtenderTag:
    case kTypeTtag:
    case kTypeMetadata:
    case kTypeEdsa:
      return open_tag(walk, 8);
    case kTypeAristaTime:
      return open_arista_time(walk);
    case kTypeMacsec:
      return open_macsec(walk);
    case kTypeItag:
      return open_before_ethernet(walk, 4);
    case kTypeFabricPath:
      return open_before_ethernet(walk, 2);
    case kTypeTrill:
      return open_trill(walk);
    case kTypeNsh:
      return open_nsh(walk);
    case kTypeMpls:
    case kTypeMplsMulticast:
      return open_mpls(walk);
    case kTypePppoeSession:
      return open_pppoe(walk);
    case kTypeEthernet:
      return open_ethernet(walk);
    case kTypeJumboLlc:
      return open_llc(walk);
    default:
      return type < kFirstType ? open_8023(walk, type) : kTypeNone;
  }
}

/// Records the EtherType at which a frame without IP ends.
inline void stop_at_type(Walk& walk, std::uint16_t type) {
  walk.facts.stop = StopLayer::ethertype;
  walk.facts.source_port = type;
}

/// The number of 802.2 frames without an EtherType, for stop_at_type(). The walk is at LLC.
inline std::uint16_t type_of_8023(const Walk& walk) {
  return walk.readable() > 0 && walk.here()[0] == 0xaa ? kTypeSnap : kTypeLlc;
}

/// Opens the headers before IP, the first of which has type `type`. Returns kTypeIpv4, kTypeIpv6 or
/// kTypeNone.
inline std::uint16_t open_tags(Walk& walk, std::uint16_t type) {
  for (int tag = 0; tag <= kMaxTags; ++tag) {
    if (type == kTypeIpv4 || type == kTypeIpv6 || type == kTypeNone) return type;
    const std::uint16_t next = open_below_ip(walk, type);
    if (next == kTypeNone) stop_at_type(walk, type < kFirstType ? type_of_8023(walk) : type);
    type = next;
  }
  set_fault(walk, Fault::nesting);
  return kTypeNone;
}

}  // namespace floodgauge::parse
