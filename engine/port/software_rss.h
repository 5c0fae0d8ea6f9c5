// Receive-side scaling in software, for NICs that cannot spread packets over queues by address
// pair. A worker keeps the received packets that are its own and hands the others to their workers.
// All packets between two addresses, in either direction and from any port, go to the same worker.
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

/// Packets are handed over by rings, one for each ordered pair of workers, so that each ring has
/// one producer and one consumer. A worker calls spread() for the bursts that it received, and
/// take() and the wake-up functions for itself. The rings' own release and acquire order carries
/// the packets.
///
/// A sleeping worker needs a wake-up when packets are handed to it. It calls request_wakeup(),
/// polls once more, and then waits until wakeup_fd() is readable. This is Dekker's algorithm: the
/// sleeper stores `wanted` and then looks into its rings; the sender enqueues packets and then
/// looks at `wanted`. A sequentially consistent fence between the two steps on each side guarantees
/// that at least one of them sees the other, so no packet waits for a sleeping worker.
class SoftwareRss {
 public:
  /// Packets that a ring has room for: 270 us of the smallest frames at 10 Gbit/s.
  static constexpr unsigned kRingPackets = 4096;

  /// Throws std::runtime_error when memory is short.
  explicit SoftwareRss(unsigned workers);
  ~SoftwareRss();

  unsigned workers() const { return workers_; }

  /// Spreads a burst of at most kBurst packets that worker `from` has received, with their times.
  /// Moves the worker's own packets and times to the front, in order, and returns their number.
  /// Hands the other packets over. A packet whose ring is full is freed and added to `lost`.
  /// `nic_hash`: use the NIC's hash of packets that have one, because it is symmetric as well.
  std::uint16_t spread(unsigned from, std::span<rte_mbuf*> burst, std::span<Nanoseconds> times,
                       bool nic_hash, std::uint64_t& lost);

  /// Takes up to `capacity` packets that other workers have handed to worker `to`, all of one ring.
  /// Returns their number.
  std::uint16_t take(unsigned to, rte_mbuf** burst, std::uint16_t capacity);

  /// A descriptor (eventfd) that becomes readable when worker `to` is woken.
  int wakeup_fd(unsigned to) const { return wakeups_[to].fd; }
  /// The next packets that are handed to worker `to` wake it, once. Packets that were handed over
  /// before do not, so the worker must call take() once more before it waits.
  void request_wakeup(unsigned to);
  /// Makes wakeup_fd() unreadable again, after a wake-up.
  void clear_wakeup(unsigned to);

 private:
  struct FreeRing {
    void operator()(rte_ring* ring) const;
  };
  /// On a cache line of its own, because senders read it with every burst.
  struct alignas(64) Wakeup {
    std::atomic<bool> wanted{false};
    int fd = -1;
  };
  /// Wakes worker `to` if it has requested it. Makes a system call only then.
  void wake(unsigned to);
  rte_ring* ring(unsigned from, unsigned to) { return rings_[from * workers_ + to].get(); }

  unsigned workers_;
  std::vector<std::unique_ptr<rte_ring, FreeRing>> rings_;
  std::unique_ptr<Wakeup[]> wakeups_;
  std::vector<unsigned> next_;  ///< by worker: from which other worker take() takes next
};

}  // namespace floodgauge
