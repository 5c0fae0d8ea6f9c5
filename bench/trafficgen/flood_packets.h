// The floods that are single packets: each vector's packet in a function of its own.
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

/// Runs a flood of single packets to its end.
Process run_packets(Flood& flood, const PacketVector& vector);

}  // namespace floodgauge::trafficgen
