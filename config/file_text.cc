#include "config/file_text.h"

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <system_error>

namespace floodgauge {

std::string read_file_text(const std::string& path, std::size_t most, std::string& text) {
  std::error_code ignored;
  if (std::filesystem::is_directory(path, ignored)) return "is a directory; name a file";
  errno = 0;
  std::ifstream file(path, std::ios::binary);
  if (file) {
    std::string block(std::size_t{1} << 16, '\0');
    while (
        text.size() <= most &&
        (file.read(block.data(), static_cast<std::streamsize>(block.size())), file.gcount() > 0)) {
      text.append(block, 0, static_cast<std::size_t>(file.gcount()));
    }
  }
  if (file.is_open() && !file.bad()) return "";
  return "cannot be read: " + std::generic_category().message(errno != 0 ? errno : EIO);
}

}  // namespace floodgauge
