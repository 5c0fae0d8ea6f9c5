// What a frame counts as.
#pragma once

#include "engine/base/units.h"
#include "engine/parse/packet_facts.h"

namespace floodgauge {

/// One packet, or as many as a superframe holds, and the frame's bytes.
inline Volume volume_of(const PacketFacts& facts) {
  return {1u + facts.more_packets, facts.wire_bytes};
}

}  // namespace floodgauge
