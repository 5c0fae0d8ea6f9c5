// Times for people in the zone that they asked for. Each text names its zone.
#pragma once

#include <string>

#include "engine/base/units.h"

namespace floodgauge {

enum class Zone { utc, local };

/// Local on a terminal, UTC elsewhere, and UTC where the user asks for it.
Zone zone_for(int fd, bool utc);

/// "2026-11-21 18:12:07 UTC"; local with the zone's abbreviation: "2026-11-21 19:12:07 CET".
std::string zoned(Nanoseconds time, Zone zone);
/// The same of an RFC 3339 text; a text that is none comes back as it is.
std::string zoned(const std::string& rfc3339_text, Zone zone);

}  // namespace floodgauge
