// Transitions of incidents on their way to the event log, the hook and the event stream. Where a
// history is kept, each is told only after it is stored: then nothing that was announced is missing
// after a crash. A disk that does not answer delays an announcement by kPatience at most.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <utility>

#include "engine/base/units.h"
#include "engine/model/incident.h"

namespace floodgauge {

/// Every method may be called by any thread. Transitions are told in the order of add().
class Announcements {
 public:
  using Clock = std::function<std::chrono::steady_clock::time_point()>;
  using Tell = std::function<void(Nanoseconds, Transition, const Incident&)>;

  static constexpr std::chrono::seconds kPatience{1};

  explicit Announcements(Tell tell, Clock clock = std::chrono::steady_clock::now)
      : tell_(std::move(tell)), clock_(std::move(clock)) {}

  /// The number to call stored() with.
  std::uint64_t add(Nanoseconds time, Transition transition,
                    std::shared_ptr<const Incident> incident) {
    const std::lock_guard lock(mutex_);
    waiting_.push_back({++last_, time, transition, std::move(incident), clock_()});
    return last_;
  }
  /// Tells this one, and those before it that are not told yet.
  void stored(std::uint64_t number) {
    const std::lock_guard lock(mutex_);
    while (!waiting_.empty() && waiting_.front().number <= number) tell_first();
  }
  /// Tells those that have waited too long.
  void tell_overdue() {
    const std::lock_guard lock(mutex_);
    while (!waiting_.empty() && clock_() - waiting_.front().since >= kPatience) tell_first();
  }
  /// Tells all that are left.
  void tell_all() {
    const std::lock_guard lock(mutex_);
    while (!waiting_.empty()) tell_first();
  }

 private:
  struct Waiting {
    std::uint64_t number;
    Nanoseconds time;
    Transition transition;
    std::shared_ptr<const Incident> incident;
    std::chrono::steady_clock::time_point since;
  };
  void tell_first() {
    const Waiting first = std::move(waiting_.front());
    waiting_.pop_front();
    tell_(first.time, first.transition, *first.incident);
  }

  const Tell tell_;
  const Clock clock_;
  std::mutex mutex_;
  std::deque<Waiting> waiting_;
  std::uint64_t last_ = 0;
};

}  // namespace floodgauge
