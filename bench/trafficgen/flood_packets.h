// Floods of single packets: one function builds the packets of one vector.
#pragma once

#include <span>

#include "bench/trafficgen/flood.h"

namespace floodgauge::trafficgen {

/// Fills world.frame with one packet of the flood.
using PacketBuilder = void (*)(Flood& flood, const Endpoint& from, const Endpoint& to);

struct PacketVector {
  Vector vector;
  std::string_view description;
  FloodDefaults defaults;
  PacketBuilder build;
  PacketBuilder reply;  ///< what the target sends back, or null; `from` is the target
};

std::span<const PacketVector> packet_vectors();

/// Sends the packets of the flood until its end.
Process run_packets(Flood& flood, const PacketVector& vector);

}  // namespace floodgauge::trafficgen
