// The settings of a replay: the configuration file with the options of the command line on top.
#pragma once

#include <string>

#include "config/settings.h"
#include "engine/app/replay.h"

namespace floodgauge {

/// Prints the warnings of the configuration file to standard error. Throws Refusal when the file or
/// an option is wrong.
Settings replay_settings(const ReplayOptions& options);

/// What is protected, for the report: "3 prefixes from link.yaml".
std::string protecting_text(const ReplayOptions& options, const Settings& settings);

/// Throws Refusal when an output file is one of the captures.
void refuse_captures_as_output(const ReplayOptions& options);

}  // namespace floodgauge
