// Finds the captures of real traffic that tests read. They are not part of the repository.
#pragma once

#include <cstdlib>
#include <filesystem>

namespace floodgauge::testing {

/// The folder FLOODGAUGE_PCAPS, or shared/pcaps beside the source tree. Empty when there is none:
/// tests that need it then skip and say so.
inline std::filesystem::path real_captures(const std::filesystem::path& source_root) {
  if (const char* path = std::getenv("FLOODGAUGE_PCAPS")) return path;
  for (const std::filesystem::path& path :
       {source_root / "../shared/pcaps", std::filesystem::path("/work/shared/pcaps")}) {
    if (std::filesystem::is_directory(path)) return path;
  }
  return {};
}

}  // namespace floodgauge::testing
