// A burst after the stage "flow": what the flow table tells about each packet.
#pragma once

#include <array>
#include <cstdint>

#include "engine/flow/flow_lookup.h"
#include "engine/protect/targeted_burst.h"

namespace floodgauge {

struct FlowBurst : TargetedBurst {
  /// Keyed hashes of each packet's addresses and flow. Valid for packets that have a target; the
  /// address hashes only for those that are not in `known`, and for what a later stage hashed.
  std::array<std::uint64_t, kBurst> source_hashes;
  std::array<std::uint64_t, kBurst> destination_hashes;
  std::array<std::uint64_t, kBurst> flow_hashes{};
  std::array<bool, kBurst> from_upper;  ///< as in FlowPacket
  /// Packets that hold HTTP requests, one bit each, and how many after the first.
  std::uint32_t http_requests = 0;
  std::array<std::uint16_t, kBurst> extra_requests;
  std::array<FlowLookup, kBurst> lookups;
};

}  // namespace floodgauge
