// Presents DPDK's mbufs as frames to the stages after the port.
#pragma once

#include <cstdint>
#include <span>

#include "engine/base/prefetch.h"
#include "engine/parse/parser.h"
#include "engine/port/rx_queue.h"

#include <rte_mbuf.h>

namespace floodgauge {

/// The mbuf's first segment, which contains all headers. Valid until the mbuf is freed.
inline FrameView frame_of(const rte_mbuf* mbuf) {
  return {rte_pktmbuf_mtod(mbuf, const std::uint8_t*), rte_pktmbuf_data_len(mbuf),
          rte_pktmbuf_pkt_len(mbuf), LinkType::ethernet};
}

/// Sets the size and the frames of `burst` from at most kBurst mbufs, and prefetches the headers.
/// Does not set the times.
inline void take_frames(std::span<rte_mbuf* const> mbufs, ReceivedBurst& burst) {
  burst.size = static_cast<std::uint16_t>(mbufs.size());
  for (std::size_t i = 0; i < mbufs.size(); ++i) {
    burst.frames[i] = frame_of(mbufs[i]);
    prefetch_line(burst.frames[i].data);
  }
}

}  // namespace floodgauge
