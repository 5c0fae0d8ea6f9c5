// Reads a whole text file into memory.
#pragma once

#include <cstddef>
#include <string>

namespace floodgauge {

/// Reads at most `most` bytes and one more, which shows that the file is larger. Returns what is
/// wrong, such as "cannot be read: Permission denied", or an empty text.
std::string read_file_text(const std::string& path, std::size_t most, std::string& text);

}  // namespace floodgauge
