// A burst after the protect stage: received, parsed, and with the protected prefixes of its
// packets.
#pragma once

#include <array>
#include <cstdint>

#include "engine/parse/parsed_burst.h"
#include "engine/port/rx_queue.h"
#include "engine/protect/prefix_table.h"

namespace floodgauge {

/// The numbers of the protected prefixes that a packet goes to and comes from.
struct PacketTarget {
  std::uint32_t in = kNoPrefix;   ///< of the destination; kNoPrefix if it is not protected
  std::uint32_t out = kNoPrefix;  ///< of the source; kNoPrefix if it is not protected
};

struct TargetedBurst : ReceivedBurst, ParsedBurst {
  // Sets of packets: bit i is packet i.
  std::uint32_t remaining =
      0;                    ///< not counted yet; the known-flow fast path removes what it counts
  std::uint32_t known = 0;  ///< remaining packets whose flow, hosts and prefixes are known
  /// Packets from one protected address to another that came from outside, so that their source may
  /// be forged, and those that leave towards outside. Only where sides are known.
  std::uint32_t from_outside = 0;
  std::uint32_t to_outside = 0;
  std::array<PacketTarget, kBurst> targets;

  bool is_known(std::uint16_t i) const { return (known >> i & 1) != 0; }
  /// The remaining packets whose addresses have to be looked up.
  std::uint32_t unknown() const { return remaining & ~known; }
  /// All packets of the burst.
  std::uint32_t all() const { return static_cast<std::uint32_t>((std::uint64_t{1} << size) - 1); }
};

}  // namespace floodgauge
