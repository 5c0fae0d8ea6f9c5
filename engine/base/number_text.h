// Figures as a person reads them: three digits, a magnitude and the unit.
#pragma once

#include <cstdint>
#include <string>

#include "engine/base/units.h"

namespace floodgauge {

/// "12,408,113".
std::string grouped(std::uint64_t count);

/// Three significant digits and a decimal magnitude: "612 k", "1.9 M", "402". A value that is not
/// finite is "-".
std::string magnitude(double value);

/// A magnitude before a unit: scaled(411800, "pps") is "412 kpps", scaled(2.1e8, "bit/s") is
/// "210 Mbit/s", scaled(8.21e9, "B") is "8.21 GB".
std::string scaled(double value, const std::string& unit);

/// A share of 1 in percent: "81 %", "0.4 %" below one, "0 %", "< 0.1 %".
std::string percent(double share);

/// The two largest units that are not zero: "42 min 10 s", "12 d 4 h", "1.5 s", "100 ms".
std::string duration(Nanoseconds span);

/// A span from seconds, kept within what Nanoseconds can hold.
Nanoseconds from_seconds(double seconds);

/// `noun` with its count: "1 flood", "2 floods", "2,560 addresses".
std::string counted(std::uint64_t count, const std::string& noun);

}  // namespace floodgauge
