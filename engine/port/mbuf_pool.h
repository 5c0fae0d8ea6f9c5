// The pool of packet buffers (mbufs) of one port: its size, and its creation.
#pragma once

#include <cstddef>
#include <cstdint>

#include "engine/port/ethdev_options.h"

struct rte_mempool;

namespace floodgauge {

/// Number of mbufs in the pool.
std::uint32_t mbuf_count(const EthdevPortOptions& options);

/// Memory of the pool in bytes, approximately.
std::size_t mbuf_memory(const EthdevPortOptions& options);

/// Creates the pool of port `port` (DPDK's number) on NUMA node `node` (-1: on any). Needs a
/// running EAL. Returns null when memory is short. The caller frees the pool with
/// rte_mempool_free().
rte_mempool* make_mbuf_pool(const EthdevPortOptions& options, std::uint16_t port, int node);

}  // namespace floodgauge
