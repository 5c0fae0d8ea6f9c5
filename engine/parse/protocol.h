// IANA protocol numbers that the parser knows, and the UDP ports that tunnels go to.
#pragma once

#include <cstdint>

namespace floodgauge::parse {

inline constexpr std::uint8_t kProtocolHopByHop = 0;
inline constexpr std::uint8_t kProtocolIcmp = 1;
inline constexpr std::uint8_t kProtocolIpv4 = 4;  ///< RFC 2003
inline constexpr std::uint8_t kProtocolTcp = 6;
inline constexpr std::uint8_t kProtocolUdp = 17;
inline constexpr std::uint8_t kProtocolIpv6 = 41;  ///< RFC 4213, RFC 2473
inline constexpr std::uint8_t kProtocolRouting = 43;
inline constexpr std::uint8_t kProtocolFragment = 44;
inline constexpr std::uint8_t kProtocolGre = 47;
inline constexpr std::uint8_t kProtocolEsp = 50;
inline constexpr std::uint8_t kProtocolAh = 51;
inline constexpr std::uint8_t kProtocolIcmpv6 = 58;
inline constexpr std::uint8_t kProtocolDestination = 60;
inline constexpr std::uint8_t kProtocolEtherIp = 97;  ///< RFC 3378
inline constexpr std::uint8_t kProtocolSctp = 132;
inline constexpr std::uint8_t kProtocolMobility = 135;
inline constexpr std::uint8_t kProtocolUdpLite = 136;
inline constexpr std::uint8_t kProtocolMplsInIp = 137;  ///< RFC 4023
inline constexpr std::uint8_t kProtocolHip = 139;
inline constexpr std::uint8_t kProtocolShim6 = 140;
inline constexpr std::uint8_t kProtocolEthernet = 143;  ///< RFC 8986

inline constexpr std::uint16_t kPortGtpU = 2152;
inline constexpr std::uint16_t kPortTeredo = 3544;
inline constexpr std::uint16_t kPortVxlan = 4789;
inline constexpr std::uint16_t kPortVxlanGpe = 4790;
inline constexpr std::uint16_t kPortGeneve = 6081;
inline constexpr std::uint16_t kPortOldVxlan = 8472;  ///< Linux before the number was assigned

}  // namespace floodgauge::parse
