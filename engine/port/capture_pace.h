// How fast a capture is replayed: without limit, or at a multiple of real time.
#pragma once

#include <chrono>
#include <cstdint>
#include <limits>

namespace floodgauge {

/// Returns nanoseconds of a clock that never goes back.
using WallClock = std::int64_t (*)();

inline std::int64_t steady_nanoseconds() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(
             std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

/// Converts between wall time and capture time. Times are in nanoseconds.
class CapturePace {
 public:
  static constexpr std::int64_t kNoLimit = std::numeric_limits<std::int64_t>::max();

  /// `speed`: capture seconds per wall second; 0 is without limit.
  explicit CapturePace(double speed, WallClock wall = steady_nanoseconds)
      : speed_(speed), wall_(wall) {}

  bool limited() const { return speed_ > 0; }

  /// The current capture time: records up to it are due. `first` is the time of the first record.
  /// The first call is the moment at which that record is due. Returns kNoLimit when the speed is
  /// without limit.
  std::int64_t now(std::int64_t first) {
    if (!limited()) return kNoLimit;
    if (!begun_) {
      begun_ = true;
      first_ = first;
      wall_begin_ = wall_();
    }
    const double elapsed = static_cast<double>(wall_() - wall_begin_) * speed_;
    // Every capture ends before 2^62 ns, and a larger double would not fit the integer.
    if (elapsed >= static_cast<double>(kNoLimit / 2 - 1)) return kNoLimit - 1;
    return first_ + static_cast<std::int64_t>(elapsed);
  }

  /// Wall time between the capture times `from` and `to`, for a sleep.
  std::int64_t wall_span(std::int64_t from, std::int64_t to) const {
    const double span = static_cast<double>(to - from) / speed_;
    return span < 1e18 ? static_cast<std::int64_t>(span) : std::int64_t{1'000'000'000'000'000'000};
  }

 private:
  double speed_;
  WallClock wall_;
  bool begun_ = false;
  std::int64_t first_ = 0;
  std::int64_t wall_begin_ = 0;
};

}  // namespace floodgauge
