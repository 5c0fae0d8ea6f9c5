// Types for units that must not be confused. They are used at interfaces; counters are plain
// integers inside.
#pragma once

#include <compare>
#include <cstdint>

namespace floodgauge {

/// A point in time (since 1970-01-01 UTC) or a duration, in nanoseconds. The clock is the capture's
/// in replay, and live the TSC, converted to UTC with a factor measured at the start.
struct Nanoseconds {
  std::int64_t count = 0;

  constexpr auto operator<=>(const Nanoseconds&) const = default;
  constexpr Nanoseconds operator+(Nanoseconds other) const { return {count + other.count}; }
  constexpr Nanoseconds operator-(Nanoseconds other) const { return {count - other.count}; }
  constexpr Nanoseconds operator*(std::int64_t factor) const { return {count * factor}; }
  constexpr double seconds() const { return static_cast<double>(count) * 1e-9; }
};

constexpr Nanoseconds milliseconds(std::int64_t n) {
  return {n * 1'000'000};
}
constexpr Nanoseconds whole_seconds(std::int64_t n) {
  return {n * 1'000'000'000};
}

/// Traffic: packets, and their layer-2 bytes on the wire (without FCS, preamble or gap).
struct Volume {
  std::uint64_t packets = 0;
  std::uint64_t bytes = 0;

  constexpr auto operator<=>(const Volume&) const = default;
  constexpr Volume& operator+=(const Volume& other) {
    packets += other.packets;
    bytes += other.bytes;
    return *this;
  }
};

/// A rate over a window: packets, bits, flows or requests per second.
struct PerSecond {
  double value = 0;
  constexpr auto operator<=>(const PerSecond&) const = default;
};

}  // namespace floodgauge
