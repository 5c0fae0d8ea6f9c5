// The IPv4 header (RFC 791).
#pragma once

#include "engine/parse/ah.h"
#include "engine/parse/walk.h"

namespace floodgauge::parse {

inline constexpr std::uint32_t kIpv4Bytes = 20;

/// An IPv4 address in network order as ::ffff:a.b.c.d.
inline IpAddress mapped_v4(const std::uint8_t* at) {
  std::uint32_t quad;
  std::memcpy(&quad, at, 4);
  // The second word in one store: later stages load it as one.
  const std::uint64_t words[2] = {0, std::uint64_t{quad} << 32 | 0xffff0000u};
  IpAddress address;
  std::memcpy(address.bytes.data(), words, sizeof words);
  return address;
}

/// All of the fixed header but its lengths. `header` has kIpv4Bytes readable bytes.
inline void read_ipv4(const std::uint8_t* header, PacketFacts& facts) {
  facts.flags |= kFactIpv4;
  ++facts.depth;
  facts.ip_bytes = load16(header + 2);
  facts.ttl = header[8];
  facts.protocol = header[9];
  facts.source = mapped_v4(header + 12);
  facts.destination = mapped_v4(header + 16);
}

/// Ends the walk where the total length says. A length of 0 is that of a packet which the NIC was
/// still to cut into segments when it was captured: then the frame's end is the packet's. A length
/// beyond the frame is a fault, but what is there is still read.
inline void limit_ipv4(Walk& walk, std::uint32_t header_bytes) {
  const std::uint32_t total = walk.facts.ip_bytes;
  if (total == 0) {
    walk.facts.ip_bytes = static_cast<std::uint16_t>(std::min(walk.end - walk.at, kMaxOffset));
    return;
  }
  if (total < header_bytes || walk.at + total > walk.end) {
    set_fault(walk, Fault::ipv4_total_length);
  }
  narrow(walk, walk.at + std::max(total, header_bytes));
}

/// Returns true when a transport header follows, of facts.protocol. The walk is moved to the IP
/// payload either way.
inline bool open_ipv4(Walk& walk) {
  if (!need(walk, kIpv4Bytes, Fault::ipv4_short)) return false;
  const std::uint8_t* header = walk.here();
  if (header[0] >> 4 != 4) {
    set_fault(walk, Fault::ip_version);
    return false;
  }
  read_ipv4(header, walk.facts);
  const std::uint32_t header_bytes = (header[0] & 0x0fu) * 4;
  if (header_bytes < kIpv4Bytes) {
    set_fault(walk, Fault::ipv4_header_length);
    return false;
  }
  limit_ipv4(walk, header_bytes);
  if (!need(walk, header_bytes, Fault::ipv4_header_length)) return false;
  walk.at += header_bytes;
  set_payload(walk);
  const std::uint16_t fragment = load16(header + 6);
  constexpr std::uint16_t kMoreFragments = 0x2000;
  constexpr std::uint16_t kOffset = 0x1fff;
  if ((fragment & (kMoreFragments | kOffset)) != 0) walk.facts.flags |= kFactFragment;
  if ((fragment & kOffset) != 0) {
    walk.facts.flags |= kFactLaterFragment;
    return false;
  }
  if (walk.facts.protocol != kProtocolAh) return true;
  const bool opened = open_ah(walk, walk.facts.protocol, Fault::ah_short);
  set_payload(walk);
  return opened;
}

}  // namespace floodgauge::parse
