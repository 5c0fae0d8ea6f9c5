// Keys of FastNetMon that floodgauge has no twin for, and the reason.
#pragma once

#include <string>
#include <string_view>

namespace floodgauge {

/// One sentence without its full stop.
std::string fastnetmon_reason(std::string_view key);

}  // namespace floodgauge
