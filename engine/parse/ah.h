// Opens the IP Authentication Header (RFC 4302) of IPv4 and IPv6. It does not encrypt, so what
// follows it can be read.
#pragma once

#include "engine/base/ip_protocol.h"
#include "engine/parse/walk.h"

namespace floodgauge::parse {

/// Moves past the header and sets `protocol` to that of the header after it. Returns false when the
/// header is cut off, with `fault` if the packet itself ended within it.
inline bool open_ah(Walk& walk, std::uint8_t& protocol, Fault fault) {
  if (!need(walk, 2, fault)) return false;
  const std::uint8_t next = walk.here()[0];
  const std::uint32_t length = (walk.here()[1] + 2u) * 4;
  if (!need(walk, length, fault)) return false;
  walk.at += length;
  protocol = next;
  return true;
}

}  // namespace floodgauge::parse
