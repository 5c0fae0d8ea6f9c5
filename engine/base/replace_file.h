// Replaces a file as a whole, so that a crash leaves the old one or the new one.
#pragma once

#include <string>
#include <string_view>

namespace floodgauge {

/// Writes `text` to `path`.new (mode 0600), synchronises it with the disk, and renames it to
/// `path`. Returns what went wrong, such as "PATH.new: cannot be written: No space left on device";
/// empty when nothing did.
std::string replace_file(const std::string& path, std::string_view text);

}  // namespace floodgauge
