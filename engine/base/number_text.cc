#include "engine/base/number_text.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>

namespace floodgauge {
namespace {

struct Scaled {
  std::string digits;
  const char* prefix;
};

/// Splits `value` into three significant digits, without trailing zeros after the point, and its SI
/// prefix.
Scaled scale(double value) {
  static constexpr std::array<const char*, 7> kPrefixes = {"", "k", "M", "G", "T", "P", "E"};
  std::size_t step = 0;
  double rest = std::abs(value);
  // 999.5 would be rounded to 1000, four digits, so it gets the next prefix.
  while (rest >= 999.5 && step + 1 < kPrefixes.size()) {
    rest /= 1000;
    ++step;
  }
  // Three significant digits: two decimals below 10, one below 100.
  const int decimals = rest >= 99.95 ? 0 : rest >= 9.995 ? 1 : 2;
  char text[64];
  std::snprintf(text, sizeof text, "%.*f", decimals, rest);
  std::string digits = text;
  if (digits.find('.') != std::string::npos) {
    while (digits.back() == '0') digits.pop_back();
    if (digits.back() == '.') digits.pop_back();
  }
  if (value < 0 && digits != "0") digits.insert(0, "-");
  return {digits, kPrefixes[step]};
}

}  // namespace

std::string grouped(std::uint64_t count) {
  std::string text = std::to_string(count);
  for (std::size_t at = text.size(); at > 3;) {
    at -= 3;
    text.insert(at, ",");
  }
  return text;
}

std::string magnitude(double value) {
  if (!std::isfinite(value)) return "-";
  const Scaled parts = scale(value);
  return *parts.prefix == '\0' ? parts.digits : parts.digits + " " + parts.prefix;
}

std::string scaled(double value, const std::string& unit) {
  if (!std::isfinite(value)) return "-";
  const Scaled parts = scale(value);
  return parts.digits + " " + parts.prefix + unit;
}

std::string percent(double share) {
  if (!std::isfinite(share)) return "-";
  const double value = share * 100;
  if (value == 0) return "0 %";
  if (value > 0 && value < 0.1) return "< 0.1 %";
  char text[64];
  std::snprintf(text, sizeof text, std::abs(value) < 0.95 ? "%.1f %%" : "%.0f %%", value);
  return text;
}

std::string duration(Nanoseconds span) {
  if (span.count < 0) return "-" + duration({-span.count});
  char text[64];
  // Rounds before the unit is chosen, so that 59.96 s is shown as 1 min and not as 60 s.
  const std::int64_t ms = (span.count + 500'000) / 1'000'000;
  if (ms < 1000) {
    std::snprintf(text, sizeof text, "%lld ms", static_cast<long long>(ms));
    return text;
  }
  const std::int64_t tenths = (span.count + 50'000'000) / 100'000'000;
  if (tenths < 600) {
    std::snprintf(text, sizeof text, tenths % 10 == 0 ? "%.0f s" : "%.1f s",
                  static_cast<double>(tenths) / 10);
    return text;
  }
  const std::int64_t seconds = (span.count + 500'000'000) / 1'000'000'000;
  struct Unit {
    std::int64_t seconds;
    const char* name;
  };
  static constexpr std::array<Unit, 4> kUnits = {
      {{86400, "d"}, {3600, "h"}, {60, "min"}, {1, "s"}}};
  for (std::size_t i = 0; i + 1 < kUnits.size(); ++i) {
    if (seconds < kUnits[i].seconds) continue;
    const std::int64_t large = seconds / kUnits[i].seconds;
    const std::int64_t small = seconds % kUnits[i].seconds / kUnits[i + 1].seconds;
    std::string result = grouped(static_cast<std::uint64_t>(large)) + " " + kUnits[i].name;
    if (small != 0) result += " " + std::to_string(small) + " " + kUnits[i + 1].name;
    return result;
  }
  return std::to_string(seconds) + " s";
}

Nanoseconds from_seconds(double seconds) {
  constexpr double kMost = 9e9;  // 285 years
  if (std::isnan(seconds)) return {};
  return {std::llround(std::clamp(seconds, -kMost, kMost) * 1e9)};
}

std::string counted(std::uint64_t count, const std::string& noun) {
  if (count == 1) return "1 " + noun;
  const bool takes_es = noun.ends_with("s") || noun.ends_with("x") || noun.ends_with("ch");
  return grouped(count) + " " + noun + (takes_es ? "es" : "s");
}

}  // namespace floodgauge
