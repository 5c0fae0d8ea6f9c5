// What one live worker polls: one receive queue of each port, and the packets that other workers
// have received for it. Inline, a packet is sent to the peer port before it is examined.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "engine/port/device_clock.h"
#include "engine/port/idle_wait.h"
#include "engine/port/kernel_frames.h"
#include "engine/port/rx_queue.h"
#include "engine/port/software_rss.h"
#include "engine/port/utc_clock.h"

namespace floodgauge {

/// Counters of one receive queue. Its worker writes them, any thread reads them. They are relaxed
/// atomics without read-modify-write: there is one writer, and no other data depends on them.
struct EthdevQueueCounters {
  std::atomic<std::uint64_t> received{0};
  std::atomic<std::uint64_t> transmitted{0};       ///< packets sent to the peer
  std::atomic<std::uint64_t> transmit_dropped{0};  ///< not sent: the peer's queue stayed full
  std::atomic<std::uint64_t> handover_lost{0};     ///< freed: the ring to their worker was full
};

/// One ethdev receive queue, and to which peer its packets are forwarded.
struct EthdevSource {
  std::uint16_t port = 0;  ///< DPDK's port number
  std::uint16_t queue = 0;
  std::uint8_t index = 0;  ///< of the port in the configuration
  bool forwards = false;
  std::uint16_t peer = 0;        ///< DPDK's port number
  std::uint16_t peer_queue = 0;  ///< used by this worker only
  bool nic_hash = false;         ///< the NIC hashes address pairs with the symmetric key
  WakeSource wake;
  bool open = true;       ///< the port is open: it may be polled
  bool peer_open = true;  ///< the peer is open: what it would send is dropped otherwise
  const DeviceClock* clock = nullptr;  ///< of its timestamps; null: it has none
};

/// How packets reach their worker. `rss` is null when the NICs spread packets by address pair.
struct EthdevSpread {
  SoftwareRss* rss = nullptr;
  unsigned worker = 0;
  KernelFrames kernel = {};  ///< of the frames of all ports: any of them may come to this worker
  /// By DPDK's port number, from which side its frames come; empty where no port has a side.
  std::vector<FrameOrigin> origins = {};
};

/// The worker polls its inputs in turn, one per receive(), until one has packets. The control
/// thread may pause it to change its sources: request_pause(), wait for paused(), change_sources(),
/// which lets it go on. Release and acquire order of the state carries the sources.
class EthdevQueue : public RxQueue {
 public:
  EthdevQueue(std::vector<EthdevSource> sources, const EthdevSpread& spread, const UtcClock& clock);
  ~EthdevQueue() override { free_burst(); }

  void receive(ReceivedBurst& burst, Nanoseconds& clock) override;
  void rest(unsigned n, Nanoseconds longest) override {
    // While the sources may change, the worker polls on until it has taken notice.
    if (state_.load(std::memory_order_acquire) == State::polling) idle_->rest(n, longest);
  }
  bool finished() const override { return false; }

  // Called by the control thread.
  /// The worker uses no source any more once paused() is true. It then receives nothing, and what
  /// its ports receive waits in their queues.
  void request_pause() { state_.store(State::pause_wanted, std::memory_order_release); }
  bool paused() const { return state_.load(std::memory_order_acquire) == State::paused; }
  /// Only while paused(): gives each source to `change`, and lets the worker go on.
  void change_sources(const std::function<void(EthdevSource&)>& change);

  const std::vector<EthdevSource>& sources() const { return sources_; }
  const EthdevQueueCounters& counters(std::size_t source) const { return counters_[source]; }

  /// How often sending to a full transmit queue is tried before the packets are dropped and
  /// counted. A driver frees some descriptors at each try.
  static constexpr unsigned kTransmitTries = 16;
  /// Longest time that a packet is assumed to have waited in a queue. An older timestamp is raised,
  /// so that a wrong device clock cannot hold time back.
  static constexpr Nanoseconds kMaxWait = whole_seconds(1);

 private:
  enum class State : std::uint8_t { polling, pause_wanted, paused };
  using Times = std::span<Nanoseconds, kBurst>;

  std::uint16_t poll(std::size_t at, Times times, Nanoseconds now);
  void take_stamps(const DeviceClock& clock, std::span<Nanoseconds> times, Nanoseconds now) const;
  void forward(const EthdevSource& source, EthdevQueueCounters& counters, std::uint16_t count);
  Nanoseconds safe_clock(Nanoseconds now);
  void note_full(std::size_t at, std::uint16_t count);
  void free_burst();
  bool may_poll();
  void prepare_sources();

  std::vector<EthdevSource> sources_;
  EthdevSpread spread_;
  std::unique_ptr<EthdevQueueCounters[]> counters_;
  /// By input: whether its last poll found a full burst. Inputs from the 64th on share a bit.
  std::uint64_t full_ = 0;
  std::size_t next_ = 0;  ///< input that is polled next: a source, or after them spread_.rss
  UtcClock utc_clock_;
  bool has_stamps_ = false;                ///< at least one source has a clock
  Nanoseconds reported_;                   ///< latest time that receive() has returned
  std::vector<Nanoseconds> polled_until_;  ///< by source: all earlier packets were polled
  StampField stamp_;
  std::unique_ptr<IdleWait> idle_;
  std::atomic<State> state_{State::polling};
  std::array<rte_mbuf*, kBurst> mbufs_{};  ///< the burst that receive() returned last
  std::uint16_t burst_size_ = 0;
};

}  // namespace floodgauge
