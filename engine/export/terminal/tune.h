// `floodgauge tune`: limits proposed from a history, as YAML with the reasons, or as JSON.
#pragma once

#include <cstdio>
#include <string>

#include "engine/export/history/tuning.h"
#include "engine/export/report/incident_json.h"

namespace floodgauge {

/// `source`: what was read, for people. YAML of the profiles alone; all else is comments.
std::string tuned_yaml(const TuneResult& result, const TuneSettings& settings,
                       const std::string& source);
Json tuned_json(const TuneResult& result, const TuneSettings& settings, const std::string& source);

}  // namespace floodgauge
