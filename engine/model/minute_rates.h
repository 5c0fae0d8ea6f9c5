// The traffic of one minute as the history keeps it: each prefix by class, and for each limit the
// minute's highest rate of one host and of the whole prefix.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "config/threshold_table.h"
#include "engine/base/address.h"
#include "engine/base/units.h"
#include "engine/model/vector.h"

namespace floodgauge {

inline constexpr std::size_t kLimits = kThresholdTable.size();

/// The highest rates of any window, in the unit of the limit (packets, bits or events a second).
/// They are plain counts: a detector may leave a part of them out before it compares.
struct LimitPeak {
  double host_rate = 0;
  IpAddress host;  ///< the host with that rate; meaningless while the rate is 0
  double prefix_rate = 0;

  bool operator==(const LimitPeak&) const = default;
};

struct PrefixMinute {
  IpPrefix prefix;
  std::string name;
  std::array<Volume, kClasses> in{};
  std::array<Volume, kClasses> out{};
  std::array<LimitPeak, kLimits> peaks{};  ///< in the order of kThresholdTable

  std::uint64_t packets() const {
    std::uint64_t sum = 0;
    for (const Volume& volume : in) sum += volume.packets;
    for (const Volume& volume : out) sum += volume.packets;
    return sum;
  }
};

struct MinuteRates {
  Nanoseconds start;    ///< a whole minute of UTC
  Nanoseconds covered;  ///< how much of the minute was counted
  /// All prefixes together. Its peaks have no host.
  PrefixMinute all;
  std::vector<PrefixMinute> prefixes;  ///< those with the most packets, most first
};

}  // namespace floodgauge
