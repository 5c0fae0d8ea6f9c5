// The event log: one JSON object a line for each transition of an incident. A full disk or a file
// gone away is counted and reported, and holds nothing up.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>

#include "engine/export/events/background_queue.h"
#include "engine/export/events/line_file.h"
#include "engine/export/events/repeated_warning.h"
#include "engine/model/incident.h"

namespace floodgauge {

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

  std::uint64_t written() const { return written_.load(std::memory_order_relaxed); }
  /// Events that are not in the file: failed writes and those dropped.
  std::uint64_t errors() const;

 private:
  struct Job {
    bool reopen = false;
    std::string line;
  };
  void work(const Job& job);
  void put(Job job);

  const std::string path_;
  const WhenBehind when_behind_;
  LineFile file_;
  RepeatedWarning warning_;
  std::atomic<std::uint64_t> written_{0};
  std::atomic<std::uint64_t> failed_{0};
  BackgroundQueue<Job> queue_;  // last: its thread uses all of the above
};

}  // namespace floodgauge
