// A block of mbufs that the benchmarks fill as a NIC fills its ring: written a moment ago, lying in
// the second-level cache. No EAL, no pool: each mbuf is held once by the block itself.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include <rte_mbuf.h>

#include "bench/pipeline/traffic.h"
#include "engine/units.h"

namespace floodgauge::bench {

class PacketBlock {
 public:
  static constexpr std::uint32_t kPackets = 1024;

  PacketBlock();

  /// Fills the block with the next packets of `traffic`, `gap` apart, the first at `time`.
  void fill(Traffic& traffic, Nanoseconds time, Nanoseconds gap);

  /// `count` mbufs from `begin`, each owned by the caller once.
  std::span<rte_mbuf* const> take(std::uint32_t begin, std::uint32_t count);

 private:
  std::unique_ptr<std::uint8_t[]> bytes_;
  std::vector<rte_mbuf> mbufs_;
  std::vector<rte_mbuf*> pointers_;
};

}  // namespace floodgauge::bench
