// The interface of a receive queue: of a NIC, a virtual device, or a capture.
#pragma once

#include <array>
#include <cstdint>

#include "engine/base/burst.h"
#include "engine/base/units.h"
#include "engine/parse/parser.h"

namespace floodgauge {

/// A burst as a queue delivers it. The frames' bytes are read-only.
struct ReceivedBurst {
  std::uint16_t size = 0;
  /// More packets wait than this burst tells, as where most of those that came are another
  /// worker's.
  bool more_waits = false;
  std::array<FrameView, kBurst> frames;
  std::array<Nanoseconds, kBurst> times;  ///< since 1970, never decreasing
};

/// One thread, the queue's worker, calls all functions.
class RxQueue {
 public:
  RxQueue() = default;
  RxQueue(const RxQueue&) = delete;
  RxQueue& operator=(const RxQueue&) = delete;
  virtual ~RxQueue() = default;

  /// Delivers the next packets, at most kBurst. Their bytes are valid until the next call. Sets
  /// `clock` to a time before which no more packets of this queue will come; it never goes back,
  /// and it advances while no packets come. Packets are in order of time, also from call to call.
  /// Never blocks.
  virtual void receive(ReceivedBurst& burst, Nanoseconds& clock) = 0;

  /// Called instead of receive() after many polls that found nothing; `n` counts these calls since
  /// the last packet, from 0. May sleep for about `longest`, if no packet is lost by it. The
  /// default yields the core to other threads once.
  virtual void rest(unsigned n, Nanoseconds longest);

  /// True once no more packets will come (the end of a capture). A NIC's queue never finishes.
  virtual bool finished() const = 0;
};

}  // namespace floodgauge
