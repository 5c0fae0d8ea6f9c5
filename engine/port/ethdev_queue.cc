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
  for (const EthdevSource& source : sources) {
    if (source.open) all.push_back(source.wake);
  }
  return all;
}

}  // namespace

EthdevQueue::EthdevQueue(std::vector<EthdevSource> sources, const EthdevSpread& spread,
                         const UtcClock& clock)
    : sources_(std::move(sources)),
      spread_(spread),
      counters_(std::make_unique<EthdevQueueCounters[]>(sources_.size())),
      utc_clock_(clock),
      reported_(clock.now()),
      polled_until_(sources_.size(), reported_) {
  prepare_sources();
}

/// Sets what follows from the sources.
void EthdevQueue::prepare_sources() {
  idle_ = std::make_unique<IdleWait>(wake_sources(sources_), spread_.rss, spread_.worker);
  has_stamps_ = false;
  for (const EthdevSource& source : sources_) {
    if (!source.open || source.clock == nullptr) continue;
    stamp_ = stamp_field();
    has_stamps_ = true;
  }
}

void EthdevQueue::change_sources(const std::function<void(EthdevSource&)>& change) {
  for (EthdevSource& source : sources_) change(source);
  idle_.reset();  // it may wait on descriptors of a port that was closed
  prepare_sources();
  state_.store(State::polling, std::memory_order_release);
}

/// False while the control thread changes the sources.
bool EthdevQueue::may_poll() {
  const State state = state_.load(std::memory_order_acquire);
  if (state == State::polling) return true;
  if (state == State::pause_wanted) state_.store(State::paused, std::memory_order_release);
  return false;
}

void EthdevQueue::receive(ReceivedBurst& burst, Nanoseconds& clock) {
  free_burst();
  // Read before the poll, so that packets that come later have a later time.
  const Nanoseconds now = utc_clock_.now();
  if (!may_poll()) {
    burst.size = 0;
    burst.more_waits = false;
    clock = reported_ = std::max(reported_, now);
    return;
  }
  const std::size_t inputs = sources_.size() + (spread_.rss != nullptr ? 1 : 0);
  for (std::size_t tried = 0; tried < inputs && burst_size_ == 0; ++tried) {
    const std::size_t at = next_;
    next_ = at + 1 == inputs ? 0 : at + 1;
    if (at < sources_.size()) {
      burst_size_ = poll(at, burst.times, now);
    } else {
      burst_size_ = spread_.rss->take(spread_.worker, mbufs_.data(), kBurst);
      note_full(at, burst_size_);
      // The time is that at which the packet came to this worker, because times of a queue must not
      // go back.
      std::fill_n(burst.times.begin(), burst_size_, now);
    }
  }
  take_frames(std::span(mbufs_).first(burst_size_), burst, spread_.kernel, spread_.origins);
  // Where packets are spread by software, a full burst of a port leaves few for this worker.
  burst.more_waits = full_ != 0;
  clock = has_stamps_ ? safe_clock(now) : now;
  if (burst_size_ != 0) reported_ = std::max(clock, burst.times[burst_size_ - 1u]);
}

void EthdevQueue::note_full(std::size_t at, std::uint16_t count) {
  const std::uint64_t bit = std::uint64_t{1} << std::min<std::size_t>(at, 63);
  full_ = count == kBurst ? full_ | bit : full_ & ~bit;
}

/// Frees the last burst.
void EthdevQueue::free_burst() {
  if (burst_size_ != 0) rte_pktmbuf_free_bulk(mbufs_.data(), burst_size_);
  burst_size_ = 0;
}

/// A time before which no more packets will come. A packet that waits at a source with timestamps
/// may be as old as the last one from there.
Nanoseconds EthdevQueue::safe_clock(Nanoseconds now) {
  Nanoseconds until = now;
  for (std::size_t at = 0; at < sources_.size(); ++at) {
    if (sources_[at].open && sources_[at].clock != nullptr)
      until = std::min(until, polled_until_[at]);
  }
  reported_ = std::max(reported_, until);
  return reported_;
}

/// Sets the times of polled packets from their timestamps. Each is clamped to the possible range:
/// not after `now`, which was read after the poll, at most kMaxWait before it, and not before the
/// packet in front of it. A packet without a timestamp has the time `now`.
void EthdevQueue::take_stamps(const DeviceClock& clock, std::span<Nanoseconds> times,
                              Nanoseconds now) const {
  Nanoseconds earliest = std::max(reported_, now - kMaxWait);
  for (std::size_t i = 0; i < times.size(); ++i) {
    std::optional<Nanoseconds> time;
    if ((mbufs_[i]->ol_flags & stamp_.flag) != 0) {
      time =
          clock.time_of(*RTE_MBUF_DYNFIELD(mbufs_[i], stamp_.offset, const rte_mbuf_timestamp_t*));
    }
    times[i] = earliest = std::clamp(time.value_or(now), earliest, now);
  }
}

/// Polls one source. Leaves the packets that belong to this worker, and their times, and returns
/// their number.
std::uint16_t EthdevQueue::poll(std::size_t at, Times times, Nanoseconds now) {
  const EthdevSource& source = sources_[at];
  EthdevQueueCounters& counters = counters_[at];
  if (!source.open) return 0;
  const std::uint16_t count = rte_eth_rx_burst(source.port, source.queue, mbufs_.data(), kBurst);
  polled_until_[at] = now;
  note_full(at, count);
  if (count == 0) return 0;
  if (source.clock != nullptr) {
    // If the worker was preempted during the poll, some packets came after `now`.
    take_stamps(*source.clock, times.first(count), utc_clock_.now());
    polled_until_[at] = times[count - 1u];
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
  if (!source.peer_open) {
    add_to(counters.transmit_dropped, count);
    return;
  }
  rte_mbuf** const burst = mbufs_.data();
  // Adds a reference: one for the driver, which may keep it until the frame has been sent, and one
  // for the worker. A driver that writes into frames sees by the count that this one is shared.
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
