// IANA protocol numbers: the IPv4 "protocol" field and the IPv6 "next header" field.
#pragma once

#include <cstdint>

namespace floodgauge {

inline constexpr std::uint8_t kProtocolTcp = 6, kProtocolUdp = 17, kProtocolIcmp = 1,
                              kProtocolIcmpV6 = 58, kProtocolSctp = 132, kProtocolUdpLite = 136,
                              kProtocolGre = 47, kProtocolEsp = 50;

// Headers that carry another IP packet, an Ethernet frame or MPLS.
inline constexpr std::uint8_t kProtocolIpv4 = 4;        ///< IPv4 in IP, RFC 2003
inline constexpr std::uint8_t kProtocolIpv6 = 41;       ///< IPv6 in IP, RFC 4213 and RFC 2473
inline constexpr std::uint8_t kProtocolEtherIp = 97;    ///< RFC 3378
inline constexpr std::uint8_t kProtocolPim = 103;       ///< its register messages, RFC 7761
inline constexpr std::uint8_t kProtocolL2tp = 115;      ///< L2TPv3, RFC 3931
inline constexpr std::uint8_t kProtocolNsh = 145;       ///< RFC 9491
inline constexpr std::uint8_t kProtocolMplsInIp = 137;  ///< RFC 4023
inline constexpr std::uint8_t kProtocolEthernet = 143;  ///< Ethernet in IPv6, RFC 8986

// IPv6 extension headers (RFC 8200 and the IANA registry of extension header types).
inline constexpr std::uint8_t kProtocolHopByHop = 0;
inline constexpr std::uint8_t kProtocolRouting = 43;
inline constexpr std::uint8_t kProtocolFragment = 44;
inline constexpr std::uint8_t kProtocolAh = 51;  ///< Authentication Header, RFC 4302; IPv4 too
inline constexpr std::uint8_t kProtocolNoNextHeader = 59;
inline constexpr std::uint8_t kProtocolDestination = 60;
inline constexpr std::uint8_t kProtocolMobility = 135;
inline constexpr std::uint8_t kProtocolHip = 139;
inline constexpr std::uint8_t kProtocolShim6 = 140;

}  // namespace floodgauge
