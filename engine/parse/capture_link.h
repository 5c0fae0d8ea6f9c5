// Opens link types that only captures have and that lead to IP directly, as capture_header.h opens
// those that lead to another link type. All are described at tcpdump.org/linktypes.html.
#pragma once

#include <cstdint>

#include "engine/parse/ethernet.h"
#include "engine/parse/link_type.h"
#include "engine/parse/ppp.h"
#include "engine/parse/walk.h"

namespace floodgauge::parse {

inline std::uint16_t open_raw_ip(Walk& walk) {
  if (!need(walk, 1, Fault::link_header_short)) return kTypeNone;
  const std::uint16_t type = type_of_nibble(walk.here()[0]);
  if (type == kTypeNone) set_fault(walk, Fault::ip_version);
  return type;
}

/// A header of `bytes` bytes before IP of either version.
inline std::uint16_t open_before_ip(Walk& walk, std::uint32_t bytes) {
  if (!need(walk, bytes, Fault::link_header_short)) return kTypeNone;
  walk.at += bytes;
  return open_raw_ip(walk);
}

/// A header of `bytes` bytes with the EtherType of what follows at `type_offset`.
inline std::uint16_t open_typed(Walk& walk, std::uint32_t bytes, std::uint32_t type_offset) {
  if (!need(walk, bytes, Fault::link_header_short)) return kTypeNone;
  const std::uint16_t type = load16(walk.here() + type_offset);
  walk.at += bytes;
  return type;
}

/// A header of `bytes` bytes before LLC.
inline std::uint16_t open_before_llc(Walk& walk, std::uint32_t bytes) {
  if (!need(walk, bytes, Fault::link_header_short)) return kTypeNone;
  walk.at += bytes;
  return open_llc(walk);
}

/// Linux's netfilter log: family, version, group, and attributes with their length and type in the
/// byte order of the capturing host, which is not told: it is taken from the first attribute. The
/// packet is an attribute, without its link header; its EtherType may be in another one.
inline std::uint16_t open_nflog(Walk& walk) {
  constexpr int kMaxAttributes = 32;
  constexpr std::uint16_t kPacketHeader = 1;
  constexpr std::uint16_t kPayload = 9;
  constexpr std::uint8_t kInet = 2;
  constexpr std::uint8_t kInet6 = 10;
  if (!need(walk, 8, Fault::link_header_short)) return kTypeNone;
  const std::uint8_t family = walk.here()[0];
  if (walk.here()[1] != 0) return kTypeNone;
  walk.at += 4;
  const auto plausible = [&](std::uint16_t length, std::uint16_t type) {
    return length >= 4 && length <= walk.end - walk.at && (type & 0x7fff) < 64;
  };
  const bool little = plausible(load16_little(walk.here()), load16_little(walk.here() + 2));
  std::uint16_t ethertype = kTypeNone;
  for (int count = 0; count < kMaxAttributes; ++count) {
    if (!need(walk, 4, Fault::link_header_short)) return kTypeNone;
    const std::uint8_t* at = walk.here();
    const std::uint32_t length = little ? load16_little(at) : load16(at);
    const std::uint16_t type = (little ? load16_little(at + 2) : load16(at + 2)) & 0x7fff;
    if (length < 4) {
      set_fault(walk, Fault::link_header_short);
      return kTypeNone;
    }
    if (type == kPayload) {
      walk.at += 4;
      narrow(walk, walk.at + length - 4);
      if (family == kInet || family == kInet6) return open_raw_ip(walk);
      return ethertype;
    }
    if (type == kPacketHeader && length >= 6 && walk.readable() >= 6) ethertype = load16(at + 4);
    walk.at += (length + 3) & ~3u;
  }
  return kTypeNone;
}

/// OpenBSD's packet filter log: the first byte is the header's length, which is padded to four.
inline std::uint16_t open_pflog(Walk& walk) {
  if (!need(walk, 4, Fault::link_header_short)) return kTypeNone;
  constexpr std::uint32_t kLeast = 48;  // of OpenBSD before 3.4
  const std::uint32_t length = (walk.here()[0] + 3u) & ~3u;
  return length < kLeast ? kTypeNone : open_before_ip(walk, length);
}

/// Token ring (IEEE 802.5): LLC follows the addresses, and routing information after them if the
/// first bit of the source address is set.
inline std::uint16_t open_token_ring(Walk& walk) {
  constexpr std::uint32_t kHeader = 14;
  if (!need(walk, kHeader, Fault::link_header_short)) return kTypeNone;
  if (walk.here()[1] >> 6 != 1) return kTypeNone;  // no LLC frame
  const bool routed = (walk.here()[8] & 0x80) != 0;
  walk.at += kHeader;
  if (routed) {
    if (!need(walk, 2, Fault::link_header_short)) return kTypeNone;
    const std::uint32_t length = walk.here()[0] & 0x1fu;
    if (!need(walk, length, Fault::link_header_short)) return kTypeNone;
    walk.at += length;
  }
  return open_llc(walk);
}

/// FDDI: frame control, the addresses, LLC.
inline std::uint16_t open_fddi(Walk& walk) {
  if (!need(walk, 13, Fault::link_header_short)) return kTypeNone;
  if ((walk.here()[0] & 0xf0) != 0x50) return kTypeNone;  // no LLC frame
  return open_before_llc(walk, 13);
}

/// ATM: LLC, or IP alone (RFC 2684).
inline std::uint16_t open_atm(Walk& walk) {
  if (!need(walk, 1, Fault::link_header_short)) return kTypeNone;
  const std::uint16_t type = type_of_nibble(walk.here()[0]);
  return type != kTypeNone ? type : open_llc(walk);
}

/// ARCNET: addresses, two more bytes in Linux's form, and the protocol. RFC 1201's header has a
/// fragment flag and a sequence number, and a longer form after the flag ff; RFC 1051's has none.
inline std::uint16_t open_arcnet(Walk& walk, std::uint32_t addresses) {
  if (!need(walk, addresses + 4, Fault::link_header_short)) return kTypeNone;
  const std::uint8_t protocol = walk.here()[addresses];
  const std::uint8_t flag = walk.here()[addresses + 1];
  constexpr std::uint8_t kIpRfc1051 = 240;
  constexpr std::uint8_t kIpRfc1201 = 212;
  constexpr std::uint8_t kException = 0xff;
  if (protocol == kIpRfc1051) {
    walk.at += addresses + 1;
    return kTypeIpv4;
  }
  if (protocol != kIpRfc1201) return kTypeNone;
  if (flag != 0 && flag != kException) return kTypeNone;  // a fragment
  const std::uint32_t header = addresses + (flag == kException ? 8 : 4);
  if (!need(walk, header, Fault::link_header_short)) return kTypeNone;
  walk.at += header;
  return kTypeIpv4;
}

/// pppd's form of PPP: the direction in place of the address.
inline std::uint16_t open_ppp_pppd(Walk& walk) {
  if (!need(walk, 2, Fault::link_header_short)) return kTypeNone;
  walk.at += walk.here()[1] == 0x03 ? 2 : 1;
  return open_ppp(walk, Fault::link_header_short);
}

/// Opens the header of such a link type. Returns the EtherType of what follows, or kTypeNone.
inline std::uint16_t open_capture_link(Walk& walk, LinkType link) {
  switch (link) {
    case LinkType::nflog:
      return open_nflog(walk);
    case LinkType::pflog:
      return open_pflog(walk);
    case LinkType::ipnet:
      return open_before_ip(walk, 24);
    case LinkType::ipsec_enc:
      return open_before_ip(walk, 12);
    case LinkType::token_ring:
      return open_token_ring(walk);
    case LinkType::fddi:
      return open_fddi(walk);
    case LinkType::arcnet_bsd:
      return open_arcnet(walk, 2);
    case LinkType::arcnet_linux:
      return open_arcnet(walk, 4);
    case LinkType::atm_rfc1483:
    case LinkType::atm_clip:
      return open_atm(walk);
    case LinkType::ip_over_fibre_channel:
      return open_before_llc(walk, 16);
    case LinkType::ip_over_firewire:
      return open_typed(walk, 18, 16);
    case LinkType::ip_over_infiniband:
      return open_typed(walk, 44, 40);
    case LinkType::dsa_broadcom:
    case LinkType::dsa_marvell:
      return open_typed(walk, 18, 16);
    case LinkType::dsa_marvell_ethertype:
      return open_typed(walk, 22, 20);
    case LinkType::ppp_ether:
      return kTypePppoeSession;
    case LinkType::ppp_pppd:
      return open_ppp_pppd(walk);
    case LinkType::mpls:
      return kTypeMpls;
    default:
      return kTypeNone;
  }
}

}  // namespace floodgauge::parse
