// Times as people give them to commands: RFC 3339, or how long ago.
#pragma once

#include <optional>
#include <string>

#include "engine/base/units.h"

namespace floodgauge {

struct AskedTime {
  std::optional<Nanoseconds> time;  ///< nothing where the text is empty or wrong
  std::string problem;              ///< a sentence for the user; empty when nothing is wrong
};

/// `option`: the option with which the text was given, for the sentence.
AskedTime asked_time(const std::string& option, const std::string& text);

}  // namespace floodgauge
