// Opens the IPv4 header (RFC 791).
#pragma once

#include "engine/parse/ah.h"
#include "engine/parse/walk.h"

namespace floodgauge::parse {

inline constexpr std::uint32_t kIpv4Bytes = 20;

/// The IPv4 address in network byte order at `at`, as ::ffff:a.b.c.d.
inline IpAddress mapped_v4(const std::uint8_t* at) {
  std::uint32_t quad;
  std::memcpy(&quad, at, 4);
  // The second 64-bit word is written by one store, because later stages read it by one load, and a
  // load that spans two recent stores is slow.
  const std::uint64_t words[2] = {0, std::uint64_t{quad} << 32 | 0xffff0000u};
  IpAddress address;
  std::memcpy(address.bytes.data(), words, sizeof words);
  return address;
}

/// Reads the fixed header, except for the header length. `header` has kIpv4Bytes readable bytes.
inline void read_ipv4(const std::uint8_t* header, PacketFacts& facts) {
  facts.flags |= kFactIpv4;
  ++facts.depth;
  facts.traffic_class = header[1];
  facts.ip_bytes = load16(header + 2);
  facts.ttl = header[8];
  facts.protocol = header[9];
  facts.source = mapped_v4(header + 12);
  facts.destination = mapped_v4(header + 16);
}

/// Ends the walk at the packet's total length. The length is 0 if the packet was captured before
/// the NIC segmented it (TSO): the packet then ends with the frame. A length beyond the frame is a
/// fault, but the bytes that are present are still read.
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

/// Opens the header. Returns true when a transport header of facts.protocol follows. Returns false
/// for a later fragment and after a fault. Unless the IPv4 header itself is bad or cut off, the
/// walk is then at the IP payload.
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
