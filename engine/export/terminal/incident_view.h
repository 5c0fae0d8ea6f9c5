// An incident for people, from the JSON of the API or of the history. Members that this version
// does not know are shown too, by their names.
#pragma once

#include <string>
#include <vector>

#include "engine/export/report/incident_json.h"
#include "engine/export/report/text_style.h"
#include "engine/export/terminal/zone.h"

namespace floodgauge {

/// What it is: "SYN flood", "DNS reflection 81 %, NTP reflection 19 %", "service impact".
std::string title_of(const Json& incident);

/// Its target: a host as an address alone, a network as a prefix.
std::string target_text(const Json& incident);

/// A few lines: what, on whom, when, how much, who, and its id.
std::vector<std::string> brief_lines(const Json& incident, Zone zone, const TextStyle& style);

/// All that is known.
std::vector<std::string> detail_lines(const Json& incident, Zone zone, const TextStyle& style);

/// The rank of an incident among open ones: the worst has the greatest.
double badness(const Json& incident);

}  // namespace floodgauge
