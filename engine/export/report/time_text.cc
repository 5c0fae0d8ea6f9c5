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

std::optional<Nanoseconds> parse_time(std::string_view text) {
  // Digits of a fixed number, then the character that ends them; '\0': none does.
  const auto take = [&](std::size_t digits, char end, int& value) {
    value = 0;
    if (text.size() < digits + (end != 0 ? 1 : 0)) return false;
    for (std::size_t i = 0; i < digits; ++i) {
      if (text[i] < '0' || text[i] > '9') return false;
      value = value * 10 + (text[i] - '0');
    }
    if (end != 0 && text[digits] != end) return false;
    text.remove_prefix(digits + (end != 0 ? 1 : 0));
    return true;
  };
  int year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0;
  if (!take(4, '-', year) || !take(2, '-', month) || !take(2, 'T', day) || !take(2, ':', hour) ||
      !take(2, ':', minute) || !take(2, 0, second)) {
    return std::nullopt;
  }
  const std::chrono::year_month_day date(std::chrono::year{year},
                                         std::chrono::month{static_cast<unsigned>(month)},
                                         std::chrono::day{static_cast<unsigned>(day)});
  const bool sound =
      date.ok() && year >= 1970 && year <= 2261 && hour < 24 && minute < 60 && second < 61;
  if (!sound) return std::nullopt;
  std::int64_t fraction = 0;
  if (text.starts_with('.')) {
    text.remove_prefix(1);
    std::int64_t unit = kNanosecondsPerSecond / 10;
    const std::size_t before = text.size();
    for (; !text.empty() && text[0] >= '0' && text[0] <= '9'; text.remove_prefix(1), unit /= 10) {
      fraction += unit * (text[0] - '0');
    }
    if (text.size() == before) return std::nullopt;
  }
  std::int64_t offset = 0;
  if (text != "Z") {
    const bool east = text.starts_with('+');
    if (!east && !text.starts_with('-')) return std::nullopt;
    text.remove_prefix(1);
    int hours = 0, minutes = 0;
    if (!take(2, ':', hours) || !take(2, 0, minutes) || !text.empty()) return std::nullopt;
    if (hours > 23 || minutes > 59) return std::nullopt;
    offset = (east ? 1 : -1) * (hours * 3600 + minutes * 60);
  }
  const std::int64_t days = std::chrono::sys_days(date).time_since_epoch().count();
  const std::int64_t seconds = days * 86'400 + hour * 3600 + minute * 60 + second - offset;
  return Nanoseconds{seconds * kNanosecondsPerSecond + fraction};
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
