// Which way the packets of an incident go, seen from the protected network.
#pragma once

#include <cstdint>

namespace floodgauge {

enum class Direction : std::uint8_t { in, out };

constexpr const char* name(Direction direction) {
  return direction == Direction::in ? "in" : "out";
}

}  // namespace floodgauge
