// Whether bytes look like the packet that a tunnel's header announces. Most UDP tunnels have little
// of a header, and the same port may be flooded or used by something else, so that the inner packet
// has to vouch for itself.
#pragma once

#include <algorithm>
#include <cstdint>

#include "engine/parse/ethertype.h"
#include "engine/parse/ipv4.h"
#include "engine/parse/ipv6.h"
#include "engine/parse/walk.h"

namespace floodgauge::parse {

/// How much is known of what precedes the inner packet.
enum class Trust : std::uint8_t {
  announced,  ///< a header names IP, or the sender and port are a tunnel's
  guessed,    ///< nothing names it: IPv4's header checksum must be right
};

/// Whether the ones' complement sum of an IPv4 header is right (RFC 1071).
inline bool has_right_checksum(const std::uint8_t* header, std::uint32_t bytes) {
  std::uint32_t sum = 0;
  for (std::uint32_t i = 0; i < bytes; i += 2) sum += load16(header + i);
  sum = (sum & 0xffff) + (sum >> 16);
  return ((sum & 0xffff) + (sum >> 16)) == 0xffff;
}

/// Whether an IP header with possible lengths begins at offset `at`. In a first fragment the inner
/// packet may go on in the next fragment.
inline bool is_plausible_ip(const Walk& walk, std::uint32_t at, Trust trust) {
  if (walk.captured < at + kIpv4Bytes) return false;
  const std::uint8_t* header = walk.data + at;
  const bool fragment = (walk.facts.flags & kFactFragment) != 0;
  const std::uint32_t room = walk.end - at;
  if (header[0] >> 4 == 4) {
    const std::uint32_t header_bytes = (header[0] & 0x0fu) * 4;
    const std::uint32_t total = load16(header + 2);
    if (header_bytes < kIpv4Bytes || total < header_bytes) return false;
    if (walk.captured < at + header_bytes || (total > room && !fragment)) return false;
    if (header[8] == 0) return false;  // a TTL of 0 is never sent
    return trust == Trust::announced || has_right_checksum(header, header_bytes);
  }
  if (header[0] >> 4 != 6 || walk.captured < at + kIpv6Bytes) return false;
  const std::uint32_t total = kIpv6Bytes + load16(header + 4);
  if (trust == Trust::guessed && total != room) return false;
  return header[7] != 0 && (total <= room || fragment);
}

/// Whether an Ethernet frame with at most two VLAN tags and such a packet begins at offset `at`.
inline bool is_plausible_ethernet(const Walk& walk, std::uint32_t at, Trust trust) {
  constexpr std::uint32_t kMostTags = 2;
  std::uint32_t type_at = at + kEthernetBytes - 2;
  for (std::uint32_t tag = 0; tag <= kMostTags; ++tag, type_at += 4) {
    if (walk.captured < type_at + 2) return false;
    const std::uint16_t type = load16(walk.data + type_at);
    if (type == kTypeIpv4 || type == kTypeIpv6) return is_plausible_ip(walk, type_at + 2, trust);
    if (type != kTypeVlan && type != kTypeServiceVlan) return false;
  }
  return false;
}

/// Marks a plausible IP packet at the current position as the inner packet. Returns whether it is.
inline bool set_plausible_ip(Walk& walk, Trust trust = Trust::announced) {
  if (!is_plausible_ip(walk, walk.at, trust)) return false;
  set_inner(walk, InnerKind::ip);
  return true;
}

/// Notes that a tunnel's header was recognised and its content is not IP.
inline void stop_in_tunnel(Walk& walk) {
  walk.facts.stop = StopLayer::tunnel;
}

}  // namespace floodgauge::parse
