// A wrong configuration, said to the user: a line an error, and what was done about it.
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
