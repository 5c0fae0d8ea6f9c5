// A burst after the stage "classify": the vector of each packet, and the tag of its payload.
#pragma once

#include <array>
#include <cstdint>

#include "engine/flow/flow_burst.h"
#include "engine/model/vector.h"

namespace floodgauge {

struct ClassifiedBurst : FlowBurst {
  std::uint32_t initials = 0;  ///< remaining QUIC Initials from clients, one bit each
  std::uint32_t doubtful = 0;  ///< remaining packets that PayloadStage looks into, one bit each
  std::array<Vector, kBurst> vectors;
  std::array<std::uint32_t, kBurst> tags;  ///< of the payloads; see payload_tag.h
};

}  // namespace floodgauge
