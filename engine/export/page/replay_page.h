// The page of a replay as one file (`replay --html`): the report and what the charts need.
#pragma once

#include <string>
#include <vector>

#include "engine/export/page/live_figures.h"
#include "engine/export/report/report.h"

namespace floodgauge {

/// A whole HTML document that opens without a server.
std::string replay_page(const ReportInput& input, const std::vector<LinkPoint>& link,
                        const std::string& version);

}  // namespace floodgauge
