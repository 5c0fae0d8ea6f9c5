// A burst on its way: what each stage leaves for the next, packet by packet. Lives on one worker.
#pragma once

#include <array>
#include <bit>
#include <cstdint>

#include "engine/classify/vector.h"
#include "engine/count/flow_table.h"
#include "engine/parse/packet_facts.h"
#include "engine/port/rx_queue.h"
#include "engine/protect/prefix_table.h"

namespace floodgauge {

/// Calls visit(i) for each bit i of `bits` that is set, the lowest first.
template <typename Visit>
void for_each_bit(std::uint32_t bits, Visit&& visit) {
  for (; bits != 0; bits &= bits - 1) visit(static_cast<std::uint16_t>(std::countr_zero(bits)));
}

/// Which protected prefix a packet goes to and comes from.
struct PacketTarget {
  std::uint32_t in = kNoPrefix;   ///< prefix of the destination, kNoPrefix when not protected
  std::uint32_t out = kNoPrefix;  ///< prefix of the source
};

struct Burst : Received {
  // A bit for each packet.
  std::uint32_t plain = 0;     ///< of which parse_outer() said so
  std::uint32_t left = 0;      ///< not counted yet: what the stages after Counter::recall() work on
  std::uint32_t met = 0;       ///< of these, whose flow's hosts and prefixes are known already
  std::uint32_t doubtful = 0;  ///< of these, what PayloadStage looks into
  std::array<PacketFacts, kBurst> facts;
  std::array<PacketTarget, kBurst> targets;
  /// Keyed hashes of what counts of each packet with a target; the addresses' for those that are
  /// not met.
  std::array<std::uint64_t, kBurst> source_hashes;
  std::array<std::uint64_t, kBurst> destination_hashes;
  std::array<std::uint64_t, kBurst> flow_hashes;
  std::array<bool, kBurst> from_upper;  ///< see FlowPacket
  std::array<FlowSighting, kBurst> sightings;
  std::array<Vector, kBurst> vectors;
  std::array<std::uint32_t, kBurst> tags;  ///< what the payload told; see payload_tag.h

  static_assert(kBurst <= 32);
  bool is_met(std::uint16_t i) const { return (met >> i & 1) != 0; }
  /// Whose addresses are to be looked up.
  std::uint32_t unmet() const { return left & ~met; }
  std::uint32_t all() const { return static_cast<std::uint32_t>((std::uint64_t{1} << size) - 1); }
};

}  // namespace floodgauge
