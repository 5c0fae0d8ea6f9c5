// Faults that tests cause in a daemon by environment variables (run.h).
#pragma once

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <stdexcept>
#include <string>
#include <thread>

#include "engine/app/daemon_log.h"
#include "engine/base/units.h"

namespace floodgauge {

/// FLOODGAUGE_TEST_STALL_MERGE="AFTER,SECONDS": the merge thread stands still once.
class MergeStall {
 public:
  MergeStall() {
    const char* text = std::getenv("FLOODGAUGE_TEST_STALL_MERGE");
    armed_ = text != nullptr && std::sscanf(text, "%lf,%lf", &after_, &seconds_) == 2;
  }
  /// Sleeps if it is time to. The merge thread calls this again and again.
  void sleep_if_due(DaemonLog& log) {
    const auto running = std::chrono::steady_clock::now() - begin_;
    if (!armed_ || running < std::chrono::duration<double>(after_)) return;
    armed_ = false;
    log.warn("test: the merge stands still", {{"seconds", std::to_string(seconds_)}});
    std::this_thread::sleep_for(std::chrono::duration<double>(seconds_));
    log.warn("test: the merge goes on");
  }

 private:
  bool armed_ = false;
  double after_ = 0;
  double seconds_ = 0;
  std::chrono::steady_clock::time_point begin_ = std::chrono::steady_clock::now();
};

/// FLOODGAUGE_TEST_STEP_CLOCK="AFTER,SECONDS": the machine's clock seems to be stepped.
class ClockStep {
 public:
  ClockStep() {
    const char* text = std::getenv("FLOODGAUGE_TEST_STEP_CLOCK");
    armed_ = text != nullptr && std::sscanf(text, "%lf,%lf", &after_, &seconds_) == 2;
  }
  /// How far it was stepped by now.
  Nanoseconds due() const {
    const auto running = std::chrono::steady_clock::now() - begin_;
    const bool stepped = armed_ && running >= std::chrono::duration<double>(after_);
    return {stepped ? static_cast<std::int64_t>(seconds_ * 1e9) : 0};
  }

 private:
  bool armed_ = false;
  double after_ = 0;
  double seconds_ = 0;
  std::chrono::steady_clock::time_point begin_ = std::chrono::steady_clock::now();
};

/// FLOODGAUGE_TEST_FAIL_WORKER="WORKER": that worker's thread throws instead of polling.
inline void fail_worker_if_asked(unsigned worker) {
  const char* text = std::getenv("FLOODGAUGE_TEST_FAIL_WORKER");
  if (text != nullptr && std::to_string(worker) == text) {
    throw std::runtime_error("a test asked for it");
  }
}

}  // namespace floodgauge
