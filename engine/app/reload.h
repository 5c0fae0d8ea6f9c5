// Which changes of a configuration a running daemon can adopt, and which need a restart.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <string>
#include <vector>

#include "config/settings.h"

namespace floodgauge {

struct ReloadPlan {
  Settings settings;  ///< `next`, but with the running values of settings that need a restart
  std::vector<std::string> after_restart;  ///< keys that changed and need a restart
};

ReloadPlan plan_reload(const Settings& running, const Settings& next);

/// Other threads request a reload from the merge thread here, and wait for its result.
class ReloadRequests {
 public:
  /// Requests a reload and waits up to ten seconds for the result: empty, or what is wrong. May be
  /// called by any thread.
  std::string request();
  /// Called by the merge thread: runs `reload` if it was requested, and answers all that requested
  /// it.
  void handle(const std::function<std::string()>& reload);
  /// From now on every request fails.
  void close();

 private:
  std::mutex lock_;
  std::condition_variable changed_;
  bool closed_ = false;
  std::uint64_t requested_ = 0;
  std::uint64_t answered_ = 0;
  std::string answer_;
};

}  // namespace floodgauge
