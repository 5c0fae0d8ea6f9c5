// EtherTypes (IEEE) of the headers that the parser opens below IP. Headers with their own numbers
// for what follows (PPP, NLPID, LLC) are translated to these.
#pragma once

#include <cstdint>

namespace floodgauge::parse {

inline constexpr std::uint16_t kTypeIpv4 = 0x0800;
inline constexpr std::uint16_t kTypeIpv6 = 0x86dd;
inline constexpr std::uint16_t kTypeVlan = 0x8100;         ///< IEEE 802.1Q
inline constexpr std::uint16_t kTypeServiceVlan = 0x88a8;  ///< IEEE 802.1ad
inline constexpr std::uint16_t kTypeOldQinQ = 0x9100;
inline constexpr std::uint16_t kTypeOldQinQ2 = 0x9200;
inline constexpr std::uint16_t kTypeVnTag = 0x8926;        ///< Cisco's tag of a port extender
inline constexpr std::uint16_t kTypeExtenderTag = 0x893f;  ///< IEEE 802.1BR, the standard form
inline constexpr std::uint16_t kTypeMacsec = 0x88e5;       ///< IEEE 802.1AE
inline constexpr std::uint16_t kTypeItag = 0x88e7;         ///< IEEE 802.1ah, provider backbones
inline constexpr std::uint16_t kTypeFabricPath = 0x8903;   ///< Cisco
inline constexpr std::uint16_t kTypeMetadata = 0x8909;     ///< Cisco metadata (CMD), TrustSec
inline constexpr std::uint16_t kTypeTtag = 0x8988;         ///< Cisco's timestamp
inline constexpr std::uint16_t kTypeAristaTime = 0xd28b;   ///< Arista's timestamp
inline constexpr std::uint16_t kTypeTrill = 0x22f3;        ///< RFC 6325
inline constexpr std::uint16_t kTypeNsh = 0x894f;          ///< RFC 8300
inline constexpr std::uint16_t kTypeHsr = 0x892f;          ///< IEC 62439-3; PRP has only a trailer
inline constexpr std::uint16_t kTypeRtag = 0xf1c1;         ///< IEEE 802.1CB
inline constexpr std::uint16_t kTypeEdsa = 0xdada;         ///< Marvell, linux/net/dsa/tag_dsa.c
inline constexpr std::uint16_t kTypeJumboLlc = 0x8870;     ///< draft-ietf-isis-ext-eth
inline constexpr std::uint16_t kTypeMpls = 0x8847;         ///< RFC 3032
inline constexpr std::uint16_t kTypeMplsMulticast = 0x8848;  ///< RFC 5332
inline constexpr std::uint16_t kTypePppoeSession = 0x8864;   ///< RFC 2516
inline constexpr std::uint16_t kTypeEthernet = 0x6558;       ///< Transparent Ethernet Bridging
inline constexpr std::uint16_t kTypePpp = 0x880b;
inline constexpr std::uint16_t kTypeWccp = 0x883e;     ///< draft-wilson-wrec-wccp-v2
inline constexpr std::uint16_t kTypeErspan2 = 0x88be;  ///< ERSPAN type I and II
inline constexpr std::uint16_t kTypeErspan3 = 0x22eb;

/// A value below this is not a type but an IEEE 802.3 length, and LLC follows.
inline constexpr std::uint16_t kFirstType = 0x0600;
inline constexpr std::uint16_t kMaxLength8023 = 1500;

/// Linux's numbers for 802.2 without an EtherType (linux/if_ether.h).
inline constexpr std::uint16_t kTypeLlc = 0x0004;
inline constexpr std::uint16_t kTypeSnap = 0x0005;

/// No header follows, or none that the parser opens. RFC 1701 reserves the value, so it does not
/// occur on the wire.
inline constexpr std::uint16_t kTypeNone = 0xffff;

/// kTypeIpv4 or kTypeIpv6 by the version in the first four bits, else kTypeNone.
inline std::uint16_t type_of_nibble(std::uint8_t first_byte) {
  switch (first_byte >> 4) {
    case 4:
      return kTypeIpv4;
    case 6:
      return kTypeIpv6;
    default:
      return kTypeNone;
  }
}

}  // namespace floodgauge::parse
