// The routes of an incident, as an announcer told them, for people.
#pragma once

#include <string>
#include <vector>

#include "engine/export/report/incident_json.h"
#include "engine/export/terminal/zone.h"

namespace floodgauge {

/// One line a route, what is held back and why, and a person's yes. `incident`: of the API.
std::vector<std::string> announced_lines(const Json& incident, Zone zone);

}  // namespace floodgauge
