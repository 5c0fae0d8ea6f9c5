// An explanation for people, from the JSON of the API or of a history.
#pragma once

#include <string>
#include <vector>

#include "engine/export/report/incident_json.h"
#include "engine/export/report/text_style.h"
#include "engine/export/terminal/zone.h"

namespace floodgauge {

/// `answer`: an object of schema floodgauge.explain/1. With `style.verbose` also what is 0.
std::vector<std::string> explain_lines(const Json& answer, Zone zone, const TextStyle& style);

}  // namespace floodgauge
