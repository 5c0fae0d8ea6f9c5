// Runs the operator's program for each transition, with the event as one line of JSON on its
// standard input: {time, event, incident}, as in the event log.
// The data path never runs it. Runs do not overlap, and each has a time limit.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <string>

#include "engine/export/events/background_queue.h"
#include "engine/export/events/repeated_warning.h"
#include "engine/model/incident.h"

namespace floodgauge {

/// How a run of the hook ended.
enum class HookResult : std::uint8_t {
  succeeded,
  failed,     ///< exit status not 0, or ended by a signal that was not ours
  timed_out,  ///< ended by the runner after Options::timeout
  not_started,
  dropped,  ///< never run: Options::queue runs were waiting
};
/// The names of the results in metrics, in the order of the enumeration.
inline constexpr std::array<const char*, 5> kHookResultNames = {"succeeded", "failed", "timed_out",
                                                                "not_started", "dropped"};

class HookRunner {
 public:
  struct Options {
    std::string program;  ///< a path; no shell, no arguments
    std::chrono::milliseconds timeout = std::chrono::seconds(10);
    /// Time between SIGTERM and SIGKILL.
    std::chrono::milliseconds grace = std::chrono::seconds(1);
    std::size_t queue = 256;
    RepeatedWarning::Report report;  ///< called by the runner's thread, at most once a minute
    /// Called once for each requested run, except for runs that the destructor cancels. By the
    /// runner's thread; for a dropped run by the thread that requested it.
    std::function<void(HookResult)> count;
  };

  explicit HookRunner(Options options);
  /// Ends the program if it is running, and cancels the waiting runs. Call drain() first to have
  /// them run.
  ~HookRunner();

  /// Never waits; may be called by any thread. The program finds the transition's name in
  /// FLOODGAUGE_EVENT and its time in FLOODGAUGE_TIME.
  void run(Nanoseconds time, Transition transition, const Incident& incident);

  /// Waits until every requested run has ended.
  void drain();
  /// The same, but waits no longer than `patience`. False when runs are left.
  bool drain_for(std::chrono::milliseconds patience);

 private:
  struct Job {
    std::string event;
    std::string time;
    std::string input;
  };
  /// Empty where the runner was stopped during the run.
  using Ending = std::optional<HookResult>;

  void work(const Job& job);
  void count(HookResult result) const;
  Ending run_once(const Job& job, std::string& why);
  Ending attend(pid_t child, int child_fd, int input_fd, const std::string& input,
                std::string& why);
  void end_group(pid_t child, int child_fd) const;

  const Options options_;
  RepeatedWarning warning_;
  std::mutex dropped_lock_;  ///< of the next
  RepeatedWarning dropped_warning_;
  int stop_fd_ = -1;            ///< an eventfd that becomes readable when the runner must stop
  BackgroundQueue<Job> queue_;  // last: its thread uses the members above
};

}  // namespace floodgauge
