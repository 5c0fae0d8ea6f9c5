// How a thread shows that it does its work, to whoever asks from another thread.
#pragma once

#include <atomic>
#include <cstdint>

#include "engine/base/steady_time.h"

namespace floodgauge {

/// One thread beats, any thread reads. Relaxed loads and stores: a heartbeat orders nothing else.
class Heartbeat {
 public:
  enum class State : std::uint8_t { not_started, beating, asleep, ended };

  // The beating thread.
  /// The thread does its work. Costs two stores.
  void beat(Nanoseconds now) {
    at_.store(now.count, std::memory_order_relaxed);
    if (state_.load(std::memory_order_relaxed) != State::beating) set(State::beating);
  }
  /// The thread sleeps until an interrupt wakes it, which is no illness however long it takes.
  void sleep() { set(State::asleep); }
  /// The thread has ended in an orderly way.
  void end() { set(State::ended); }

  // Any thread.
  State state() const { return state_.load(std::memory_order_relaxed); }
  /// How long ago the last beat was. Meaningful once the thread has beaten.
  Nanoseconds since(Nanoseconds now) const {
    return {now.count - at_.load(std::memory_order_relaxed)};
  }

 private:
  void set(State state) { state_.store(state, std::memory_order_relaxed); }

  std::atomic<std::int64_t> at_{0};
  std::atomic<State> state_{State::not_started};
};

}  // namespace floodgauge
