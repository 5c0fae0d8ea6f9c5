// The header that a captured frame begins with.
#pragma once

#include <cstdint>

namespace floodgauge {

/// The values are the numbers of the tcpdump group's registry (tcpdump.org/linktypes.html; IANA's
/// registry "pcap" is its copy). Named are those that the parser opens. A frame of any other number
/// is counted and not opened.
enum class LinkType : std::uint16_t {
  null_loopback = 0,  ///< 4-byte address family, either byte order; also LOOP (108)
  ethernet = 1,
  token_ring = 6,
  arcnet_bsd = 7,
  ppp = 9,  ///< with or without the HDLC-like ff 03
  fddi = 10,
  ppp_ether = 51,  ///< begins with the PPPoE header
  atm_rfc1483 = 100,
  raw_ip = 101,  ///< IPv4 or IPv6 by the version nibble
  chdlc = 104,
  ieee80211 = 105,  ///< data frames with LLC/SNAP are opened
  atm_clip = 106,
  frame_relay = 107,
  ipsec_enc = 109,
  linux_sll = 113,  ///< 16-byte header
  pflog = 117,
  prism = 119,
  ip_over_fibre_channel = 122,
  sun_atm = 123,
  ieee80211_radiotap = 127,
  arcnet_linux = 129,
  ip_over_firewire = 138,
  docsis = 143,
  user2 = 149,  ///< Apple wrote PKTAP under this number before it had its own
  ieee80211_avs = 163,
  ppp_pppd = 166,
  juniper_ether = 178,
  juniper_ppp = 179,
  juniper_frame_relay = 180,
  juniper_chdlc = 181,
  ppi = 192,
  erf = 197,
  ppp_with_direction = 204,
  chdlc_with_direction = 205,
  frame_relay_with_direction = 206,
  mpls = 219,
  ipnet = 226,
  nflog = 239,
  netanalyzer = 240,
  netanalyzer_transparent = 241,
  ip_over_infiniband = 242,
  pktap = 258,
  epon = 259,
  ethernet_mpacket = 274,
  linux_sll2 = 276,
  dsa_broadcom = 281,
  dsa_broadcom_prepended = 282,
  dsa_marvell = 284,
  dsa_marvell_ethertype = 285,
  other = 0xffff,  ///< no number is known
};

/// The link type of a number in a capture: several numbers stand for the same header, and some
/// systems write their own DLT_ value in place of the registry's. `number` has 16 bits; larger ones
/// are LinkType::other.
constexpr LinkType link_type_of(std::uint32_t number) {
  switch (number) {
    case 108:
      return LinkType::null_loopback;  // LOOP: the same header, always big-endian
    case 11:
      return LinkType::atm_rfc1483;  // DLT_ATM_RFC1483
    case 12:                         // DLT_RAW on most systems
    case 14:                         // DLT_RAW on OpenBSD
    case 228:                        // IPV4
    case 229:                        // IPV6
      return LinkType::raw_ip;
    case 19:
      return LinkType::atm_clip;  // DLT_ATM_CLIP
    case 50:
      return LinkType::ppp;  // PPP_HDLC
    default:
      return number < 0x10000 ? static_cast<LinkType>(number) : LinkType::other;
  }
}

}  // namespace floodgauge
