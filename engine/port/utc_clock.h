// The clock of live packets: nanoseconds since 1970 (UTC) that never go back.
#pragma once

#include <ctime>

#include "engine/base/units.h"

namespace floodgauge {

/// CLOCK_MONOTONIC plus an offset that is measured once, at construction, so that setting the wall
/// clock later moves no window. CLOCK_MONOTONIC is the TSC as the kernel scales it: it is read
/// without a system call (vDSO), runs at the rate of UTC if NTP or PTP disciplines it, and is the
/// same on all cores. DPDK's own TSC rate is rounded to 10 MHz, which is minutes per day off.
class UtcClock {
 public:
  UtcClock() {
    // Of five measurements the shortest is used: it was interrupted least.
    std::int64_t closest = INT64_MAX;
    for (int i = 0; i < 5; ++i) {
      const std::int64_t before = read(CLOCK_MONOTONIC);
      const std::int64_t wall = read(CLOCK_REALTIME);
      const std::int64_t span = read(CLOCK_MONOTONIC) - before;
      if (span >= closest) continue;
      closest = span;
      offset_ = wall - before - span / 2;
    }
  }

  Nanoseconds now() const { return {read(CLOCK_MONOTONIC) + offset_}; }

 private:
  static std::int64_t read(clockid_t clock) {
    timespec time{};
    clock_gettime(clock, &time);
    return std::int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec;
  }

  std::int64_t offset_ = 0;
};

}  // namespace floodgauge
