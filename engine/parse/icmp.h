// Opens ICMP (RFC 792, RFC 950) and ICMPv6 (RFC 4443).
#pragma once

#include "engine/parse/walk.h"

namespace floodgauge::parse {

/// Whether ICMP messages of this type have an identifier: echo, timestamp, information, address
/// mask and extended echo (RFC 8335).
inline bool icmp_has_identifier(std::uint8_t type) {
  constexpr std::uint64_t kTypes = 1ull << 0 | 1ull << 8 | 0x3full << 13 | 3ull << 42;
  return type < 64 && (kTypes >> type & 1) != 0;
}

/// Whether ICMPv6 messages of this type have an identifier: echo and extended echo (RFC 8335).
inline bool icmpv6_has_identifier(std::uint8_t type) {
  return type == 128 || type == 129 || type == 160 || type == 161;
}

/// Stores type and code as the source port, and the identifier as the destination port. `minimum`:
/// shortest valid message in bytes; 8 for ICMP, 4 for ICMPv6.
inline void open_icmp(Walk& walk, std::uint32_t minimum, bool (*has_identifier)(std::uint8_t)) {
  if (!need(walk, 4, Fault::icmp_short)) return;
  walk.facts.source_port = load16(walk.here());
  begin_transport(walk);
  if (has_identifier(walk.here()[0])) {
    if (!need(walk, 8, Fault::icmp_short)) return;
    walk.facts.destination_port = load16(walk.here() + 4);
  }
  if (!need(walk, minimum, Fault::icmp_short)) return;
  walk.at += std::min(8u, walk.end - walk.at);
  set_payload(walk);
}

}  // namespace floodgauge::parse
