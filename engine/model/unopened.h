// What was not opened, since the start: the headers at which the parser stopped, by their numbers.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "engine/model/stop.h"

namespace floodgauge {

struct UnopenedKind {
  Stop stop;
  std::uint64_t packets = 0;
};

struct Unopened {
  static constexpr std::size_t kRows = 20;

  std::array<std::uint64_t, kStopLayers> by_layer{};  ///< packets
  std::vector<UnopenedKind> kinds;  ///< at most kRows; most packets first, then by layer and number
  std::uint64_t other = 0;          ///< packets of all kinds that are not listed
};

}  // namespace floodgauge
