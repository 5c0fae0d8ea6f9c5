// A burst as the stage "flow" knows it: what the flow table says about each packet.
#pragma once

#include <array>
#include <cstdint>

#include "engine/flow/flow_table.h"
#include "engine/protect/targeted_burst.h"

namespace floodgauge {

struct FlowBurst : TargetedBurst {
  /// Keyed hashes of the addresses and of the flow of each packet that has a target. The addresses
  /// are hashed only for packets that are not in `known`.
  std::array<std::uint64_t, kBurst> source_hashes;
  std::array<std::uint64_t, kBurst> destination_hashes;
  std::array<std::uint64_t, kBurst> flow_hashes;
  std::array<bool, kBurst> from_upper;  ///< see FlowPacket
  std::array<FlowLookup, kBurst> lookups;
};

}  // namespace floodgauge
