// Numbers with units, as the configuration writes them: "50kpps", "1.5Gbps", "100ms", "64KiB".
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "config/threshold_table.h"
#include "engine/base/units.h"

namespace floodgauge {

/// A value, or what is wrong with its text and what to write instead.
template <class T>
struct Parsed {
  std::optional<T> value;
  std::string problem;
};

/// A finite rate of 0 or more, a second. Correctly rounded: rate_text of it reads back the same.
Parsed<double> parse_rate(std::string_view text, RateKind kind);
/// ns, us, ms, s, m, h, d; 0 to about 292 years, whole nanoseconds. `usual_unit` is proposed when
/// the unit is missing.
Parsed<Nanoseconds> parse_duration(std::string_view text, std::string_view usual_unit);
/// B, KiB, MiB, GiB: whole bytes below 2^63.
Parsed<std::uint64_t> parse_size(std::string_view text);
/// Decimal digits alone, below 2^64.
std::optional<std::uint64_t> parse_count(std::string_view text);
/// Digits with or without a fraction; no sign, no exponent.
std::optional<double> parse_decimal(std::string_view text);

/// The shortest text that reads back as the same value, in the largest unit that keeps it from 1
/// up. For finite values of 0 or more.
std::string rate_text(double per_second, RateKind kind);
/// In the largest unit of which it is a whole multiple. For spans of 0 or more.
std::string duration_text(Nanoseconds span);
std::string size_text(std::uint64_t bytes);
std::string decimal_text(double value);

}  // namespace floodgauge
