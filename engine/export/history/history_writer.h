// Keeps the history from a thread of its own, so that neither the data path nor the merge waits for
// the disk. Without room it keeps what is newest in memory and tries again.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "engine/export/history/history_store.h"

namespace floodgauge {

/// What became of a transition or of a minute.
enum class HistoryResult : std::uint8_t {
  written,
  failed,   ///< it could not be written when it was due; it is tried again
  dropped,  ///< given up: too much was waiting
};
inline constexpr std::array<const char*, 3> kHistoryResultNames = {"written", "failed", "dropped"};

class HistoryWriter {
 public:
  struct Options {
    std::string path;
    HistoryLimits limits = {};
    std::string what = "run";  ///< the run, as in HistoryStore
    bool wait = false;         ///< replay: put() waits where a daemon would drop
    std::function<void(const std::string&)> report = {};
    std::function<void(HistoryResult)> count = {};
    std::chrono::milliseconds retry = std::chrono::seconds(1);
  };
  /// Called by the history's thread when the transition is stored, or cannot be at present.
  using Then = std::function<void()>;

  /// Throws HistoryError when the path cannot be used.
  explicit HistoryWriter(Options options);
  /// Writes what is waiting, if there is room.
  ~HistoryWriter();
  HistoryWriter(const HistoryWriter&) = delete;
  HistoryWriter& operator=(const HistoryWriter&) = delete;

  /// False, without calling `then`, when too much is waiting. By any thread.
  bool put(HistoryEntry entry, Then then);
  bool put(MinuteRates minute);
  /// Waits until everything is stored or has failed once.
  void flush();
  /// flush(), but waits no longer than `patience`.
  bool flush_for(std::chrono::milliseconds patience);

  /// The highest number of an incident of a daemon that the file had when it was opened.
  std::uint32_t last_number() const { return last_number_; }
  const std::string& path() const { return options_.path; }
  /// Bytes in use; by any thread.
  std::uint64_t used_bytes() const { return used_bytes_.load(std::memory_order_relaxed); }

  static constexpr std::size_t kMostWaiting = 4096;
  /// What is kept in memory while there is no room.
  static constexpr std::size_t kMostUnwritten = 2000;
  static constexpr std::size_t kMostUnwrittenMinutes = 60;

 private:
  struct Job {
    std::optional<HistoryEntry> entry;
    std::optional<MinuteRates> minute;
    Then then;
  };
  bool put(Job job);
  void run();
  void take_over(std::deque<Job>& jobs);
  void write();
  void open_store();
  void count_written(std::size_t all) const;
  void leave_damaged();
  void say_once(const std::string& what);
  void count(HistoryResult result, std::size_t times) const;

  const Options options_;
  // Of the thread alone.
  std::unique_ptr<HistoryStore> store_;
  std::map<std::string, HistoryEntry> unwritten_;  ///< by id: the newest transition
  std::deque<MinuteRates> unwritten_minutes_;
  bool failing_ = false;
  std::chrono::steady_clock::time_point next_attempt_{};  ///< while it fails
  // Shared.
  std::atomic<std::uint32_t> last_number_{0};
  std::atomic<std::uint64_t> used_bytes_{0};
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Job> jobs_;
  bool working_ = false;
  bool stopping_ = false;
  std::thread thread_;  // last: it uses the members above
};

}  // namespace floodgauge
