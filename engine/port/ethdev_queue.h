// What one worker polls live: its queue of each port, in turn, and what other workers received for
// it. Inline, what comes in is sent to the peer before anybody looks at it.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "engine/port/device_clock.h"
#include "engine/port/idle_wait.h"
#include "engine/port/rx_queue.h"
#include "engine/port/software_rss.h"
#include "engine/port/utc_clock.h"

namespace floodgauge {

/// Of one queue; written by its worker, read by any.
struct EthdevQueueCounters {
  std::atomic<std::uint64_t> received{0};
  std::atomic<std::uint64_t> transmitted{0};       ///< to the peer
  std::atomic<std::uint64_t> transmit_dropped{0};  ///< the peer's queue stayed full
  std::atomic<std::uint64_t> handover_lost{0};     ///< another worker's, and its ring was full
};

/// One ethdev receive queue, and where its packets go.
struct EthdevSource {
  std::uint16_t port = 0;  ///< DPDK's number
  std::uint16_t queue = 0;
  std::uint8_t index = 0;  ///< in the configuration
  bool forwards = false;
  std::uint16_t peer = 0;        ///< DPDK's number
  std::uint16_t peer_queue = 0;  ///< nobody else's
  bool nic_hash = false;         ///< its card hashes address pairs, by the symmetric key
  WakeSource wake;
  const DeviceClock* clock = nullptr;  ///< of its stamps; null: it has none
};

/// How packets reach the worker whose they are; none where cards see to it.
struct EthdevSpread {
  SoftwareRss* rss = nullptr;
  unsigned worker = 0;
};

class EthdevQueue : public RxQueue {
 public:
  EthdevQueue(std::vector<EthdevSource> sources, const EthdevSpread& spread, const UtcClock& clock);
  ~EthdevQueue() override { free_held(); }

  void receive(ReceivedBurst& burst, Nanoseconds& clock) override;
  void rest(unsigned n, Nanoseconds most) override { idle_.rest(n, most); }
  bool finished() const override { return false; }

  const std::vector<EthdevSource>& sources() const { return sources_; }
  const EthdevQueueCounters& counters(std::size_t source) const { return counters_[source]; }

  /// Tries so often to give a full transmit queue its packets; then they are dropped and counted.
  /// A driver empties some descriptors at each try.
  static constexpr unsigned kTransmitTries = 16;
  /// No packet waits longer in front of a queue, whatever its stamp says: however wrong a device's
  /// clock is, time goes on.
  static constexpr Nanoseconds kMostWait = whole_seconds(1);

 private:
  using Times = std::span<Nanoseconds, kBurst>;

  std::uint16_t poll(std::size_t at, Times times, Nanoseconds now);
  void take_stamps(const DeviceClock& clock, std::span<Nanoseconds> times, Nanoseconds now) const;
  void forward(const EthdevSource& source, EthdevQueueCounters& counters, std::uint16_t count);
  Nanoseconds all_taken_until(Nanoseconds now);
  void free_held();

  std::vector<EthdevSource> sources_;
  EthdevSpread spread_;
  std::unique_ptr<EthdevQueueCounters[]> counters_;
  std::size_t next_ = 0;
  UtcClock clock_;
  bool stamped_ = false;                  ///< some source has a clock
  Nanoseconds told_;                      ///< the latest time that was told to anybody
  std::vector<Nanoseconds> taken_until_;  ///< by source: what came before has been taken
  StampField stamp_;
  IdleWait idle_;
  std::array<rte_mbuf*, kBurst> mbufs_{};  ///< of the burst that receive() gave last
  std::uint16_t held_ = 0;                 ///< so many
};

}  // namespace floodgauge
