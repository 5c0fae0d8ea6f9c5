// The event log: one JSON object a line for each transition of an incident. A full disk or a file
// gone away is counted and reported, and holds nothing up.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <string>

#include "engine/export/events/background_queue.h"
#include "engine/export/events/line_file.h"
#include "engine/export/events/repeated_warning.h"
#include "engine/model/incident.h"

namespace floodgauge {

/// What became of an event.
enum class EventResult : std::uint8_t {
  written,
  failed,   ///< the file could not be opened or written
  dropped,  ///< the disk did not keep up (WhenBehind::drop)
};
/// The names of the results in metrics, in the order of the enumeration.
inline constexpr std::array<const char*, 3> kEventResultNames = {"written", "failed", "dropped"};

class EventLog {
 public:
  /// What becomes of an event when the disk does not keep up: dropped and counted (a daemon), or
  /// waited for (a replay, which must lose nothing).
  enum class WhenBehind { drop, wait };

  struct Options {
    std::string path;
    WhenBehind when_behind = WhenBehind::drop;
    RepeatedWarning::Say report;  ///< called by the log's own thread, at most once a minute
    RepeatedWarning::Clock clock = std::chrono::steady_clock::now;
    /// Called once for each appended event: by the log's own thread, or, for a dropped event, by
    /// the thread that appended it.
    std::function<void(Transition, EventResult)> count = {};
  };

  /// Throws std::runtime_error when the file cannot be opened now. Later failures are only counted:
  /// each further event tries to open it again.
  explicit EventLog(Options options);
  ~EventLog();

  /// Any thread.
  void append(Nanoseconds time, Transition transition, const Incident& incident);

  /// Closes the file and opens the one that then has its name (log rotation, on SIGHUP), after all
  /// that was appended before. Any thread.
  void reopen();

  /// Waits until all that was appended is written, or failed.
  void flush();

 private:
  struct Job {
    bool reopen = false;  ///< there is no event in this job
    Transition transition = Transition::opened;
    std::string line;
  };
  void work(const Job& job);
  void put(Job job);
  void count(Transition transition, EventResult result) const;

  const std::string path_;
  const WhenBehind when_behind_;
  LineFile file_;
  RepeatedWarning warning_;
  const std::function<void(Transition, EventResult)> count_;
  BackgroundQueue<Job> queue_;  // last: its thread uses all of the above
};

}  // namespace floodgauge
