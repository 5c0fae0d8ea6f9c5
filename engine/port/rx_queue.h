// The one interface by which packets come in: a NIC's queue, a virtual device's, or a capture's.
#pragma once

#include <array>
#include <cstdint>

#include "engine/base/burst.h"
#include "engine/base/units.h"
#include "engine/parse/parser.h"

namespace floodgauge {

/// A burst as a queue gives it. Nobody may write to the frames' bytes.
struct ReceivedBurst {
  std::uint16_t size = 0;
  std::array<FrameView, kBurst> frames;
  std::array<Nanoseconds, kBurst> times;  ///< since 1970, in order
};

class RxQueue {
 public:
  RxQueue() = default;
  RxQueue(const RxQueue&) = delete;
  RxQueue& operator=(const RxQueue&) = delete;
  virtual ~RxQueue() = default;

  /// The next packets, kBurst at most. Their bytes are there until the next call, for which the
  /// queue has them back. `clock` is set to a time before which no packet of this queue will come
  /// any more: it never goes back, and it goes on while no packets come. Packets of calls after one
  /// another are in order of time. Called by one thread only. Never blocks.
  virtual void receive(ReceivedBurst& burst, Nanoseconds& clock) = 0;

  /// Called in place of a poll when many in a row found nothing, for the n-th time since something
  /// did (from 0): may sleep, for `most` and not much longer, where no packet is lost by it.
  /// Without an own way of the queue's, another thread may have the core for a moment.
  virtual void rest(unsigned n, Nanoseconds most);

  /// True once nothing will ever come again (the end of a capture); a NIC's queue never ends.
  virtual bool finished() const = 0;
};

}  // namespace floodgauge
