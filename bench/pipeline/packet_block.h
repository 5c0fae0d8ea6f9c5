// A block of mbufs that the benchmarks fill as a NIC fills its ring: written a moment ago, lying in
// the second-level cache. No EAL, and no pool but what looks like a thread's cache of one.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include <rte_mbuf.h>

#include "bench/pipeline/traffic.h"

namespace floodgauge::bench {

class PacketBlock {
 public:
  static constexpr std::uint32_t kPackets = 1024;

  PacketBlock();

  /// Fills the block with the next packets of `traffic`.
  void fill(Traffic& traffic);

  /// `count` mbufs from `begin`, each owned by the caller once.
  std::span<rte_mbuf* const> take(std::uint32_t begin, std::uint32_t count);
  /// What rte_pktmbuf_free_bulk() does with them where they go into a thread's own cache of their
  /// pool: nothing that is shared, and nothing atomic.
  void give_back(std::span<rte_mbuf* const> taken);

 private:
  std::unique_ptr<std::uint8_t[]> bytes_;
  std::vector<rte_mbuf> mbufs_;
  std::vector<rte_mbuf*> pointers_;
  std::array<rte_mbuf*, 256> cache_{};
  std::size_t free_ = 0;
};

}  // namespace floodgauge::bench
