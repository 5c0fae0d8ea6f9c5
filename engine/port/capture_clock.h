// What was found about the clock of a capture, and what was done to its times.
#pragma once

#include <algorithm>
#include <cstdint>

namespace floodgauge {

struct CaptureClock {
  std::uint64_t stamped = 0;      ///< packets that had a time other than 1970-01-01T00:00:00Z
  std::uint64_t reordered = 0;    ///< packets put before packets that stand before them in the file
  std::uint64_t jumps = 0;        ///< times that were set aside, and steps of a clock
  std::int64_t largest_step = 0;  ///< of all jumps, absolute, nanoseconds
  std::uint64_t read_as_nanoseconds = 0;  ///< files whose header says microseconds

  void jump(std::uint64_t count, std::int64_t step) {
    jumps += count;
    largest_step = std::max(largest_step, step);
  }
  void merge(const CaptureClock& other) {
    stamped += other.stamped;
    reordered += other.reordered;
    jumps += other.jumps;
    largest_step = std::max(largest_step, other.largest_step);
    read_as_nanoseconds += other.read_as_nanoseconds;
  }
};

}  // namespace floodgauge
