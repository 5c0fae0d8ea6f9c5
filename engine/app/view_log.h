// Log lines about prefixes of which one direction alone is visible.
#pragma once

#include <set>
#include <string>

#include "engine/app/daemon_log.h"
#include "engine/base/address.h"
#include "engine/model/snapshot.h"

namespace floodgauge {

/// For one thread.
class ViewLog {
 public:
  /// `log` must outlive this object.
  explicit ViewLog(DaemonLog& log) : log_(log) {}

  /// One line for each such prefix, once.
  void note(const EngineSnapshot& snapshot);

 private:
  DaemonLog& log_;
  std::set<IpPrefix> told_;  ///< at most as many as there are prefixes
};

}  // namespace floodgauge
