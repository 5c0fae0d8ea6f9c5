#include "engine/base/replace_file.h"

#include <cerrno>
#include <cstdio>
#include <cstring>

#include <fcntl.h>
#include <unistd.h>

namespace floodgauge {
namespace {

std::string complaint(const std::string& path, const char* what) {
  return path + ": " + what + ": " + std::strerror(errno);
}

}  // namespace

std::string replace_file(const std::string& path, std::string_view text) {
  const std::string beside = path + ".new";
  const int file = open(beside.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (file < 0) return complaint(beside, "cannot be written");
  std::size_t written = 0;
  while (written < text.size()) {
    const ssize_t count = write(file, text.data() + written, text.size() - written);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) break;
    written += static_cast<std::size_t>(count);
  }
  std::string wrong;
  if (written < text.size() || fsync(file) != 0) wrong = complaint(beside, "cannot be written");
  close(file);
  if (wrong.empty() && std::rename(beside.c_str(), path.c_str()) != 0) {
    wrong = complaint(path, "cannot be replaced");
  }
  if (!wrong.empty()) unlink(beside.c_str());
  return wrong;
}

}  // namespace floodgauge
