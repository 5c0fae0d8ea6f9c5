// Presents DPDK's mbufs as frames to the stages after the port.
#pragma once

#include <cstdint>
#include <span>

#include "engine/base/prefetch.h"
#include "engine/parse/parser.h"
#include "engine/port/kernel_frames.h"
#include "engine/port/rx_queue.h"

#include <rte_mbuf.h>

namespace floodgauge {

/// The mbuf's first segment, which contains all headers. Valid until the mbuf is freed.
inline FrameView frame_of(const rte_mbuf* mbuf, bool may_be_several = false) {
  return {rte_pktmbuf_mtod(mbuf, const std::uint8_t*), rte_pktmbuf_data_len(mbuf),
          rte_pktmbuf_pkt_len(mbuf), LinkType::ethernet, may_be_several};
}

/// Sets the size and the frames of `burst` from at most kBurst mbufs, and prefetches the headers.
/// Does not set the times. `origins`: by DPDK's port number, or none.
inline void take_frames(std::span<rte_mbuf* const> mbufs, ReceivedBurst& burst,
                        const KernelFrames& kernel = {},
                        std::span<const FrameOrigin> origins = {}) {
  burst.size = static_cast<std::uint16_t>(mbufs.size());
  for (std::size_t i = 0; i < mbufs.size(); ++i) {
    burst.frames[i] = frame_of(mbufs[i], kernel.may_be_several);
    prefetch_line(burst.frames[i].data);
  }
  for (std::size_t i = 0; i < mbufs.size() && !origins.empty(); ++i) {
    const std::uint16_t port = mbufs[i]->port;
    if (port < origins.size()) burst.frames[i].origin = origins[port];
  }
  if (kernel.cut_from == 0) return;
  for (std::size_t i = 0; i < mbufs.size(); ++i) {
    if (burst.frames[i].captured >= kernel.cut_from) restore_length(burst.frames[i]);
  }
}

}  // namespace floodgauge
