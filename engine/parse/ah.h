// The IP Authentication Header (RFC 4302), opened for both versions: what it covers stays readable.
#pragma once

#include "engine/parse/protocol.h"
#include "engine/parse/walk.h"

namespace floodgauge::parse {

/// Moves past the header and sets `protocol` to the one after it. False when it is cut.
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
