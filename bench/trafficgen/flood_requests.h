// Floods of complete conversations: bots complete the handshake, then send more requests than the
// target can answer.
#pragma once

#include <span>
#include <string_view>

#include "bench/trafficgen/flood.h"

namespace floodgauge::trafficgen {

struct RequestVector {
  Vector vector;
  std::string_view description;
  FloodDefaults defaults;
  /// The connection of one bot. It awaits a slot before each packet to the target.
  Process (*conversation)(Flood& flood);
};

std::span<const RequestVector> request_vectors();

}  // namespace floodgauge::trafficgen
