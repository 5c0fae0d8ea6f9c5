// Times as text in UTC, in the formats for programs and for people.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "engine/base/units.h"

namespace floodgauge {

/// RFC 3339 with nanoseconds: "2026-11-21T18:12:07.300000000Z". Always 30 characters.
std::string rfc3339(Nanoseconds time);

/// Parses RFC 3339: "2026-11-21T18:12:07.3Z", "2026-11-21T19:12:07+01:00"; nothing when the text is
/// none, or lies outside of 1970 to 2261.
std::optional<Nanoseconds> parse_time(std::string_view text);

/// "2026-11-21 18:00:02", rounded down to the second.
std::string date_and_time(Nanoseconds time);

/// "18:12:07.3", rounded down to the tenth of a second.
std::string time_of_day(Nanoseconds time);

/// True when both times are on the same UTC day.
bool same_day(Nanoseconds a, Nanoseconds b);

}  // namespace floodgauge
