// Lets a live worker sleep while no packets come, without losing any. The sources of packets wake
// it: a kernel socket, a NIC's interrupt, or another worker that has packets for it
// (software_rss.h). If one of its sources cannot wake it, the worker takes short naps instead,
// during which the receive descriptors cannot fill up at line rate.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "engine/base/units.h"
#include "engine/port/software_rss.h"

struct rte_epoll_event;

namespace floodgauge {

/// How a receive queue can wake its worker.
struct WakeSource {
  std::uint16_t port = 0;  ///< DPDK's port number
  std::uint16_t queue = 0;
  std::uint16_t descriptors = 0;
  int socket = -1;          ///< a kernel socket that becomes readable when packets come; -1: none
  bool interrupts = false;  ///< the device was set up with receive interrupts
};

/// Longest nap before a queue of `descriptors` on a link of `megabits` Mbit/s (0: unknown, taken as
/// 10 Gbit/s). It is half the time in which the smallest frames fill the descriptors, because
/// waking up may take the other half; at most 1 ms. Zero if it would be below 20 us, the shortest
/// useful nap.
Nanoseconds longest_nap(unsigned descriptors, std::uint32_t megabits);

/// Length of the n-th nap in a row, counted from 0: 20 us, doubled each time, up to `longest`.
Nanoseconds nap_length(unsigned n, Nanoseconds longest);

/// One worker's idle waiting. All functions are called by that worker's thread.
class IdleWait {
 public:
  /// Longest single wait. It bounds how late a worker notices a request to stop or new settings.
  static constexpr Nanoseconds kLongest = milliseconds(10);

  /// `rss` hands packets of other workers to `worker`; null with one worker or when the NIC spreads
  /// packets itself.
  IdleWait(std::vector<WakeSource> sources, SoftwareRss* rss, unsigned worker);
  ~IdleWait();
  IdleWait(const IdleWait&) = delete;
  IdleWait& operator=(const IdleWait&) = delete;

  /// Waits for packets, at most `longest`. `n` counts the calls since the last packet, from 0. The
  /// first call, and the first after each wake-up, only requests wake-ups and returns at once:
  /// packets that came before the request wake nobody, so the caller must poll once more.
  void rest(unsigned n, Nanoseconds longest);

 private:
  void open();
  bool add(std::size_t at);
  void arm(bool wanted);
  void wait(Nanoseconds longest);
  Nanoseconds longest_now() const;

  std::vector<WakeSource> sources_;
  SoftwareRss* rss_;
  unsigned worker_;
  bool opened_ = false;
  bool all_can_wake_ = false;  ///< every source can wake the worker
  bool armed_ = false;         ///< wake-ups are requested
  int epoll_ = -1;
  std::unique_ptr<rte_epoll_event[]> epoll_events_;  ///< by source; last: other workers
  Nanoseconds longest_;                              ///< longest nap since the last packet
};

}  // namespace floodgauge
