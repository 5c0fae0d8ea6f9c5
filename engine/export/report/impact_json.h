// The parts of an incident's JSON that tell of services and silence.
#pragma once

#include "engine/export/report/incident_json.h"

namespace floodgauge {

/// Adds the members of impacts, blackouts and saturation to the JSON of an incident.
void add_impact(Json& json, const Incident& incident);

}  // namespace floodgauge
