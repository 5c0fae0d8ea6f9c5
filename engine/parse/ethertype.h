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
inline constexpr std::uint16_t kTypeVnTag = 0x8926;          ///< Cisco's tag of a port extender
inline constexpr std::uint16_t kTypeExtenderTag = 0x893f;    ///< IEEE 802.1BR, the standard form
inline constexpr std::uint16_t kTypeMacsec = 0x88e5;         ///< IEEE 802.1AE
inline constexpr std::uint16_t kTypeMpls = 0x8847;           ///< RFC 3032
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
