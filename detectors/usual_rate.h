// What is usual for one rate: its level and spread of the last minutes, and of the same hour of the
// week in weeks before. A value far above both is unusual. Exponentially weighted moments as in
// Roberts, "Control chart tests based on geometric moving averages", Technometrics 1(3), 1959;
// levels by season as in Brutlag, "Aberrant behavior detection in time series for network
// monitoring", LISA 2000.
#pragma once

#include <array>
#include <cmath>
#include <cstdint>
#include <memory>

#include "engine/base/units.h"

namespace floodgauge {

/// A week by its hours, from Monday 00:00 UTC.
inline constexpr std::size_t kHoursOfWeek = 168;
std::size_t hour_of_week(Nanoseconds time);

class UsualRate {
 public:
  /// Of one hour of the week, over the weeks.
  struct Hour {
    float level = 0;
    float spread = 0;
    std::uint32_t weeks = 0;  ///< that it was seen in
  };
  using Season = std::array<Hour, kHoursOfWeek>;

  /// Takes in the rate of one second at `time`. Seconds that were not seen at all count as quiet,
  /// at most an hour of them.
  void learn(double rate, Nanoseconds time);

  /// The rate above which a second is unusual: `sensitivity` spreads above the level, never less
  /// than half as much again as the level, by the last minutes and by the hour of the week,
  /// whichever is greater.
  double limit(Nanoseconds time, double sensitivity) const;

  double level() const { return level_; }
  /// Standard deviation.
  double spread() const { return std::sqrt(variance_); }
  /// Seconds that it was learnt over.
  std::uint64_t seconds() const { return seconds_; }
  /// Null until an hour is over.
  const Season* season() const { return season_.get(); }

  /// As it was saved. Values that are no rates (negative, not finite) are refused.
  static bool restore(double level, double spread, std::uint64_t seconds, const Season* season,
                      UsualRate& rate);

 private:
  void close_hour();

  double level_ = 0;
  double variance_ = 0;
  std::uint64_t seconds_ = 0;
  Nanoseconds last_;
  // The running hour.
  std::size_t hour_ = kHoursOfWeek;
  double hour_sum_ = 0;
  double hour_squares_ = 0;
  std::uint32_t hour_seconds_ = 0;
  std::unique_ptr<Season> season_;
};

}  // namespace floodgauge
