#include "engine/port/ethdev_queue.h"

#include <algorithm>
#include <utility>

#include <rte_ethdev.h>
#include <rte_mbuf.h>
#include <rte_pause.h>

#include "engine/port/mbuf_frame.h"

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

void EthdevQueue::receive(ReceivedBurst& burst, Nanoseconds& clock) {
  free_held();
  const Nanoseconds now = clock_.now();  // before the poll: what comes later gets a later time
  const std::size_t places = sources_.size() + (spread_.rss != nullptr ? 1 : 0);
  for (std::size_t tried = 0; tried < places && held_ == 0; ++tried) {
    const std::size_t at = next_;
    next_ = at + 1 == places ? 0 : at + 1;
    if (at < sources_.size()) {
      held_ = poll(at, burst.times, now);
    } else {
      held_ = spread_.rss->take(spread_.worker, mbufs_.data(), kBurst);
      // Its time is when it came to its worker: times of one queue never go back.
      std::fill_n(burst.times.begin(), held_, now);
    }
  }
  take_frames(std::span(mbufs_).first(held_), burst);
  clock = stamped_ ? all_taken_until(now) : now;
  if (held_ != 0) told_ = std::max(clock, burst.times[held_ - 1u]);
}

/// What is looked at no more.
void EthdevQueue::free_held() {
  if (held_ != 0) rte_pktmbuf_free_bulk(mbufs_.data(), held_);
  held_ = 0;
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
void EthdevQueue::take_stamps(const DeviceClock& clock, std::span<Nanoseconds> times,
                              Nanoseconds now) const {
  Nanoseconds earliest = std::max(told_, now - kMostWait);
  for (std::size_t i = 0; i < times.size(); ++i) {
    std::optional<Nanoseconds> time;
    if ((mbufs_[i]->ol_flags & stamp_.flag) != 0) {
      time =
          clock.time_of(*RTE_MBUF_DYNFIELD(mbufs_[i], stamp_.offset, const rte_mbuf_timestamp_t*));
    }
    times[i] = earliest = std::clamp(time.value_or(now), earliest, now);
  }
}

/// One source: what is this worker's own of it, and its times.
std::uint16_t EthdevQueue::poll(std::size_t at, Times times, Nanoseconds now) {
  const EthdevSource& source = sources_[at];
  EthdevQueueCounters& counters = counters_[at];
  const std::uint16_t count = rte_eth_rx_burst(source.port, source.queue, mbufs_.data(), kBurst);
  taken_until_[at] = now;
  if (count == 0) return 0;
  if (source.clock != nullptr) {
    // A worker that was stopped within the poll takes packets that came after `now`.
    take_stamps(*source.clock, times.first(count), clock_.now());
    taken_until_[at] = times[count - 1u];
  } else {
    std::fill_n(times.begin(), count, now);
  }
  if (source.forwards) forward(source, counters, count);
  add_to(counters.received, count);
  if (spread_.rss == nullptr) return count;
  std::uint64_t lost = 0;
  const std::uint16_t own = spread_.rss->spread(spread_.worker, std::span(mbufs_).first(count),
                                                times.first(count), source.nic_hash, lost);
  if (lost != 0) add_to(counters.handover_lost, lost);
  return own;
}

void EthdevQueue::forward(const EthdevSource& source, EthdevQueueCounters& counters,
                          std::uint16_t count) {
  rte_mbuf** const burst = mbufs_.data();
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
