// Computes the address hash of most frames without parsing them. Every queue of a mapped capture
// reads all packets but parses only its own; of the others it needs only the hash.
#pragma once

#include <cstdint>
#include <cstring>

#include "engine/parse/ethernet.h"
#include "engine/parse/ipv4.h"
#include "engine/parse/ipv6.h"
#include "engine/parse/parser.h"
#include "engine/parse/tunnel.h"
#include "engine/port/symmetric_rss.h"

namespace floodgauge {

/// Sets `hash` to symmetric_rss() of the outermost addresses, and returns true, for frames that
/// parse_outer() finds to be TCP or UDP and no tunnel, in Ethernet and in unfragmented IPv4 without
/// options or IPv6 without extension headers. Returns false for all other frames, and for some of
/// these.
inline bool fast_rss(const FrameView& frame, std::uint32_t& hash) {
  using namespace parse;
  constexpr std::uint32_t kPorts = 4;
  if (frame.link != LinkType::ethernet) return false;
  if (frame.captured < kEthernetBytes + kIpv4Bytes + kPorts) return false;
  const std::uint8_t* const ip = frame.data + kEthernetBytes;
  const auto word = [&](std::uint32_t at) {
    std::uint64_t value;
    std::memcpy(&value, ip + at, sizeof value);
    return value;
  };
  std::uint64_t folded;
  std::uint8_t protocol;
  const std::uint8_t* ports;
  if (load32(ip - 2) >> 8 == (std::uint32_t{kTypeIpv4} << 8 | 0x45)) {
    if ((load16(ip + 6) & 0x3fff) != 0) return false;  // a fragment
    protocol = ip[9];
    ports = ip + kIpv4Bytes;
    folded = word(12);  // both addresses, 4 bytes each
  } else {
    if (frame.captured < kEthernetBytes + kIpv6Bytes + kPorts) return false;
    if (load16(ip - 2) != kTypeIpv6 || ip[0] >> 4 != 6) return false;
    protocol = ip[6];
    ports = ip + kIpv6Bytes;
    folded = word(8) ^ word(16) ^ word(24) ^ word(32);
  }
  const bool udp = protocol == kProtocolUdp;
  if (!((protocol == kProtocolTcp) | udp)) return false;
  if (udp & is_udp_tunnel(load16(ports), load16(ports + 2))) return false;
  hash = symmetric_rss(folded);
  return true;
}

/// symmetric_rss() of any frame's outermost addresses; 0 for a frame that is not IP.
inline std::uint32_t rss_of_outer_addresses(const FrameView& frame) {
  std::uint32_t hash = 0;
  if (fast_rss(frame, hash)) return hash;
  PacketFacts facts;
  parse_outer(frame, facts);
  return symmetric_rss(facts.source, facts.destination);
}

}  // namespace floodgauge
