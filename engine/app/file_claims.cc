#include "engine/app/file_claims.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>

namespace floodgauge {

FileClaims::~FileClaims() {
  for (const auto& [path, fd] : descriptors_) {
    if (fd >= 0) close(fd);
  }
}

bool FileClaims::claim(const std::string& path) {
  const auto [entry, is_new] = descriptors_.try_emplace(path, kNoLock);
  if (!is_new) return entry->second != kHeldByOther;
  const int fd = open((path + ".lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (fd < 0) return true;
  if (flock(fd, LOCK_EX | LOCK_NB) == 0) {
    entry->second = fd;
    return true;
  }
  if (errno == EWOULDBLOCK) entry->second = kHeldByOther;
  close(fd);
  return entry->second != kHeldByOther;
}

}  // namespace floodgauge
