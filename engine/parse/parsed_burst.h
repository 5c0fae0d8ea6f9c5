// What the stage "parse" adds to a burst.
#pragma once

#include <array>
#include <cstdint>

#include "engine/base/burst.h"
#include "engine/parse/packet_facts.h"

namespace floodgauge {

struct ParsedBurst {
  std::uint32_t plain = 0;  ///< one bit for each packet that parse_outer() found to be plain
  std::array<PacketFacts, kBurst> facts;
};

}  // namespace floodgauge
