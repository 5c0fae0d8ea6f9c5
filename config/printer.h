// Prints Settings as YAML that loads as equal Settings, with every key written out.
#pragma once

#include <string>

#include "config/settings.h"

namespace floodgauge {

/// `settings` must be such as the loader makes: all values in range, and a profile `default`.
std::string print_config(const Settings& settings);

}  // namespace floodgauge
