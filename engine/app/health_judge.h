// The one judgement of whether the sensor works. It is made when somebody asks, by the thread that
// asks, from heartbeats: so it is true also when the thread that merges stands still.
#pragma once

#include <vector>

#include "engine/base/heartbeat.h"
#include "engine/base/units.h"
#include "engine/model/health.h"

namespace floodgauge {

/// What the judgement is made from, at one moment.
struct Vitals {
  /// How long a thread may stand still before it is called ill, and windows may wait for their
  /// merge beyond their own length. Below 2 s, in which an illness has to be told.
  static constexpr Nanoseconds kPatience = milliseconds(1500);

  bool ports_started = false;
  bool stopping = false;  ///< asked to end: workers that end are not ill
  std::vector<const Heartbeat*> workers;
  const Heartbeat* merge = nullptr;  ///< beats whenever the merging thread looks for a window
  bool any_merged = false;
  /// How far the last merged window lies behind the clock, and how long a window is. A replay,
  /// which waits for nobody, has no such lag: 0.
  Nanoseconds lag;
  Nanoseconds window = milliseconds(100);
};

/// Thread-safe for vitals whose heartbeats are. `now`: steady_now().
Health judge(const Vitals& vitals, Nanoseconds now);

}  // namespace floodgauge
