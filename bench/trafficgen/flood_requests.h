// Floods of complete conversations: bots that finish the handshake and then ask for more than the
// target can give.
#pragma once

#include <span>
#include <string_view>

#include "bench/trafficgen/flood.h"

namespace floodgauge::trafficgen {

struct RequestVector {
  Vector vector;
  std::string_view description;
  FloodDefaults defaults;
  /// One bot's connection; awaits a slot before each packet towards the target.
  Process (*conversation)(Flood& flood);
};

std::span<const RequestVector> request_vectors();

}  // namespace floodgauge::trafficgen
