// What the stages after the port are shown of mbufs.
#pragma once

#include <cstdint>
#include <span>

#include "engine/base/prefetch.h"
#include "engine/parse/parser.h"
#include "engine/port/rx_queue.h"

#include <rte_mbuf.h>

namespace floodgauge {

/// Its first segment: what is parsed lies there. Valid as long as the mbuf is held.
inline FrameView frame_of(const rte_mbuf* mbuf) {
  return {rte_pktmbuf_mtod(mbuf, const std::uint8_t*), rte_pktmbuf_data_len(mbuf),
          rte_pktmbuf_pkt_len(mbuf), LinkType::ethernet};
}

/// All but the times of a burst of mbufs, kBurst at most; asks for what will be parsed.
inline void take_frames(std::span<rte_mbuf* const> mbufs, ReceivedBurst& burst) {
  burst.size = static_cast<std::uint16_t>(mbufs.size());
  for (std::size_t i = 0; i < mbufs.size(); ++i) {
    burst.frames[i] = frame_of(mbufs[i]);
    prefetch_line(burst.frames[i].data);
  }
}

}  // namespace floodgauge
