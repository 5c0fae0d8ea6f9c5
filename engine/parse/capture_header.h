// Opens the headers that capturing programs and cards put before a packet, and the link types that
// only captures have. All are described at tcpdump.org/linktypes.html unless another source is
// given.
#pragma once

#include <algorithm>
#include <cstdint>

#include "engine/parse/ethernet.h"
#include "engine/parse/link_type.h"
#include "engine/parse/walk.h"

namespace floodgauge::parse {

inline std::uint32_t load32_little(const std::uint8_t* at) {
  return __builtin_bswap32(load32(at));
}

/// Moves past a header of `bytes` bytes, after which a header of type `next` follows.
inline LinkType skip_to(Walk& walk, std::uint32_t bytes, LinkType next) {
  if (!need(walk, bytes, Fault::link_header_short)) return LinkType::other;
  walk.at += bytes;
  return next;
}

/// Apple's PKTAP, little-endian: its length, the record's type (1: a packet), the link type.
/// Before Apple had a number of its own it wrote USER2, which others use too: then the header must
/// have one of Apple's lengths.
inline LinkType open_pktap(Walk& walk, bool own_number) {
  constexpr std::uint32_t kLeast = 12;
  constexpr std::uint32_t kAppleLeast = 108;
  constexpr std::uint32_t kMost = 512;
  constexpr std::uint32_t kPacket = 1;
  if (walk.readable() < kLeast) return LinkType::other;
  const std::uint32_t length = load32_little(walk.here());
  const std::uint32_t least = own_number ? kLeast : kAppleLeast;
  if (length < least || length > kMost) return LinkType::other;
  if (load32_little(walk.here() + 4) != kPacket) return LinkType::other;
  return skip_to(walk, length, link_type_of(load32_little(walk.here() + 8)));
}

/// Per-packet information (PPI), little-endian: version 0, its length, the link type.
inline LinkType open_ppi(Walk& walk) {
  constexpr std::uint32_t kLeast = 8;
  if (!need(walk, kLeast, Fault::link_header_short)) return LinkType::other;
  const std::uint32_t length = load16_little(walk.here() + 2);
  if (walk.here()[0] != 0 || length < kLeast) return LinkType::other;
  return skip_to(walk, length, link_type_of(load32_little(walk.here() + 4)));
}

/// HDLC without a hint: PPP begins with the address ff, Cisco's form with 0f or 8f.
inline LinkType hdlc_of(const Walk& walk) {
  return walk.readable() > 0 && walk.here()[0] == 0xff ? LinkType::ppp : LinkType::chdlc;
}

/// Endace's extensible record format: a header of 16 bytes, extension headers of 8 bytes while the
/// highest bit of the type is set, and what the type says (ERF types, Endace; libpcap's erf
/// reader).
inline LinkType open_erf(Walk& walk) {
  constexpr std::uint32_t kHeader = 16;
  constexpr int kMaxExtensions = 16;
  if (!need(walk, kHeader, Fault::link_header_short)) return LinkType::other;
  const std::uint8_t* header = walk.here();
  const std::uint32_t record = load16(header + 10);
  bool more = (header[8] & 0x80) != 0;
  const std::uint8_t type = header[8] & 0x7f;
  if (record >= kHeader) narrow(walk, walk.at + record);
  walk.at += kHeader;
  for (int count = 0; more; ++count) {
    if (count == kMaxExtensions || !need(walk, 8, Fault::link_header_short)) {
      return LinkType::other;
    }
    more = (walk.here()[0] & 0x80) != 0;
    walk.at += 8;
  }
  switch (type) {
    case 2:   // ETH
    case 11:  // COLOR_ETH
    case 16:  // DSM_COLOR_ETH
    case 20:  // COLOR_HASH_ETH
      return skip_to(walk, 2, LinkType::ethernet);
    case 1:   // HDLC_POS
    case 10:  // COLOR_HDLC_POS
    case 15:  // DSM_COLOR_HDLC_POS
    case 19:  // COLOR_HASH_POS
      return hdlc_of(walk);
    case 5:   // MC_HDLC
    case 17:  // COLOR_MC_HDLC_POS
      if (!need(walk, 4, Fault::link_header_short)) return LinkType::other;
      walk.at += 4;
      return hdlc_of(walk);
    case 4:  // AAL5: four bytes of the cell's header
      return skip_to(walk, 4, LinkType::atm_rfc1483);
    case 22:  // IPV4
    case 23:  // IPV6
      return LinkType::raw_ip;
    default:
      return LinkType::other;
  }
}

/// Wireless cards' own headers before 802.11: Prism's of 144 bytes, or AVS's, which gives its
/// length and may stand under Prism's number.
inline LinkType open_wlan_card(Walk& walk) {
  constexpr std::uint32_t kAvs = 0x80211000;
  if (!need(walk, 8, Fault::link_header_short)) return LinkType::other;
  const bool avs = (load32(walk.here()) & 0xfffff000) == kAvs;
  return skip_to(walk, avs ? load32(walk.here() + 4) & 0xffff : 144, LinkType::ieee80211);
}

/// Juniper's header: magic, flags, and extensions with their length if the highest flag is set.
/// Where the second flag says that there is no link header, a protocol of four bytes precedes IP.
inline LinkType open_juniper(Walk& walk, LinkType next) {
  constexpr std::uint32_t kMagic = 0x4d4743;
  constexpr std::uint8_t kExtensions = 0x80;
  constexpr std::uint8_t kNoLink = 0x02;
  if (!need(walk, 4, Fault::link_header_short)) return LinkType::other;
  if (load32(walk.here()) >> 8 != kMagic) return LinkType::other;
  const std::uint8_t flags = walk.here()[3];
  walk.at += 4;
  if ((flags & kExtensions) != 0) {
    if (!need(walk, 2, Fault::link_header_short)) return LinkType::other;
    if (skip_to(walk, 2u + load16(walk.here()), next) != next) return LinkType::other;
  }
  return (flags & kNoLink) != 0 ? skip_to(walk, 4, LinkType::raw_ip) : next;
}

/// DOCSIS: frames of type 0 hold an Ethernet frame after the header check, and after an extended
/// header whose length the second byte gives (DOCSIS MAC specification, section 6.2).
inline LinkType open_docsis(Walk& walk) {
  if (!need(walk, 6, Fault::link_header_short)) return LinkType::other;
  const std::uint8_t control = walk.here()[0];
  if (control >> 6 != 0) return LinkType::other;
  const std::uint32_t extended = (control & 1) != 0 ? walk.here()[1] : 0;
  return skip_to(walk, 6 + extended, LinkType::ethernet);
}

/// Cable captures of ATM: four bytes; 1 LAN emulation, 2 LLC.
inline LinkType open_sun_atm(Walk& walk) {
  if (!need(walk, 4, Fault::link_header_short)) return LinkType::other;
  const std::uint8_t kind = walk.here()[0] & 0x0f;
  if (kind == 1) return skip_to(walk, 6, LinkType::ethernet);
  return kind == 2 ? skip_to(walk, 4, LinkType::atm_rfc1483) : LinkType::other;
}

/// A preamble of eight bytes, the last of which begins a whole frame (IEEE 802.3br).
inline LinkType open_mpacket(Walk& walk) {
  constexpr std::uint8_t kStartOfFrame = 0xd5;
  if (!need(walk, 8, Fault::link_header_short)) return LinkType::other;
  if (walk.here()[7] != kStartOfFrame) return LinkType::other;
  return skip_to(walk, 8, LinkType::ethernet);
}

/// Opens a header that only says which header follows. Returns the link type of that one: `link`
/// itself if it is no such header, and LinkType::other if what follows is not known.
inline LinkType open_capture_header(Walk& walk, LinkType link) {
  switch (link) {
    case LinkType::pktap:
      return open_pktap(walk, true);
    case LinkType::user2:
      return open_pktap(walk, false);
    case LinkType::ppi:
      return open_ppi(walk);
    case LinkType::erf:
      return open_erf(walk);
    case LinkType::prism:
    case LinkType::ieee80211_avs:
      return open_wlan_card(walk);
    case LinkType::ppp_with_direction:
      return skip_to(walk, 1, LinkType::ppp);
    case LinkType::chdlc_with_direction:
      return skip_to(walk, 1, LinkType::chdlc);
    case LinkType::frame_relay_with_direction:
      return skip_to(walk, 1, LinkType::frame_relay);
    case LinkType::juniper_ether:
      return open_juniper(walk, LinkType::ethernet);
    case LinkType::juniper_ppp:
      return open_juniper(walk, LinkType::ppp);
    case LinkType::juniper_frame_relay:
      return open_juniper(walk, LinkType::frame_relay);
    case LinkType::juniper_chdlc:
      return open_juniper(walk, LinkType::chdlc);
    case LinkType::docsis:
      return open_docsis(walk);
    case LinkType::sun_atm:
      return open_sun_atm(walk);
    case LinkType::netanalyzer:
      return skip_to(walk, 4, LinkType::ethernet);
    case LinkType::netanalyzer_transparent:
      return skip_to(walk, 12, LinkType::ethernet);
    case LinkType::epon:
      return skip_to(walk, 8, LinkType::ethernet);
    case LinkType::ethernet_mpacket:
      return open_mpacket(walk);
    case LinkType::dsa_broadcom_prepended:
      return skip_to(walk, 4, LinkType::ethernet);
    default:
      return link;
  }
}

}  // namespace floodgauge::parse
