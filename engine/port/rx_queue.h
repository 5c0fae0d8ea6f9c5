// The one interface by which packets come in: a NIC's queue, a virtual device's, or a capture's.
#pragma once

#include <cstdint>

#include "engine/units.h"

struct rte_mbuf;

namespace floodgauge {

/// Packets taken from a queue at once. Two of these fit in L1 with their facts.
inline constexpr std::uint16_t kBurst = 32;

class RxQueue {
 public:
  RxQueue() = default;
  RxQueue(const RxQueue&) = delete;
  RxQueue& operator=(const RxQueue&) = delete;
  virtual ~RxQueue() = default;

  /// Up to `capacity` mbufs, owned by the caller until they go back by release().
  /// Each mbuf: data_len = bytes captured; mbuf_meta() = its time, original length, link type,
  /// port. `clock` is set to a time before which no packet of this queue will come any more: it
  /// never goes back, and it goes on while no packets come. Packets of one call, and of calls after
  /// one another, are in order of time. Called by one thread only. Never blocks.
  virtual std::uint16_t receive(rte_mbuf** burst, std::uint16_t capacity, Nanoseconds& clock) = 0;

  /// Takes back what receive() gave, by the same thread. Without an own way of the queue's, mbufs
  /// are freed; what a queue sends on it keeps.
  virtual void release(rte_mbuf** burst, std::uint16_t count);

  /// Called in place of a poll when many in a row found nothing, for the n-th time since something
  /// did (from 0): may sleep, for `most` and not much longer, where no packet is lost by it.
  /// Without an own way of the queue's, another thread may have the core for a moment.
  virtual void rest(unsigned n, Nanoseconds most);

  /// True once nothing will ever come again (the end of a capture); a NIC's queue never ends.
  virtual bool finished() const = 0;
};

}  // namespace floodgauge
