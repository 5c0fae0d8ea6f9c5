// How far detection is behind a replay.
#pragma once

#include <algorithm>
#include <atomic>
#include <chrono>

#include "engine/base/units.h"

namespace floodgauge {

/// The time in the capture while it is replayed. At full speed this is the time of the last packet
/// that was read; at a limited speed it follows the wall clock. The merge thread calls start() and
/// stop(); scrapes call behind().
class ReplayClock {
 public:
  void start(Nanoseconds origin, double speed) {
    origin_ = origin;
    speed_ = speed;
    began_ = std::chrono::steady_clock::now();
    running_.store(true, std::memory_order_release);
  }
  void stop() { running_.store(false, std::memory_order_release); }

  /// Seconds by which `merged`, the end of the last merged window, is behind the replay. 0 before
  /// the start and after the end. `last_read` is the time of the last packet that was read.
  double behind(Nanoseconds merged, Nanoseconds last_read) const {
    if (!running_.load(std::memory_order_acquire)) return 0;
    double now = (last_read - origin_).seconds();
    if (speed_ > 0) {
      now =
          speed_ * std::chrono::duration<double>(std::chrono::steady_clock::now() - began_).count();
    }
    return std::max(0.0, now - std::max(0.0, (merged - origin_).seconds()));
  }

 private:
  std::atomic<bool> running_{false};
  Nanoseconds origin_;
  double speed_ = 0;
  std::chrono::steady_clock::time_point began_;
};

}  // namespace floodgauge
