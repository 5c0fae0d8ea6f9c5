// The one judgement of whether the sensor works. The thread that asks makes it from heartbeats, so
// that it is right also while the merging thread stands still.
#pragma once

#include <vector>

#include "engine/base/heartbeat.h"
#include "engine/base/units.h"
#include "engine/model/health.h"

namespace floodgauge {

/// The inputs of the judgement, at one moment.
struct Vitals {
  /// How long a thread may stand still before it is called ill, and windows may wait for their
  /// merge beyond their own length. Below 2 s, in which an illness has to be told.
  static constexpr Nanoseconds kPatience = milliseconds(1500);

  bool ports_started = false;
  /// Threads may end in an orderly way: the sensor was asked to stop, or it replays captures.
  bool may_end = false;
  std::vector<const Heartbeat*> workers = {};
  const Heartbeat* merge = nullptr;  ///< beats whenever the merging thread looks for a window
  double ticks_per_second = 1e9;     ///< of the heartbeats
  bool any_merged = false;
  /// How far the end of the last merged window lies behind the clock; 0 in a replay, whose windows
  /// have no deadline.
  Nanoseconds lag = {};
  Nanoseconds window = milliseconds(100);
};

/// `now`: heartbeat_now().
Health judge(const Vitals& vitals, std::int64_t now);

}  // namespace floodgauge
