// Claims files for this process, so that two processes do not overwrite one another's.
#pragma once

#include <map>
#include <string>

namespace floodgauge {

/// A claim is a lock (flock(2)) of the file PATH.lock, held until the claims go. Used by one
/// thread.
class FileClaims {
 public:
  FileClaims() = default;
  ~FileClaims();
  FileClaims(const FileClaims&) = delete;
  FileClaims& operator=(const FileClaims&) = delete;

  /// False when another process holds the file; then it stays false. Where no lock can be made, as
  /// in a folder that is read-only, the file counts as claimed.
  bool claim(const std::string& path);

 private:
  static constexpr int kNoLock = -1;
  static constexpr int kHeldByOther = -2;
  std::map<std::string, int> descriptors_;
};

}  // namespace floodgauge
