// What a running daemon takes over from a changed configuration, and what waits for a restart.
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
  Settings settings;  ///< `next`, with what cannot change in a running process as it was
  std::vector<std::string> after_restart;  ///< keys that changed and wait
};

ReloadPlan plan_reload(const Settings& running, const Settings& next);

/// Where another thread asks the merge thread to reload, and waits for what came of it.
class ReloadDesk {
 public:
  /// Any thread. Empty when all went well, else what is wrong. Gives up after ten seconds.
  std::string ask();
  /// The merge thread: answers who asked, if anybody did.
  void serve(const std::function<std::string()>& reload);
  /// From here on nobody is served.
  void close();

 private:
  std::mutex lock_;
  std::condition_variable changed_;
  bool closed_ = false;
  std::uint64_t asked_ = 0;
  std::uint64_t answered_ = 0;
  std::string answer_;
};

}  // namespace floodgauge
