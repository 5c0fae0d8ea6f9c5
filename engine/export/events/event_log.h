// The event log: one line with a JSON object for each transition of an incident. A full disk or a
// deleted file is counted and reported, and never blocks the caller.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <mutex>
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
  /// What happens to an event when the disk is too slow: a daemon drops and counts it; a replay,
  /// which must lose no event, waits.
  enum class WhenBehind { drop, wait };

  struct Options {
    std::string path;
    WhenBehind when_behind = WhenBehind::drop;
    RepeatedWarning::Report report;  ///< called by the log's thread, at most once a minute
    RepeatedWarning::Clock clock = std::chrono::steady_clock::now;
    /// Called once for each appended event, by the log's thread; for a dropped event by the thread
    /// that appended it.
    std::function<void(Transition, EventResult)> count = {};
  };

  /// Throws std::runtime_error when the file cannot be opened now. Later failures are only counted;
  /// each further event tries to open the file again.
  explicit EventLog(Options options);
  /// With WhenBehind::wait, writes all events first; otherwise call flush() or flush_for() before.
  ~EventLog();

  /// May be called by any thread.
  void append(Nanoseconds time, Transition transition, const Incident& incident);

  /// For log rotation, on SIGHUP: after all earlier events are written, closes the file and opens
  /// the path again. May be called by any thread.
  void reopen();

  /// Waits until every appended event is written or has failed.
  void flush();
  /// The same, but waits no longer than `patience`. False when events are left: a pipe's reader
  /// does not read.
  bool flush_for(std::chrono::milliseconds patience);
  /// Events that could not be written, or were dropped, so far. May be called by any thread.
  std::uint64_t lost() const { return lost_.load(std::memory_order_relaxed); }

 private:
  struct Job {
    bool reopen = false;  ///< there is no event in this job
    Transition transition = Transition::opened;
    std::string line;
  };
  void work(const Job& job);
  void put(Job job);
  void count(Transition transition, EventResult result);

  const std::string path_;
  const WhenBehind when_behind_;
  LineFile file_;
  RepeatedWarning warning_;
  std::mutex dropped_lock_;  ///< of the next
  RepeatedWarning dropped_warning_;
  const std::function<void(Transition, EventResult)> count_;
  std::atomic<std::uint64_t> lost_{0};
  BackgroundQueue<Job> queue_;  // last: its thread uses the members above
};

}  // namespace floodgauge
