#include "engine/export/report/time_text.h"

#include <chrono>
#include <cstdio>

namespace floodgauge {
namespace {

constexpr std::int64_t kNanosecondsPerSecond = 1'000'000'000;

/// The date and time of day of a point in time, by the proleptic Gregorian calendar.
struct Calendar {
  int year;
  unsigned month;
  unsigned day;
  long hour;
  long minute;
  long second;
  long nanosecond;
};

std::chrono::sys_days day_of(Nanoseconds time) {
  return std::chrono::floor<std::chrono::days>(
      std::chrono::sys_time<std::chrono::nanoseconds>(std::chrono::nanoseconds(time.count)));
}

Calendar taken_apart(Nanoseconds time) {
  const std::chrono::sys_days day = day_of(time);
  const std::chrono::year_month_day date(day);
  const std::int64_t in_day =
      (std::chrono::nanoseconds(time.count) - day.time_since_epoch()).count();
  const std::int64_t seconds = in_day / kNanosecondsPerSecond;
  return {static_cast<int>(date.year()),
          static_cast<unsigned>(date.month()),
          static_cast<unsigned>(date.day()),
          seconds / 3600,
          seconds / 60 % 60,
          seconds % 60,
          in_day % kNanosecondsPerSecond};
}

}  // namespace

std::string rfc3339(Nanoseconds time) {
  const Calendar at = taken_apart(time);
  char text[64];
  std::snprintf(text, sizeof text, "%04d-%02u-%02uT%02ld:%02ld:%02ld.%09ldZ", at.year, at.month,
                at.day, at.hour, at.minute, at.second, at.nanosecond);
  return text;
}

std::string date_and_time(Nanoseconds time) {
  const Calendar at = taken_apart(time);
  char text[64];
  std::snprintf(text, sizeof text, "%04d-%02u-%02u %02ld:%02ld:%02ld", at.year, at.month, at.day,
                at.hour, at.minute, at.second);
  return text;
}

std::string time_of_day(Nanoseconds time) {
  const Calendar at = taken_apart(time);
  char text[64];
  std::snprintf(text, sizeof text, "%02ld:%02ld:%02ld.%ld", at.hour, at.minute, at.second,
                at.nanosecond / (kNanosecondsPerSecond / 10));
  return text;
}

bool same_day(Nanoseconds a, Nanoseconds b) {
  return day_of(a) == day_of(b);
}

}  // namespace floodgauge
