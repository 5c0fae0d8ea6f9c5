// Where captures of real traffic lie that tests read but that are no part of the repository.
#pragma once

#include <cstdlib>
#include <filesystem>

namespace floodgauge::testing {

/// FLOODGAUGE_PCAPS, else shared/pcaps beside the source tree. Empty when there are none: tests
/// then skip, saying so.
inline std::filesystem::path real_captures(const std::filesystem::path& source_root) {
  if (const char* path = std::getenv("FLOODGAUGE_PCAPS")) return path;
  for (const std::filesystem::path& path :
       {source_root / "../shared/pcaps", std::filesystem::path("/work/shared/pcaps")}) {
    if (std::filesystem::is_directory(path)) return path;
  }
  return {};
}

}  // namespace floodgauge::testing
