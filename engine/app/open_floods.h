// The open floods of a sensor, as its API gives them.
#pragma once

#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "engine/export/bgp/reconciler.h"

namespace floodgauge {

/// Reads the answer of /api/v1/incidents?state=open. Incidents of other kinds are left out, and so
/// are those that lack a member which every flood has.
std::vector<OpenFlood> open_floods(const nlohmann::ordered_json& answer);

}  // namespace floodgauge
