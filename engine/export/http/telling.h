// What an announcer tells: the body of PUT /api/v1/announced, read from untrusted bytes.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "engine/model/announced.h"

namespace floodgauge {

/// The greatest size of a telling, in bytes, and of each of its lists.
inline constexpr std::size_t kMostTellingBytes = std::size_t{1} << 20;
inline constexpr std::size_t kMostToldRules = 2000;

/// What one announcer tells at one time. Each telling replaces the one before.
struct Telling {
  std::string announcer;  ///< different announcers of one sensor have different names
  std::string speaker;
  std::string started;  ///< of the announcer: its totals begin anew with it
  bool dry_run = false;
  std::vector<AnnouncedRule> rules;
  std::map<std::string, std::string> held_back;  ///< incident to reason
  std::array<std::uint64_t, kAnnouncementResultNames.size()> totals{};
};

/// Reads a telling out of untrusted bytes. `wrong` says what cannot be used, and where:
/// "rules[3].since: is no RFC 3339 time".
struct ReadTelling {
  Telling telling;
  std::string wrong;
};
ReadTelling read_telling(std::string_view body);

}  // namespace floodgauge
