// Superframes: frames that hold several packets of the wire, because a kernel or a NIC put them
// together before they were seen (GRO, LRO), or has yet to divide them (TSO, UDP GSO, BIG TCP).
//
// How many packets such a frame stands for is not in it, and is estimated from its length alone, so
// that the estimate is the same wherever the frame is read. Packets of a wire are at most
// kLongestPacket long. A TCP frame that holds whole segments of an Ethernet with jumbo frames is
// divided by them, any other by what fits into Ethernet's 1,500 bytes.
#pragma once

#include <algorithm>
#include <cstdint>

#include "engine/base/ip_protocol.h"
#include "engine/parse/packet_facts.h"

namespace floodgauge::parse {

/// Longest IP packet that is always a single one: Ethernet's 1,500 bytes, and room for the tunnels
/// and tags that access and data centre networks carry beyond them.
inline constexpr std::uint32_t kLongestPacket = 1600;

namespace superframe_detail {

inline constexpr std::uint32_t kEthernetMtu = 1500;
/// IP lengths of full jumbo frames: cloud networks have 8,896 to 9,001 bytes, and the largest that
/// usual switches carry are 9,216.
inline constexpr std::uint32_t kLeastJumbo = 8'800;
inline constexpr std::uint32_t kMostJumbo = 9'216;
/// Usual MTUs of networks with jumbo frames. A frame beyond kMostJumbo that holds whole segments of
/// one of them holds jumbo frames.
inline constexpr std::uint32_t kJumboMtus[] = {9000, 9001, 8896};
/// A TCP header whose length was cut off: it has options then, usually the timestamps' 12 bytes.
inline constexpr std::uint32_t kTcpWithTimestamps = 32;

constexpr std::uint32_t divided(std::uint32_t bytes, std::uint32_t by) {
  return bytes / by + (bytes % by != 0 ? 1 : 0);
}

}  // namespace superframe_detail

/// The packets of the wire, estimated, that an IP packet of `ip_bytes` holds, of which each has
/// `header_bytes` of its own. 1 for what is no superframe. At most 65,535.
constexpr std::uint32_t packets_in(std::uint32_t ip_bytes, std::uint32_t header_bytes) {
  using namespace superframe_detail;
  if (ip_bytes <= kLongestPacket || header_bytes >= ip_bytes) return 1;
  const std::uint32_t payload = ip_bytes - header_bytes;
  // Options are at most 40 bytes of IP and 40 of TCP; a longer header is no sender's.
  const std::uint32_t segment = kEthernetMtu - std::min(header_bytes, kEthernetMtu / 2);
  const bool whole = payload % segment == 0;
  if (!whole && ip_bytes >= kLeastJumbo) {
    if (ip_bytes <= kMostJumbo) return 1;
    for (const std::uint32_t mtu : kJumboMtus) {
      const std::uint32_t jumbo = mtu - std::min(header_bytes, kEthernetMtu / 2);
      if (payload % jumbo == 0) return divided(payload, jumbo);
    }
  }
  return std::min<std::uint32_t>(divided(payload, segment), 0xffff);
}

/// Sets facts.more_packets of an outermost IP packet of `ip_bytes`, whose header begins at offset
/// `begin`. A fragment is a packet of its own.
inline void note_superframe(PacketFacts& facts, std::uint32_t begin, std::uint32_t ip_bytes) {
  if (ip_bytes <= kLongestPacket || (facts.flags & kFactFragment) != 0) return;
  std::uint32_t headers = std::max<std::uint32_t>(facts.payload_offset, begin) - begin;
  if (facts.protocol == kProtocolTcp && facts.transport_bytes == 0) {
    headers += superframe_detail::kTcpWithTimestamps;
  }
  facts.more_packets = static_cast<std::uint16_t>(packets_in(ip_bytes, headers) - 1);
}

}  // namespace floodgauge::parse
