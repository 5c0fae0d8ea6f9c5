// What an announcer (`floodgauge announce`) says that it has given to its BGP speaker, and what a
// person has approved. The names of the members are those of the JSON.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "engine/base/units.h"

namespace floodgauge {

/// A person's yes to the routes of an incident.
struct Approval {
  std::string by;  ///< the user
  Nanoseconds time;
};

enum class AnnouncedState : std::uint8_t {
  announced,    ///< the speaker has acknowledged it
  ineffective,  ///< withdrawn, because it took nothing of the flood
};
inline constexpr std::array<const char*, 2> kAnnouncedStateNames = {"announced", "ineffective"};

/// A route of an incident, and what was counted before and after it was announced. Rates are those
/// that the rule matches, in packets a second, as the sensor sees them.
struct AnnouncedRule {
  std::string route;     ///< in ExaBGP's text form
  std::string target;    ///< the prefix that it matches
  std::string rule;      ///< the rest of the match, or "blackhole": a label of metrics
  std::string incident;  ///< its id
  std::string speaker;   ///< exabgp, gobgp or program
  AnnouncedState state = AnnouncedState::announced;
  Nanoseconds since;
  bool dry_run = false;                        ///< it would be announced, and is not
  bool stale = false;                          ///< its announcer tells nothing any more
  std::optional<double> promised_share = {};   ///< of the flood, by the receipt; 0..1
  std::optional<double> before_pps = {};       ///< when it was announced
  std::optional<double> after_pps = {};        ///< what still arrives
  std::optional<double> remaining_ratio = {};  ///< after / before
  std::optional<double> efficacy = {};  ///< share of what it promised to take that it takes; 0..1
};

/// What became of the announcer's steps. The names of `result` in metrics.
inline constexpr std::array<const char*, 4> kAnnouncementResultNames = {"announced", "withdrawn",
                                                                        "failed", "ineffective"};

/// All announcers of a sensor together.
struct AnnouncedSummary {
  std::map<std::string, std::uint64_t> standing;  ///< by speaker; without dry runs and stale ones
  std::array<std::uint64_t, kAnnouncementResultNames.size()> results{};  ///< since the start
  std::vector<AnnouncedRule> rules;  ///< those that stand and are measured
};

}  // namespace floodgauge
