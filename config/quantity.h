// Parses and prints numbers with units: "50kpps", "1.5Gbps", "100ms", "64KiB".
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "config/threshold_table.h"
#include "engine/base/units.h"

namespace floodgauge {

/// A value, or a sentence that says what is wrong with the text and what to write instead.
template <class T>
struct Parsed {
  std::optional<T> value;
  std::string problem;
};

/// A finite rate a second, at least 0. Correctly rounded, so that parsing rate_text() of a rate
/// gives the same rate.
Parsed<double> parse_rate(std::string_view text, RateKind kind);
/// In ns, us, ms, s, m, h or d; 0 to about 292 years, in whole nanoseconds. When the unit is
/// missing, the message proposes `usual_unit`.
Parsed<Nanoseconds> parse_duration(std::string_view text, std::string_view usual_unit);
/// In B, KiB, MiB or GiB; whole bytes below 2^63.
Parsed<std::uint64_t> parse_size(std::string_view text);
/// Only decimal digits; below 2^64.
std::optional<std::uint64_t> parse_count(std::string_view text);
/// Digits with or without a fraction; no sign, no exponent.
std::optional<double> parse_decimal(std::string_view text);

/// The shortest text that parses to the same value, in the largest unit in which the number is at
/// least
/// 1. For finite values of at least 0.
std::string rate_text(double per_second, RateKind kind);
/// In the largest unit of which `span` is a whole multiple. For spans of at least 0.
std::string duration_text(Nanoseconds span);
std::string size_text(std::uint64_t bytes);
std::string decimal_text(double value);

}  // namespace floodgauge
