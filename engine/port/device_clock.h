// Converts the receive timestamps of a device to nanoseconds since 1970. Packets then have the time
// at which the device received them, even if the worker polls late.
#pragma once

#include <atomic>
#include <cstdint>
#include <optional>

#include "engine/base/units.h"
#include "engine/port/utc_clock.h"

namespace floodgauge {

/// Converts ticks of a counter to nanoseconds of another clock. The rate is measured from readings
/// of both clocks at the same moment.
///
/// One thread, the control thread, calls observe(); any worker calls time_of(). They share the last
/// reading and the rate under a sequence lock (seqlock): the writer makes `sequence_` odd, writes
/// the three values, and makes it even again with release order. A reader loads `sequence_` with
/// acquire order before the values and compares it after them, with fences in between that keep the
/// relaxed accesses of the values inside. If it was odd or has changed, the reader returns nothing
/// instead of waiting.
class ClockPair {
 public:
  /// Shortest time between two readings from which the rate is computed.
  static constexpr Nanoseconds kMinBetween = whole_seconds(1);

  /// Takes a reading of both clocks. If the counter went back, it was reset: the next reading after
  /// kMinBetween gives a new rate.
  void observe(std::uint64_t ticks, Nanoseconds time);
  /// Returns nothing until the rate is known, while observe() is writing, and for `ticks` that are
  /// more than 2^42 from the last reading.
  std::optional<Nanoseconds> time_of(std::uint64_t ticks) const;

 private:
  struct Reading {
    std::uint64_t ticks = 0;
    Nanoseconds time;
  };
  std::optional<Reading> last_;  ///< the control thread's
  std::atomic<std::uint32_t> sequence_{0};
  std::atomic<std::uint64_t> ticks_{0};
  std::atomic<std::int64_t> time_{0};
  std::atomic<double> tick_length_{0};  ///< nanoseconds per tick; 0: not known
};

/// The clock with which one port stamps its packets. Threads as for ClockPair.
class DeviceClock {
 public:
  enum class Kind : std::uint8_t {
    none,          ///< no timestamps, or from a clock that cannot be read
    ticks,         ///< of the device's own counter (rte_eth_read_clock)
    microseconds,  ///< since 1970, of the kernel's wall clock (libpcap)
  };

  /// Finds out the device's kind. `offered`: the device can stamp packets if it is configured to.
  /// `by_libpcap`: its driver stamps packets with the kernel's wall clock.
  DeviceClock(std::uint16_t port, bool offered, bool by_libpcap);

  Kind kind() const { return kind_; }
  /// Reads both clocks. The control thread calls it a few times per second while the port runs.
  void observe(const UtcClock& clock);
  /// Time of a packet's stamp. Called by workers. Returns nothing if the time is not known (yet).
  std::optional<Nanoseconds> time_of(std::uint64_t stamp) const;

 private:
  std::uint16_t port_;
  Kind kind_;
  ClockPair pair_;
};

/// Where mbufs carry their timestamp; see rte_mbuf_dyn.h. `offset` is -1 without one.
struct StampField {
  int offset = -1;
  std::uint64_t flag = 0;
};
/// Registers the field with DPDK, the first time, and returns it.
StampField stamp_field();

}  // namespace floodgauge
