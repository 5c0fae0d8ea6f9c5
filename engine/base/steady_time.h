// The time since the machine started, for how long ago something was.
#pragma once

#include <ctime>

#include "engine/base/units.h"

namespace floodgauge {

/// CLOCK_MONOTONIC: read without a system call (vDSO), the same on all cores, never set back.
inline Nanoseconds steady_now() {
  timespec time{};
  clock_gettime(CLOCK_MONOTONIC, &time);
  return {std::int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec};
}

}  // namespace floodgauge
