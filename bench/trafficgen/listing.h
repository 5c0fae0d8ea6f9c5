// The text of --list.
#pragma once

#include <string>

namespace floodgauge::trafficgen {

std::string listing();

}  // namespace floodgauge::trafficgen
