// An explanation (detectors/explainer.h) as JSON: the API answers it, the command and the page show
// it.
#pragma once

#include <string>

#include "detectors/explainer.h"
#include "engine/export/report/incident_json.h"
#include "engine/model/snapshot.h"

namespace floodgauge {

inline constexpr const char* kExplainSchema = "floodgauge.explain/1";

/// One target: what decided, what was compared with what, and the incidents of `snapshot` on it.
Json explanation_json(const Explanation& explanation, const EngineSnapshot& snapshot,
                      std::uint32_t sampling);

/// The key of a limit as a path in the configuration: "profiles.default.thresholds.udp".
std::string limit_path(const std::string& profile, const char* scope, LimitMember key);

}  // namespace floodgauge
