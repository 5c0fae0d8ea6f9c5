// A block of mbufs that the benchmarks fill as a NIC fills its ring: their frames were written a
// moment ago and lie in the second-level cache. There is no EAL and no mbuf pool, only the like of
// a thread's cache of a pool.
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

  /// `count` mbufs from index `begin` on, with a reference count of 1.
  std::span<rte_mbuf* const> take(std::uint32_t begin, std::uint32_t count);
  /// Does what rte_pktmbuf_free_bulk() does when mbufs go into the thread's own cache of their
  /// pool: it touches nothing that is shared, and has no atomic operations.
  void give_back(std::span<rte_mbuf* const> taken);

 private:
  std::unique_ptr<std::uint8_t[]> bytes_;
  std::vector<rte_mbuf> mbufs_;
  std::vector<rte_mbuf*> pointers_;
  std::array<rte_mbuf*, 256> cache_{};
  std::size_t free_ = 0;
};

}  // namespace floodgauge::bench
