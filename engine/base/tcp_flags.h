// Flag bits of the TCP header (RFC 9293, section 3.1).
#pragma once

#include <cstdint>

namespace floodgauge {

inline constexpr std::uint8_t kTcpFin = 1, kTcpSyn = 2, kTcpRst = 4, kTcpPsh = 8, kTcpAck = 16,
                              kTcpUrg = 32;

}  // namespace floodgauge
