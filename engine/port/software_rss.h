// Spreads packets over workers where no card does it by addresses: who polls a queue keeps the
// packets that are its own, and hands the others over by rings of one writer and one reader each. A
// pair of addresses is always one worker's, whichever way and by whichever port its packets come.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "engine/base/units.h"

struct rte_mbuf;
struct rte_ring;

namespace floodgauge {

class SoftwareRss {
 public:
  /// Room in a ring: what 10 Gbit/s of the smallest frames bring in 270 us.
  static constexpr unsigned kRing = 4096;

  /// Its rings lie on NUMA node `node`; -1: anywhere. Throws std::runtime_error when there is no
  /// memory for the rings.
  explicit SoftwareRss(unsigned workers, int node = -1);
  ~SoftwareRss();

  unsigned workers() const { return workers_; }

  /// Of a burst that worker `from` has received, and of its packets' times: leaves that worker's
  /// own, in their order, at the front, and returns how many; the rest is handed over. What finds a
  /// full ring is freed and added to `lost`. `nic_hash`: take the card's hash where a packet has
  /// one. At most kBurst packets.
  std::uint16_t spread(unsigned from, std::span<rte_mbuf*> burst, std::span<Nanoseconds> times,
                       bool nic_hash, std::uint64_t& lost);

  /// Up to `capacity` packets that others received for worker `to`.
  std::uint16_t take(unsigned to, rte_mbuf** burst, std::uint16_t capacity);

  // How a worker that sleeps hears of packets for it. From request_wakeup() on, the next packet
  // that is handed to it makes bell(), a descriptor, readable; silence_bell() takes that back. What
  // was handed over before rings nothing: look once more, then sleep.
  int bell(unsigned to) const { return bells_[to].fd; }
  void request_wakeup(unsigned to);
  void silence_bell(unsigned to);

 private:
  struct FreeRing {
    void operator()(rte_ring* ring) const;
  };
  /// A line of its own: who hands over looks at it with each burst.
  struct alignas(64) Bell {
    std::atomic<bool> wanted{false};
    int fd = -1;
  };
  /// A system call only where `to` sleeps.
  void ring_bell(unsigned to);
  rte_ring* ring(unsigned from, unsigned to) { return rings_[from * workers_ + to].get(); }

  unsigned workers_;
  std::vector<std::unique_ptr<rte_ring, FreeRing>> rings_;
  std::unique_ptr<Bell[]> bells_;
  std::vector<unsigned> next_;  ///< by taker: whose ring it looks into first
};

}  // namespace floodgauge
