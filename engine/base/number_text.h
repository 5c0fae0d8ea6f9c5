// Numbers as text for people: three significant digits, an SI prefix and the unit.
#pragma once

#include <cstdint>
#include <string>

#include "engine/base/units.h"

namespace floodgauge {

/// With thousands separators: "12,408,113".
std::string grouped(std::uint64_t count);

/// Three significant digits and an SI prefix: "612 k", "1.9 M", "402". A value that is not finite
/// is "-".
std::string magnitude(double value);

/// magnitude() with a unit: scaled(411800, "pps") is "412 kpps", scaled(2.1e8, "bit/s") is
/// "210 Mbit/s", scaled(8.21e9, "B") is "8.21 GB".
std::string scaled(double value, const std::string& unit);

/// A share (1 is all) in percent: "81 %", "0.4 %" if below 1 %, "0 %", "< 0.1 %".
std::string percent(double share);

/// The two largest units that are not zero: "42 min 10 s", "12 d 4 h", "1.5 s", "100 ms".
std::string duration(Nanoseconds span);

/// Converts seconds, limited to +-285 years, which Nanoseconds can hold. NaN gives 0.
Nanoseconds from_seconds(double seconds);

/// A count and the noun in singular or plural: "1 flood", "2 floods", "2,560 addresses".
std::string counted(std::uint64_t count, const std::string& noun);

}  // namespace floodgauge
