// Steps of the machine's clock while the daemon runs. The engine counts time by the clock that
// never steps (CLOCK_MONOTONIC), from UTC as it was at the start, so that windows stay whole. After
// a step (NTP that comes late, a clock put right by hand, a machine that slept) all times that
// leave the program are put right by the same amount.
#pragma once

#include <cstdint>
#include <optional>

#include "config/settings.h"
#include "engine/base/units.h"
#include "engine/model/incident.h"
#include "engine/model/minute_rates.h"
#include "engine/model/snapshot.h"

namespace floodgauge {

/// For one thread.
class ClockWatch {
 public:
  /// Smaller differences are measuring errors; NTP steps the clock from 128 ms on (ntpd(8)).
  static constexpr Nanoseconds kLeastStep = milliseconds(100);

  /// `off`: how far the machine's clock is ahead of the engine's. Returns the step since the last
  /// call, if there was one.
  std::optional<Nanoseconds> check(Nanoseconds off);
  /// To be added to each time of the engine.
  Nanoseconds shift() const { return shift_; }
  std::uint64_t steps() const { return steps_; }

 private:
  Nanoseconds shift_;
  std::uint64_t steps_ = 0;
};

/// Moves all times.
void shift_times(Incident& incident, Nanoseconds shift);
void shift_times(EngineSnapshot& snapshot, Nanoseconds shift);
/// A minute stays one that begins with a whole minute.
void shift_times(MinuteRates& minute, Nanoseconds shift);
/// The maintenance windows of UTC in the time of the engine.
void shift_maintenance(Settings& settings, Nanoseconds shift);

}  // namespace floodgauge
