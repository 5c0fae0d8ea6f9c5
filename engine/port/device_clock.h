// When a device received a packet, by its own clock, in our time: for devices that stamp packets
// and whose clock can be told in ours. A worker that comes late then still knows when they came.
#pragma once

#include <atomic>
#include <cstdint>
#include <optional>

#include "engine/base/units.h"
#include "engine/port/utc_clock.h"

namespace floodgauge {

/// Nanoseconds and ticks of two clocks that run beside one another, from readings of both at once.
/// One thread observes, any may convert.
class ClockPair {
 public:
  /// Before so much time lies between readings, their rate is not known well enough.
  static constexpr Nanoseconds kBetween = whole_seconds(1);

  /// Both clocks now. A tick counter that went back begins anew.
  void observe(std::uint64_t ticks, Nanoseconds time);
  /// Nothing until the rate is known.
  std::optional<Nanoseconds> time_of(std::uint64_t ticks) const;

 private:
  struct Reading {
    std::uint64_t ticks = 0;
    Nanoseconds time;
  };
  std::optional<Reading> last_;
  // What readers see: written between an odd and an even number (a seqlock).
  std::atomic<std::uint32_t> version_{0};
  std::atomic<std::uint64_t> ticks_{0};
  std::atomic<std::int64_t> time_{0};
  std::atomic<double> tick_{0};  ///< in nanoseconds; 0: not known
};

class DeviceClock {
 public:
  enum class Kind : std::uint8_t {
    none,          ///< it does not stamp, or by a clock that nobody can read
    ticks,         ///< of a counter of its own (rte_eth_read_clock)
    microseconds,  ///< since 1970, by the kernel's wall clock (libpcap)
  };

  /// Finds out what kind a device is. `offered`: it can stamp what it receives, when told to.
  DeviceClock(std::uint16_t port, bool offered, bool by_libpcap);

  Kind kind() const { return kind_; }
  /// Reads both clocks; control thread, some times a second, while the port runs.
  void observe(const UtcClock& clock);
  /// Of a stamp; nothing where there is none yet. Worker.
  std::optional<Nanoseconds> time_of(std::uint64_t stamp) const;

 private:
  std::uint16_t port_;
  Kind kind_;
  ClockPair pair_;
};

/// Where packets carry their stamps; see rte_mbuf_dyn.h. Registered with the first that is asked
/// for.
struct StampField {
  int offset = -1;
  std::uint64_t flag = 0;
};
StampField stamp_field();

}  // namespace floodgauge
