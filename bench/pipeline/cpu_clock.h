// The processor time of this thread in TSC cycles. It does not depend on what else the machine does
// meanwhile.
#pragma once

#include <cstdint>
#include <ctime>

#include <rte_cycles.h>

namespace floodgauge::bench {

inline double seconds_of(clockid_t clock) {
  timespec now{};
  clock_gettime(clock, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

/// TSC cycles a second, measured once.
inline double tsc_rate() {
  static const double kRate = [] {
    const double begin = seconds_of(CLOCK_MONOTONIC);
    const std::uint64_t cycles = rte_rdtsc();
    double now = begin;
    while (now - begin < 0.05) now = seconds_of(CLOCK_MONOTONIC);
    return static_cast<double>(rte_rdtsc() - cycles) / (now - begin);
  }();
  return kRate;
}

/// A system call: use it once a block, not once a packet.
inline double thread_cycles() {
  return seconds_of(CLOCK_THREAD_CPUTIME_ID) * tsc_rate();
}

}  // namespace floodgauge::bench
