#include "engine/port/ethdev_queue.h"

#include <utility>

#include <rte_ethdev.h>
#include <rte_mbuf.h>
#include <rte_pause.h>

#include "engine/port/mbuf_meta.h"

namespace floodgauge {
namespace {

void add_to(std::atomic<std::uint64_t>& sum, std::uint64_t value) {
  sum.store(sum.load(std::memory_order_relaxed) + value, std::memory_order_relaxed);
}

}  // namespace

EthdevQueue::EthdevQueue(std::vector<EthdevSource> sources, const UtcClock& clock)
    : sources_(std::move(sources)),
      counters_(std::make_unique<EthdevQueueCounters[]>(sources_.size())),
      clock_(clock) {}

std::uint16_t EthdevQueue::receive(rte_mbuf** burst, std::uint16_t capacity, Nanoseconds& clock) {
  clock = clock_.now();  // before the poll: what comes later gets a later time
  for (std::size_t tried = 0; tried < sources_.size(); ++tried) {
    const std::size_t at = next_;
    next_ = at + 1 == sources_.size() ? 0 : at + 1;
    const EthdevSource& source = sources_[at];
    const std::uint16_t count = rte_eth_rx_burst(source.port, source.queue, burst, capacity);
    if (count == 0) continue;
    for (std::uint16_t i = 0; i < count; ++i) {
      mbuf_meta(burst[i]) = {.time = clock.count,
                             .wire_bytes = rte_pktmbuf_pkt_len(burst[i]),
                             .link = LinkType::ethernet,
                             .port = source.index,
                             .reserved = 0};
    }
    if (source.forwards) forward(source, counters_[at], burst, count);
    add_to(counters_[at].received, count);
    return count;
  }
  return 0;
}

void EthdevQueue::forward(const EthdevSource& source, EthdevQueueCounters& counters,
                          rte_mbuf** burst, std::uint16_t count) {
  // One reference is the driver's, which may keep it until the frame has left; the other one stays
  // with the worker. A driver that would write into a frame sees that it is shared.
  for (std::uint16_t i = 0; i < count; ++i) rte_pktmbuf_refcnt_update(burst[i], 1);
  std::uint16_t sent = 0;
  for (unsigned tries = 0; sent < count && tries < kTransmitTries; ++tries) {
    if (tries != 0) rte_pause();
    sent = static_cast<std::uint16_t>(sent +
                                      rte_eth_tx_burst(source.peer, source.peer_queue, burst + sent,
                                                       static_cast<std::uint16_t>(count - sent)));
  }
  add_to(counters.transmitted, sent);
  if (sent == count) return;
  add_to(counters.transmit_dropped, static_cast<std::uint64_t>(count - sent));
  for (std::uint16_t i = sent; i < count; ++i) rte_pktmbuf_refcnt_update(burst[i], -1);
}

}  // namespace floodgauge
