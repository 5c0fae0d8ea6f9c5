#include "bench/pipeline/packet_block.h"

#include <cstddef>

namespace floodgauge::bench {
namespace {

// As in DPDK's pools: an object's header, its mbuf and RTE_MBUF_DEFAULT_BUF_SIZE. It is not a power
// of two: then all headers would fall into two sets of the first-level cache.
constexpr std::size_t kStride = 64 + sizeof(rte_mbuf) + RTE_MBUF_DEFAULT_BUF_SIZE;

}  // namespace

PacketBlock::PacketBlock()
    : bytes_(std::make_unique<std::uint8_t[]>(kStride * kPackets + RTE_CACHE_LINE_SIZE)),
      mbufs_(kPackets) {
  const auto address = reinterpret_cast<std::uintptr_t>(bytes_.get());
  std::uint8_t* first = bytes_.get() + (RTE_CACHE_LINE_SIZE - address % RTE_CACHE_LINE_SIZE);
  for (std::uint32_t i = 0; i < kPackets; ++i) {
    rte_mbuf& mbuf = mbufs_[i];
    mbuf = rte_mbuf{};
    mbuf.buf_addr = first + i * kStride;
    mbuf.buf_len = RTE_MBUF_DEFAULT_BUF_SIZE;
    mbuf.nb_segs = 1;
    pointers_.push_back(&mbuf);
  }
}

void PacketBlock::fill(Traffic& traffic) {
  for (std::uint32_t i = 0; i < kPackets; ++i) {
    rte_mbuf& mbuf = mbufs_[i];
    Frame frame{static_cast<std::uint8_t*>(mbuf.buf_addr), 0};
    traffic.next(frame);
    mbuf.data_off = 0;
    mbuf.data_len = static_cast<std::uint16_t>(frame.bytes);
    mbuf.pkt_len = frame.bytes;
  }
}

std::span<rte_mbuf* const> PacketBlock::take(std::uint32_t begin, std::uint32_t count) {
  const std::span<rte_mbuf* const> taken = std::span(pointers_).subspan(begin, count);
  for (rte_mbuf* mbuf : taken) rte_mbuf_refcnt_set(mbuf, 1);
  return taken;
}

void PacketBlock::give_back(std::span<rte_mbuf* const> taken) {
  for (rte_mbuf* mbuf : taken) {
    if (rte_mbuf* free = rte_pktmbuf_prefree_seg(mbuf)) cache_[free_++ % cache_.size()] = free;
  }
}

}  // namespace floodgauge::bench
