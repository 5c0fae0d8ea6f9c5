// Log lines about packets that were lost, not forwarded or came twice, and about work that workers
// stopped.
#pragma once

#include <cstdint>
#include <vector>

#include "engine/app/daemon_log.h"
#include "engine/app/sensor.h"
#include "engine/export/events/repeated_warning.h"
#include "engine/model/snapshot.h"

namespace floodgauge {

/// For one thread. It reports what changed between two calls.
class OverloadLog {
 public:
  /// `log` must outlive this object.
  explicit OverloadLog(DaemonLog& log);

  /// Packets lost before counting and packets not forwarded, and frames that came twice; at most
  /// one line a minute of each.
  void losses(const EngineSnapshot& snapshot);
  /// What bounds keep out: incidents, targets, and what EngineSnapshot::left_out has; at most one
  /// line a minute of each.
  void bounds(const EngineSnapshot& snapshot);
  /// Each step of shedding that a worker began or ended. A worker ends a step at the earliest after
  /// one second, which keeps the log short.
  void shedding(const Sensor& sensor);

 private:
  DaemonLog& log_;
  RepeatedWarning warning_;
  RepeatedWarning copies_;
  /// A number that a bound has counted, as last logged.
  struct Bound {
    explicit Bound(DaemonLog& log) : warning([&log](const std::string& line) { log.warn(line); }) {}
    RepeatedWarning warning;
    std::uint64_t logged = 0;
  };
  std::vector<Bound> bounds_;
  std::uint64_t duplicates_ = 0;  ///< EngineSnapshot::duplicates at the last call
  std::uint64_t lost_ = 0;        ///< EngineSnapshot::dropped at the last call
  std::uint64_t not_sent_ = 0;    ///< transmit_dropped of all ports at the last call
  std::vector<Shed> shedding_;    ///< by worker, as last logged
};

}  // namespace floodgauge
