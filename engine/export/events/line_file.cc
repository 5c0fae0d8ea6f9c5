#include "engine/export/events/line_file.h"

#include <cerrno>

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

namespace floodgauge {
namespace {

/// How long the reader of a pipe may block a write before the line counts as lost.
constexpr int kReaderPatienceMs = 1000;

/// Whether a file ends in the middle of a line, as after a crash or a full disk. False for what is
/// not a file, is empty, or cannot be read.
bool lacks_newline(const std::string& path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
  if (fd < 0) return false;
  struct stat about {};
  char last = '\n';
  const bool has_end = ::fstat(fd, &about) == 0 && S_ISREG(about.st_mode) && about.st_size > 0 &&
                       ::pread(fd, &last, 1, about.st_size - 1) == 1;
  ::close(fd);
  return has_end && last != '\n';
}

}  // namespace

int LineFile::open() {
  if (fd_ >= 0) return 0;
  fd_ = ::open(path_.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NONBLOCK | O_NOCTTY,
               0644);
  if (fd_ < 0) return errno;
  torn_ = lacks_newline(path_);
  return 0;
}

void LineFile::close() {
  if (fd_ >= 0) ::close(fd_);
  fd_ = -1;
}

int LineFile::write_all(std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = ::write(fd_, text.data(), text.size());
    if (written > 0) {
      text.remove_prefix(static_cast<std::size_t>(written));
      continue;
    }
    if (written < 0 && errno == EINTR) continue;
    if (written < 0 && errno == EAGAIN) {
      pollfd ready{fd_, POLLOUT, 0};
      if (::poll(&ready, 1, kReaderPatienceMs) > 0) continue;
      return EAGAIN;
    }
    return written < 0 ? errno : EIO;
  }
  return 0;
}

int LineFile::append(std::string_view line) {
  if (fd_ < 0) return EBADF;
  struct stat before {};
  const bool regular = ::fstat(fd_, &before) == 0 && S_ISREG(before.st_mode);
  std::string text(torn_ ? "\n" : "");
  text.append(line).append("\n");
  const int error = write_all(text);
  torn_ = error != 0 && (!regular || ::ftruncate(fd_, before.st_size) != 0);
  return error;
}

}  // namespace floodgauge
