// What is usual for one rate: its level and spread in the last minutes, and in the same hour of the
// week in earlier weeks. A value far above both is unusual. The moments are exponentially weighted
// as in Roberts, "Control chart tests based on geometric moving averages", Technometrics 1(3),
// 1959; the levels by season are as in Brutlag, "Aberrant behavior detection in time series for
// network monitoring", LISA 2000.
#pragma once

#include <array>
#include <cmath>
#include <cstdint>
#include <memory>

#include "engine/base/units.h"

namespace floodgauge {

/// The hours of a week, counted from Monday 00:00 UTC.
inline constexpr std::size_t kHoursOfWeek = 168;
std::size_t hour_of_week(Nanoseconds time);

class UsualRate {
 public:
  /// What is usual in one hour of the week.
  struct Hour {
    float level = 0;
    float spread = 0;
    std::uint32_t weeks = 0;  ///< weeks in which this hour was seen
  };
  using Season = std::array<Hour, kHoursOfWeek>;

  /// Learns the rate of the second at `time`. Seconds since the one before that were not seen count
  /// as seconds with rate 0, at most an hour of them. The hour of the week is that of `time` and
  /// `shift` together.
  void learn(double rate, Nanoseconds time, Nanoseconds shift = {});

  /// The rate above which a second is unusual: `sensitivity` spreads above the level, and at least
  /// 1.5 times the level. It is computed from the last minutes and from the hour of the week, and
  /// the greater value counts.
  double limit(Nanoseconds time, double sensitivity) const;

  double level() const { return level_; }
  /// Standard deviation.
  double spread() const { return std::sqrt(variance_); }
  /// Seconds that were learnt.
  std::uint64_t seconds() const { return seconds_; }
  /// nullptr until the first hour is over.
  const Season* season() const { return season_.get(); }

  /// Sets `rate` to what was saved. Returns false for values that are no rates (negative or not
  /// finite).
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
