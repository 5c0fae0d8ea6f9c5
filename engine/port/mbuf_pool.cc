#include "engine/port/mbuf_pool.h"

#include <rte_mbuf.h>
#include <rte_mbuf_pool_ops.h>

#include <algorithm>
#include <string>

#include "engine/port/device_string.h"
#include "engine/port/numa_node.h"

namespace floodgauge {
namespace {

/// mbufs in each thread's cache (DPDK's per-lcore cache holds up to 1.5 times as many).
constexpr unsigned kCache = 256;
/// Ethernet header and two VLAN tags.
constexpr std::uint32_t kLinkHeader = 14 + 2 * 4;
/// Memory of an mbuf beside its data: the struct and the mempool's object header.
constexpr std::size_t kMbufOverhead = sizeof(rte_mbuf) + 64;

/// Bytes of data that an mbuf must hold: a whole frame of the largest size, if that is known.
std::uint16_t data_room(const EthdevPortOptions& options) {
  std::uint32_t frame = options.mtu == 0 ? 0 : options.mtu + kLinkHeader;
  const std::string ring_frame = device_argument(options.device, "framesz");
  if (!ring_frame.empty() && ring_frame.size() <= 5) {
    frame = std::max(frame, static_cast<std::uint32_t>(std::stoul("0" + ring_frame)));
  }
  const std::uint32_t room =
      std::max<std::uint32_t>(RTE_MBUF_DEFAULT_DATAROOM, (frame + 63) & ~63u);
  return static_cast<std::uint16_t>(std::min<std::uint32_t>(room + RTE_PKTMBUF_HEADROOM, 65535));
}

}  // namespace

std::uint32_t mbuf_count(const EthdevPortOptions& options) {
  const std::uint32_t received = std::uint32_t{options.rx_queues} * options.descriptors;
  const std::uint32_t cached = std::uint32_t{options.rx_queues} * kCache * 2;
  return received + options.forwarded_mbufs + cached + 1024;
}

std::size_t mbuf_memory(const EthdevPortOptions& options) {
  return mbuf_count(options) * (data_room(options) + kMbufOverhead);
}

/// Does what rte_pktmbuf_pool_create() does, but lets the buffers of a virtual device cross page
/// boundaries: no NIC reaches them by DMA. DPDK would otherwise keep each buffer within a page and
/// leave gaps. net_af_xdp takes the pool as one area without gaps, and the kernel would refuse to
/// send buffers at its end.
rte_mempool* make_mbuf_pool(const EthdevPortOptions& options, std::uint16_t port, int node) {
  // Without hugepages DPDK does not know NUMA nodes, so the kernel is told the preferred one.
  const PreferNode prefer(node);
  // A port that was opened again may have an earlier pool, whose name is taken.
  static unsigned made = 0;
  const std::string name = "mbufs_" + std::to_string(port) + "_" + std::to_string(made++);
  const std::uint16_t room = data_room(options);
  const unsigned flags = is_pci_device(options.device) ? 0 : RTE_MEMPOOL_F_NO_IOVA_CONTIG;
  rte_pktmbuf_pool_private layout{};
  layout.mbuf_data_room_size = room;
  rte_mempool* const pool = rte_mempool_create_empty(
      name.c_str(), mbuf_count(options), static_cast<unsigned>(sizeof(rte_mbuf)) + room, kCache,
      sizeof(layout), node < 0 ? SOCKET_ID_ANY : node, flags);
  if (pool == nullptr) return nullptr;
  rte_mempool_set_ops_byname(pool, rte_mbuf_best_mempool_ops(), nullptr);
  rte_pktmbuf_pool_init(pool, &layout);
  if (rte_mempool_populate_default(pool) > 0) {
    rte_mempool_obj_iter(pool, rte_pktmbuf_init, nullptr);
    return pool;
  }
  rte_mempool_free(pool);
  return nullptr;
}

}  // namespace floodgauge
