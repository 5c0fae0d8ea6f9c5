// The message for an invalid configuration: one line for each error, and a line with their number.
#pragma once

#include <string>
#include <vector>

#include "config/loader.h"

namespace floodgauge {

/// `then` says what was done because of them, such as "; nothing was started".
inline std::string config_errors_text(const std::vector<ConfigError>& errors,
                                      const std::string& then = "; nothing was started") {
  std::string text;
  for (const ConfigError& error : errors) text += error.text() + "\n";
  return text + std::to_string(errors.size()) + (errors.size() == 1 ? " error" : " errors") + then;
}

}  // namespace floodgauge
