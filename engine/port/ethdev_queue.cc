#include "engine/port/ethdev_queue.h"

#include <algorithm>
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

std::vector<WakeSource> wake_sources(const std::vector<EthdevSource>& sources) {
  std::vector<WakeSource> all;
  all.reserve(sources.size());
  for (const EthdevSource& source : sources) all.push_back(source.wake);
  return all;
}

}  // namespace

EthdevQueue::EthdevQueue(std::vector<EthdevSource> sources, const EthdevSpread& spread,
                         const UtcClock& clock)
    : sources_(std::move(sources)),
      spread_(spread),
      counters_(std::make_unique<EthdevQueueCounters[]>(sources_.size())),
      clock_(clock),
      told_(clock.now()),
      taken_until_(sources_.size(), told_),
      idle_(wake_sources(sources_), spread.rss, spread.worker) {
  for (const EthdevSource& source : sources_) {
    if (source.clock == nullptr) continue;
    stamp_ = stamp_field();
    stamped_ = true;
  }
}

std::uint16_t EthdevQueue::receive(rte_mbuf** burst, std::uint16_t capacity, Nanoseconds& clock) {
  const Nanoseconds now = clock_.now();  // before the poll: what comes later gets a later time
  const std::size_t places = sources_.size() + (spread_.rss != nullptr ? 1 : 0);
  std::uint16_t count = 0;
  for (std::size_t tried = 0; tried < places && count == 0; ++tried) {
    const std::size_t at = next_;
    next_ = at + 1 == places ? 0 : at + 1;
    if (at < sources_.size()) {
      count = poll(at, burst, capacity, now);
    } else {
      count = spread_.rss->take(spread_.worker, burst, capacity);
      // Its time is when it came to its worker: times of one queue never go back.
      for (std::uint16_t i = 0; i < count; ++i) mbuf_meta(burst[i]).time = now.count;
    }
  }
  clock = stamped_ ? all_taken_until(now) : now;
  if (count != 0) told_ = std::max(clock, Nanoseconds{mbuf_meta(burst[count - 1]).time});
  return count;
}

/// Before it, no packet will come any more: of a source that stamps, what waits may be as old as
/// what came last.
Nanoseconds EthdevQueue::all_taken_until(Nanoseconds now) {
  Nanoseconds until = now;
  for (std::size_t at = 0; at < sources_.size(); ++at) {
    if (sources_[at].clock != nullptr) until = std::min(until, taken_until_[at]);
  }
  told_ = std::max(told_, until);
  return told_;
}

/// The device's time of each packet, held to what is known without it: it came before `now`, which
/// is after the poll, not longer ago than anything waits, and in order.
void EthdevQueue::take_stamps(const DeviceClock& clock, rte_mbuf** burst, std::uint16_t count,
                              Nanoseconds now) {
  Nanoseconds earliest = std::max(told_, now - kMostWait);
  for (std::uint16_t i = 0; i < count; ++i) {
    std::optional<Nanoseconds> time;
    if ((burst[i]->ol_flags & stamp_.flag) != 0) {
      time =
          clock.time_of(*RTE_MBUF_DYNFIELD(burst[i], stamp_.offset, const rte_mbuf_timestamp_t*));
    }
    earliest = std::clamp(time.value_or(now), earliest, now);
    mbuf_meta(burst[i]).time = earliest.count;
  }
}

/// One source: what is this worker's own of it.
std::uint16_t EthdevQueue::poll(std::size_t at, rte_mbuf** burst, std::uint16_t capacity,
                                Nanoseconds clock) {
  const EthdevSource& source = sources_[at];
  EthdevQueueCounters& counters = counters_[at];
  const std::uint16_t count = rte_eth_rx_burst(source.port, source.queue, burst, capacity);
  taken_until_[at] = clock;
  if (count == 0) return 0;
  for (std::uint16_t i = 0; i < count; ++i) {
    mbuf_meta(burst[i]) = {.time = clock.count,
                           .wire_bytes = rte_pktmbuf_pkt_len(burst[i]),
                           .link = LinkType::ethernet,
                           .port = source.index,
                           .reserved = 0};
  }
  if (source.clock != nullptr) {
    // A worker that was stopped within the poll takes packets that came after `clock`.
    take_stamps(*source.clock, burst, count, clock_.now());
    taken_until_[at] = {mbuf_meta(burst[count - 1]).time};
  }
  if (source.forwards) forward(source, counters, burst, count);
  add_to(counters.received, count);
  if (spread_.rss == nullptr) return count;
  std::uint64_t lost = 0;
  const std::uint16_t own =
      spread_.rss->spread(spread_.worker, burst, count, source.nic_hash, lost);
  if (lost != 0) add_to(counters.handover_lost, lost);
  return own;
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
