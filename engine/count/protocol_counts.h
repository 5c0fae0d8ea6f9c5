// Counts packets by protocol, in ParseCounts.
#pragma once

#include <bit>
#include <cstdint>

#include "engine/count/unopened_counts.h"
#include "engine/model/parse_counts.h"
#include "engine/parse/packet_facts.h"
#include "engine/parse/parser.h"

namespace floodgauge {

/// Counts a packet by its outermost IP header and by the first known transport protocol from there
/// inwards, as other tools do.
/// A packet with a header that the parser does not open is also counted in `unopened`.
void count_protocols(ParseCounts& counts, UnopenedCounts& unopened, const FrameView& frame,
                     const PacketFacts& facts);

/// Counts plain packets (see parse_outer()): each set bit is one packet.
inline void count_plain(ParseCounts& counts, std::uint32_t tcp_packets, std::uint32_t udp_packets) {
  const auto tcp = static_cast<unsigned>(std::popcount(tcp_packets));
  const auto udp = static_cast<unsigned>(std::popcount(udp_packets));
  counts.tcp += tcp;
  counts.udp += udp;
  counts.ipv4 += tcp + udp;
}

}  // namespace floodgauge
