// IANA protocol numbers of the IP header.
#pragma once

#include <cstdint>

namespace floodgauge {

inline constexpr std::uint8_t kProtocolTcp = 6, kProtocolUdp = 17, kProtocolIcmp = 1,
                              kProtocolIcmpV6 = 58, kProtocolSctp = 132, kProtocolUdpLite = 136,
                              kProtocolGre = 47, kProtocolEsp = 50;

}  // namespace floodgauge
