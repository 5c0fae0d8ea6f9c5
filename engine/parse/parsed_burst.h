// What the parse stage adds to a burst.
#pragma once

#include <array>
#include <cstdint>

#include "engine/base/burst.h"
#include "engine/parse/packet_facts.h"

namespace floodgauge {

struct ParsedBurst {
  std::uint32_t plain = 0;  ///< bit i: parse_outer() found packet i to be plain
  std::array<PacketFacts, kBurst> facts;
};

}  // namespace floodgauge
