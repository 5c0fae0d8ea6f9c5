// The text of a file that a user wrote.
#pragma once

#include <string>

namespace floodgauge {

/// Reads the file into `text`, at most one byte more than a YAML file may have (YamlLimits), so
/// that the parser reports a larger one. Returns what is wrong, or an empty text.
std::string read_file_text(const std::string& path, std::string& text);

}  // namespace floodgauge
