// Where a live worker rests while nothing comes, at no packet's cost: what brings packets wakes it,
// a socket of the kernel's, a card's interrupt, or another worker that has some for it. Where one
// of its sources cannot, it only naps, and for no longer than that one's descriptors hold at line
// rate.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "engine/base/units.h"
#include "engine/port/software_rss.h"

struct rte_epoll_event;

namespace floodgauge {

/// A receive queue, as far as it can wake anybody.
struct WakeSource {
  std::uint16_t port = 0;  ///< DPDK's number
  std::uint16_t queue = 0;
  std::uint16_t descriptors = 0;
  int socket = -1;          ///< the kernel's, that becomes readable when packets come
  bool interrupts = false;  ///< its device was set up to interrupt
};

/// How long a worker may sleep in front of so many descriptors on a link of so many Mbit/s (0: not
/// known, 10 Gbit/s): half the time in which the smallest frames fill them, for it takes as long
/// again to wake up; not at all where that is less than a nap is worth.
Nanoseconds longest_nap(unsigned descriptors, std::uint32_t megabits);

/// The n-th nap in a row, from 0: each twice as long as the one before.
Nanoseconds nap_length(unsigned n, Nanoseconds longest);

class IdleWait {
 public:
  /// Nobody waits longer at once: so soon does a worker see that it is to stop, or has new
  /// settings.
  static constexpr Nanoseconds kLongest = milliseconds(10);

  /// `rss`: what else brings packets to `worker`; may be null.
  IdleWait(std::vector<WakeSource> sources, SoftwareRss* rss, unsigned worker);
  ~IdleWait();
  IdleWait(const IdleWait&) = delete;
  IdleWait& operator=(const IdleWait&) = delete;

  /// The n-th rest since anything came, from 0; `most`: no longer than that. At first, and after
  /// each waking, it returns at once: what came before the sources were asked to wake wakes nobody,
  /// and is found by one more poll. Always the same thread.
  void rest(unsigned n, Nanoseconds most);

 private:
  void open();
  bool add(std::size_t at);
  void arm(bool wanted);
  void wait(Nanoseconds most);
  Nanoseconds longest_now() const;

  std::vector<WakeSource> sources_;
  SoftwareRss* rss_;
  unsigned worker_;
  bool opened_ = false;
  bool wakes_ = false;  ///< all of them do
  bool armed_ = false;
  int epoll_ = -1;
  std::unique_ptr<rte_epoll_event[]> wakers_;  ///< by source; the last one is other workers'
  Nanoseconds longest_;                        ///< nap, in this silence
};

}  // namespace floodgauge
