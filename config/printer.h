// Settings -> the YAML that loads again as equal Settings, every key written out.
#pragma once

#include <string>

#include "config/settings.h"

namespace floodgauge {

/// For settings that the loader could have made: values in their ranges, a profile `default`.
std::string print_config(const Settings& settings);

}  // namespace floodgauge
