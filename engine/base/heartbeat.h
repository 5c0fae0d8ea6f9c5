// How a thread shows that it does its work, to any thread that asks.
#pragma once

#include <x86intrin.h>

#include <atomic>
#include <cstdint>
#include <ctime>

#include "engine/base/units.h"

namespace floodgauge {

/// A point in time as a heartbeat has it: the processor's time stamp counter, which takes a few
/// cycles to read and runs at the same rate on all cores.
inline std::int64_t heartbeat_now() {
  return static_cast<std::int64_t>(__rdtsc());
}

/// One thread beats, any thread reads. Relaxed loads and stores: a heartbeat orders no other data.
class Heartbeat {
 public:
  enum class State : std::uint8_t { not_started, beating, asleep, ended };

  // Called by the beating thread.
  /// The thread did some work. `now`: heartbeat_now().
  void beat(std::int64_t now) {
    at_.store(now, std::memory_order_relaxed);
    if (state_.load(std::memory_order_relaxed) != State::beating) set(State::beating);
  }
  /// The thread sleeps until an interrupt or the end of the window wakes it.
  void sleep() { set(State::asleep); }
  /// The thread ended in an orderly way.
  void end() { set(State::ended); }

  // Called by any thread.
  State state() const { return state_.load(std::memory_order_relaxed); }
  /// Ticks since the last beat. Meaningful once the thread has beaten.
  std::int64_t since(std::int64_t now) const { return now - at_.load(std::memory_order_relaxed); }

 private:
  void set(State state) { state_.store(state, std::memory_order_relaxed); }

  std::atomic<std::int64_t> at_{0};
  std::atomic<State> state_{State::not_started};
};

/// How many ticks a second heartbeat_now() has, measured since this object was made.
class HeartbeatRate {
 public:
  double ticks_per_second() const {
    const double seconds = (steady() - steady_).seconds();
    return seconds > 0 ? static_cast<double>(heartbeat_now() - ticks_) / seconds : 1e9;
  }

 private:
  static Nanoseconds steady() {
    timespec time{};
    clock_gettime(CLOCK_MONOTONIC, &time);
    return {std::int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec};
  }

  std::int64_t ticks_ = heartbeat_now();
  Nanoseconds steady_ = steady();
};

}  // namespace floodgauge
