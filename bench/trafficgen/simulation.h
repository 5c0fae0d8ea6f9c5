// A discrete-event simulation. A conversation is a coroutine that sends packets and sleeps. A heap
// of wake-up times merges all conversations into one stream in time order. Only the conversations
// that are running are in memory.
#pragma once

#include <coroutine>
#include <cstdint>
#include <exception>
#include <utility>
#include <vector>

#include "engine/base/units.h"

namespace floodgauge::trafficgen {

/// A coroutine of the simulation. It is either started by Simulation::start, and then the
/// simulation owns it, or awaited by another process, which continues when this one has ended.
class [[nodiscard]] Process {
 public:
  struct promise_type;
  using Handle = std::coroutine_handle<promise_type>;

  struct FinalAwaiter {
    bool await_ready() const noexcept { return false; }
    std::coroutine_handle<> await_suspend(Handle self) const noexcept;
    void await_resume() const noexcept {}
  };

  struct promise_type {
    Handle parent;  ///< the process that awaits this one, if any

    Process get_return_object() { return Process(Handle::from_promise(*this)); }
    std::suspend_always initial_suspend() const noexcept { return {}; }
    FinalAwaiter final_suspend() const noexcept { return {}; }
    void return_void() const noexcept {}
    [[noreturn]] void unhandled_exception() const noexcept { std::terminate(); }
  };

  Process(Process&& other) noexcept : handle_(std::exchange(other.handle_, nullptr)) {}
  Process& operator=(Process&&) = delete;
  ~Process() {
    if (handle_) handle_.destroy();
  }

  // A process that is awaited runs as a part of the awaiting process.
  bool await_ready() const noexcept { return false; }
  Handle await_suspend(Handle parent) const noexcept {
    handle_.promise().parent = parent;
    return handle_;
  }
  void await_resume() const noexcept {}

  Handle release() { return std::exchange(handle_, nullptr); }

 private:
  explicit Process(Handle handle) : handle_(handle) {}
  Handle handle_;
};

/// Destroys a chain of awaiting processes. `handle`: the innermost of them.
inline void destroy_chain(Process::Handle handle) {
  while (handle.promise().parent) handle = handle.promise().parent;
  handle.destroy();
}

inline std::coroutine_handle<> Process::FinalAwaiter::await_suspend(Handle self) const noexcept {
  if (self.promise().parent) return self.promise().parent;
  self.destroy();  // a started process: nothing else refers to it
  return std::noop_coroutine();
}

class Simulation {
 public:
  explicit Simulation(Nanoseconds start) : now_(start) {}
  Simulation(const Simulation&) = delete;
  Simulation& operator=(const Simulation&) = delete;
  ~Simulation() {
    for (const Wakeup& wakeup : heap_) destroy_chain(wakeup.handle);
  }

  Nanoseconds now() const { return now_; }

  /// Starts `process` at `time`, or now if that time has passed.
  void start(Process process, Nanoseconds time) { wake(process.release(), time); }
  void start(Process process) { wake(process.release(), now_); }

  struct Sleep {
    Simulation& simulation;
    Nanoseconds until;
    bool await_ready() const noexcept { return false; }
    void await_suspend(Process::Handle handle) const { simulation.wake(handle, until); }
    void await_resume() const noexcept {}
  };
  Sleep until(Nanoseconds time) { return {*this, time}; }
  Sleep sleep(Nanoseconds span) { return {*this, now_ + span}; }

  /// Runs every event before `end`.
  void run(Nanoseconds end);

 private:
  struct Wakeup {
    Nanoseconds time;
    std::uint64_t order;  ///< wake-ups of equal times run in the order in which they were requested
    Process::Handle handle;
  };
  static bool later(const Wakeup& a, const Wakeup& b) {
    return a.time != b.time ? a.time > b.time : a.order > b.order;
  }
  void wake(Process::Handle handle, Nanoseconds time);

  Nanoseconds now_;
  std::uint64_t order_ = 0;
  std::vector<Wakeup> heap_;
};

}  // namespace floodgauge::trafficgen
