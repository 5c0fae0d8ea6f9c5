#include "detectors/usual_rate.h"

#include <algorithm>
#include <cmath>

namespace floodgauge {
namespace {

/// Over how many seconds the level and the spread are averaged: few enough to follow the rise of a
/// morning, many enough not to follow a flood.
constexpr double kMemory = 600;
/// Weight of a new week in the level and spread of an hour of the week.
constexpr double kNewWeek = 0.4;
/// Seconds that have to be seen of an hour before it is learnt.
constexpr std::uint32_t kLeastOfHour = 1200;
/// The least limit, as a multiple of the level.
constexpr double kLeastFactor = 1.5;

constexpr std::int64_t kHour = 3600;

double limit_of(double level, double spread, double sensitivity) {
  return std::max(level * kLeastFactor, level + sensitivity * spread);
}

}  // namespace

std::size_t hour_of_week(Nanoseconds time) {
  constexpr std::int64_t kWeek = 168;
  std::int64_t hours = time.count / 1'000'000'000 / kHour;
  if (time.count < 0) --hours;
  // 1970-01-01 was a Thursday.
  return static_cast<std::size_t>(((hours + 72) % kWeek + kWeek) % kWeek);
}

void UsualRate::learn(double rate, Nanoseconds time, Nanoseconds shift) {
  if (!std::isfinite(rate) || rate < 0) return;
  const std::size_t hour = hour_of_week(time + shift);
  if (hour != hour_) close_hour();
  hour_ = hour;
  hour_sum_ += rate;
  hour_squares_ += rate * rate;
  ++hour_seconds_;
  double memory = std::min(static_cast<double>(seconds_) + 1, kMemory);
  if (seconds_ == 0) level_ = rate;
  const double gap = (time - last_).seconds();
  if (seconds_ != 0 && gap > 2) {
    const double quiet = std::min(gap - 1, static_cast<double>(kHour));
    const double kept = std::exp(-quiet / memory);
    variance_ = kept * variance_ + (1 - kept) * kept * level_ * level_;
    level_ *= kept;
    seconds_ += static_cast<std::uint64_t>(quiet);
    memory = std::min(static_cast<double>(seconds_) + 1, kMemory);
  }
  const double off = rate - level_;
  level_ += off / memory;
  variance_ += (off * off - variance_) / memory;
  ++seconds_;
  last_ = time;
}

void UsualRate::close_hour() {
  if (hour_ < kHoursOfWeek && hour_seconds_ >= kLeastOfHour) {
    if (season_ == nullptr) season_ = std::make_unique<Season>();
    Hour& hour = (*season_)[hour_];
    const double mean = hour_sum_ / hour_seconds_;
    const double variance = std::max(0.0, hour_squares_ / hour_seconds_ - mean * mean);
    const double weight = hour.weeks == 0 ? 1 : kNewWeek;
    hour.level += static_cast<float>(weight * (mean - double{hour.level}));
    hour.spread += static_cast<float>(weight * (std::sqrt(variance) - double{hour.spread}));
    ++hour.weeks;
  }
  hour_sum_ = 0;
  hour_squares_ = 0;
  hour_seconds_ = 0;
}

double UsualRate::limit(Nanoseconds time, double sensitivity) const {
  double limit = limit_of(level_, spread(), sensitivity);
  if (season_ == nullptr) return limit;
  // The hour that begins within 15 minutes and the one that ended 15 minutes ago count as well: a
  // daily rise at nine does not begin exactly at nine.
  constexpr Nanoseconds kSoon = whole_seconds(900);
  for (const Nanoseconds at : {time, time + kSoon, time - kSoon}) {
    const Hour& hour = (*season_)[hour_of_week(at)];
    if (hour.weeks == 0) continue;
    limit = std::max(limit, limit_of(double{hour.level}, double{hour.spread}, sensitivity));
  }
  return limit;
}

bool UsualRate::restore(double level, double spread, std::uint64_t seconds, const Season* season,
                        UsualRate& rate) {
  const auto is_rate = [](double value) { return std::isfinite(value) && value >= 0; };
  if (!is_rate(level) || !is_rate(spread) || !is_rate(spread * spread)) return false;
  rate = UsualRate();
  rate.level_ = level;
  rate.variance_ = spread * spread;
  rate.seconds_ = seconds;
  if (season == nullptr) return true;
  for (const Hour& hour : *season) {
    if (!is_rate(double{hour.level}) || !is_rate(double{hour.spread})) return false;
  }
  rate.season_ = std::make_unique<Season>(*season);
  return true;
}

}  // namespace floodgauge
