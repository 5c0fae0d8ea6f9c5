// A burst on its way: what each stage leaves for the next, packet by packet. Lives on one worker.
#pragma once

#include <array>
#include <cstdint>

#include "engine/classify/vector.h"
#include "engine/count/flow_table.h"
#include "engine/parse/packet_facts.h"
#include "engine/parse/parser.h"
#include "engine/port/rx_queue.h"
#include "engine/protect/prefix_table.h"

namespace floodgauge {

/// Which protected prefix a packet goes to and comes from.
struct PacketTarget {
  std::uint32_t in = kNoPrefix;   ///< prefix of the destination, kNoPrefix when not protected
  std::uint32_t out = kNoPrefix;  ///< prefix of the source
};

struct Burst {
  std::uint16_t size = 0;
  std::array<FrameView, kBurst> frames;
  std::array<PacketFacts, kBurst> facts;
  std::array<PacketTarget, kBurst> targets;
  /// Keyed hashes of what counts of each packet with a target.
  std::array<std::uint64_t, kBurst> source_hashes;
  std::array<std::uint64_t, kBurst> destination_hashes;
  std::array<std::uint64_t, kBurst> flow_hashes;
  std::array<bool, kBurst> from_upper;  ///< see FlowPacket
  std::array<FlowSighting, kBurst> sightings;
  std::array<Vector, kBurst> vectors;
  std::array<std::uint32_t, kBurst> tags;  ///< what the payload told; see payload_tag.h
};

}  // namespace floodgauge
