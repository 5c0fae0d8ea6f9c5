// Times as text in UTC, in the formats for programs and for people.
#pragma once

#include <string>

#include "engine/base/units.h"

namespace floodgauge {

/// RFC 3339 with nanoseconds: "2026-11-21T18:12:07.300000000Z". Always 30 characters.
std::string rfc3339(Nanoseconds time);

/// "2026-11-21 18:00:02", rounded down to the second.
std::string date_and_time(Nanoseconds time);

/// "18:12:07.3", rounded down to the tenth of a second.
std::string time_of_day(Nanoseconds time);

/// True when both times are on the same UTC day.
bool same_day(Nanoseconds a, Nanoseconds b);

}  // namespace floodgauge
