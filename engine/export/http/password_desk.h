// Decides which clients may be answered. A thread of its own checks passwords, one at a time, so
// that wrong passwords delay no other client. A client that sends wrong ones waits ever longer for
// its next check.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "engine/export/events/background_queue.h"
#include "engine/export/http/basic_auth.h"

namespace floodgauge {

/// All functions are for the thread that serves.
class PasswordDesk {
 public:
  using Clock = std::chrono::steady_clock;
  enum class Answer { allowed, refused, waits, too_many };

  /// A request that waits for its check, by the number of its connection.
  struct Verdict {
    std::uint64_t connection = 0;
    bool allowed = false;
  };

  /// So many requests may wait for a check; a further one is told to come again.
  static constexpr std::size_t kMostWaiting = 32;
  /// A client may be refused so often within kMemory before it has to wait.
  static constexpr unsigned kFreeRefusals = 3;
  static constexpr std::chrono::milliseconds kFirstDelay{250};
  static constexpr std::chrono::milliseconds kLongestDelay{4000};
  /// A client is forgotten this long after its last refusal.
  static constexpr std::chrono::seconds kMemory{60};
  static constexpr std::size_t kMostClients = 1024;

  /// `wake` is called by the checking thread when take() has something.
  PasswordDesk(std::map<std::string, std::string> users, std::function<void()> wake,
               std::function<Clock::time_point()> clock = Clock::now);

  /// From now on these users are known. Everybody's credentials are checked anew.
  void set_users(std::map<std::string, std::string> users);
  bool has_users() const { return !auth_->users().empty(); }
  const std::map<std::string, std::string>& users() const { return auth_->users(); }

  /// `client`: where the request comes from. With `waits`, take() returns the verdict later.
  Answer ask(std::uint64_t connection, const std::string& authorization, const std::string& client);
  /// The verdicts since the last call. Begins the next check.
  std::vector<Verdict> take();
  /// When take() has to be called again though nobody was woken; empty: no such time.
  std::optional<Clock::time_point> next() const;

 private:
  struct Waiting {
    std::uint64_t connection = 0;
    std::string authorization;
    std::string client;
  };
  struct Check {
    Waiting waiting;
    std::shared_ptr<const BasicAuth> auth;
    bool right = false;
  };
  struct Refusals {
    unsigned count = 0;
    Clock::time_point last;
  };
  Clock::time_point not_before(const std::string& client) const;
  void note_refusal(const std::string& client);
  void settle(const Check& check, std::vector<Verdict>& verdicts);
  void begin_next();

  std::function<void()> wake_;
  std::function<Clock::time_point()> clock_;
  std::shared_ptr<BasicAuth> auth_;
  std::deque<Waiting> waiting_;  ///< oldest first
  std::map<std::string, Refusals> refusals_;
  bool checking_ = false;
  std::mutex lock_;  ///< of done_
  std::optional<Check> done_;
  BackgroundQueue<Check> checks_;  // last: its thread uses the members above
};

}  // namespace floodgauge
