// Runs the operator's program for each transition, with the incident as JSON on its standard
// input. Never by the data path, never two at once, and never for longer than its time.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <string>

#include "engine/export/events/background_queue.h"
#include "engine/export/events/repeated_warning.h"
#include "engine/model/incident.h"

namespace floodgauge {

/// How the runs of the hook ended, since the start.
struct HookResults {
  std::uint64_t succeeded = 0;
  std::uint64_t failed = 0;     ///< exit status not 0, or ended by a signal
  std::uint64_t timed_out = 0;  ///< ended by us
  std::uint64_t not_started = 0;
  std::uint64_t dropped = 0;  ///< never run: too many were waiting
};

class HookRunner {
 public:
  struct Options {
    std::string program;  ///< a path; no shell, no arguments
    std::chrono::milliseconds timeout = std::chrono::seconds(10);
    /// Between SIGTERM and SIGKILL.
    std::chrono::milliseconds grace = std::chrono::seconds(1);
    std::size_t queue = 256;
    RepeatedWarning::Say report;  ///< called by the runner's own thread, at most once a minute
  };

  explicit HookRunner(Options options);
  /// Ends a program that runs; those waiting are not run. To have them run, drain() first.
  ~HookRunner();

  /// Any thread; never waits. The program finds the transition's name in FLOODGAUGE_EVENT and its
  /// time in FLOODGAUGE_TIME.
  void run(Nanoseconds time, Transition transition, const Incident& incident);

  /// Waits until every run that was ordered has ended.
  void drain();
  /// The same, but for no longer than `patience`; false when runs are left.
  bool drain_for(std::chrono::milliseconds patience);

  HookResults results() const;

 private:
  struct Job {
    std::string event;
    std::string time;
    std::string input;
  };
  enum class Ending { succeeded, failed, timed_out, not_started, stopped };

  void work(const Job& job);
  Ending run_once(const Job& job, std::string& why);
  Ending attend(pid_t child, int child_fd, int input_fd, const std::string& input,
                std::string& why);
  void end_group(pid_t child, int child_fd) const;

  const Options options_;
  RepeatedWarning warning_;
  int stop_fd_ = -1;  ///< an eventfd: readable once the runner is to stop
  std::atomic<std::uint64_t> succeeded_{0};
  std::atomic<std::uint64_t> failed_{0};
  std::atomic<std::uint64_t> timed_out_{0};
  std::atomic<std::uint64_t> not_started_{0};
  BackgroundQueue<Job> queue_;  // last: its thread uses all of the above
};

}  // namespace floodgauge
