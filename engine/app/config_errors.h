// The message for an invalid configuration: one line for each error, and a line that tells what was
// done.
#pragma once

#include <string>
#include <vector>

#include "config/loader.h"

namespace floodgauge {

inline std::string config_errors_text(const std::vector<ConfigError>& errors) {
  std::string text;
  for (const ConfigError& error : errors) text += error.text() + "\n";
  return text + std::to_string(errors.size()) + (errors.size() == 1 ? " error" : " errors") +
         "; nothing was started";
}

}  // namespace floodgauge
