// The story of an event: the incidents that belong together, told step by step in the order of
// time. Report, API and events use the same words.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "engine/export/report/incident_json.h"
#include "engine/model/snapshot.h"

namespace floodgauge {

struct StoryStep {
  Nanoseconds time;
  std::string what;
  std::string incident;  ///< id
};

struct Story {
  std::string id;  ///< that of its first incident
  Nanoseconds start;
  std::optional<Nanoseconds> end;  ///< nothing while one of its incidents is open
  IpPrefix prefix;                 ///< the protected prefix, or 0.0.0.0/0 when there are several
  std::vector<std::string> incidents;  ///< ids, by start
  std::vector<StoryStep> steps;        ///< by time
  std::string lost;  ///< "dns 59 s, 26 k requests; smtp 35 s, 420"; empty when nothing was lost
};

/// The events of two incidents or more, by start. Incidents belong to one event when they overlap
/// in time, or follow each other within a minute, in the same protected prefix; what concerns the
/// whole link, or was caused by a flood of another prefix, joins prefixes.
std::vector<Story> stories_of(const EngineSnapshot& snapshot);

Json stories_json(const EngineSnapshot& snapshot);

}  // namespace floodgauge
