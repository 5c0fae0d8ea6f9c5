// Opens UDP (RFC 768) and UDP-Lite (RFC 3828).
#pragma once

#include "engine/parse/tcp.h"
#include "engine/parse/walk.h"

namespace floodgauge::parse {

inline constexpr std::uint32_t kUdpBytes = 8;

/// Opens the header. Returns true when the payload may be a tunnel's, false when the header is cut
/// off.
inline bool open_udp(Walk& walk) {
  if (!read_ports(walk, Fault::udp_short) || !need(walk, kUdpBytes, Fault::udp_short)) return false;
  const std::uint32_t length = load16(walk.here() + 4);
  // The length is 0 in a jumbogram (RFC 2675) and in a packet that the NIC has not segmented yet.
  // In a first fragment it is that of the whole datagram.
  if (length != 0) {
    const bool fragment = (walk.facts.flags & kFactFragment) != 0;
    if (length < kUdpBytes || (walk.at + length > walk.end && !fragment)) {
      set_fault(walk, Fault::udp_length);
    }
    narrow(walk, walk.at + std::max(length, kUdpBytes));
  }
  walk.facts.transport_bytes = kUdpBytes;
  walk.at += kUdpBytes;
  set_payload(walk);
  return true;
}

/// UDP-Lite: in place of the length is the number of bytes that the checksum covers; 0 means all.
inline void open_udp_lite(Walk& walk) {
  if (!read_ports(walk, Fault::udp_short) || !need(walk, kUdpBytes, Fault::udp_short)) return;
  const std::uint32_t coverage = load16(walk.here() + 4);
  const bool fragment = (walk.facts.flags & kFactFragment) != 0;
  if (coverage != 0 && (coverage < kUdpBytes || (walk.at + coverage > walk.end && !fragment))) {
    set_fault(walk, Fault::udp_length);
  }
  walk.at += kUdpBytes;
  set_payload(walk);
}

}  // namespace floodgauge::parse
