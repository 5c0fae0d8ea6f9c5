// The samples of packets of the last windows: a flood that is found now began some windows ago, and
// what its target received before it is what genuine clients send.
#pragma once

#include <deque>
#include <span>
#include <vector>

#include "engine/base/address.h"
#include "engine/base/units.h"
#include "engine/merge/network_window.h"
#include "engine/model/direction.h"

namespace floodgauge {

/// The sample of one window, found by the addresses of its packets.
class WindowSample {
 public:
  explicit WindowSample(const NetworkWindow& window)
      : start(window.start),
        end(window.end),
        packets_(window.sample.packets()),
        names_(window.sample.names()) {}

  /// The packets to a target or, with Direction::out, from it, in an order that is the same
  /// whichever worker saw them. The result is valid until the next call with the other direction.
  std::span<const SampledPacket> of(const IpPrefix& target, Direction direction) const;

  /// The names that queries to a target ask for.
  std::span<const SampledName> names_to(const IpPrefix& target) const;

  Nanoseconds start;
  Nanoseconds end;

 private:
  enum class Order : std::uint8_t { none, by_destination, by_source };
  // Sorted when somebody asks: in most windows nobody does.
  mutable std::vector<SampledPacket> packets_;
  std::vector<SampledName> names_;
  mutable Order order_ = Order::none;
};

class RecentSamples {
 public:
  /// At most 155 kB for each window of it.
  static constexpr Nanoseconds kKept = whole_seconds(6);

  void add(const NetworkWindow& window);
  /// Forgets all: nothing was captured for a while.
  void clear() { windows_.clear(); }
  /// The oldest first; the last one is the current window.
  const std::deque<WindowSample>& windows() const { return windows_; }

 private:
  std::deque<WindowSample> windows_;
};

}  // namespace floodgauge
