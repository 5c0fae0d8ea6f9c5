// An incident in the report for people: a heading, and rows that say what happened to whom.
#pragma once

#include "engine/export/report/report.h"
#include "engine/export/report/text_page.h"

namespace floodgauge {

/// Adds the heading and the rows of one incident to the page.
void add_incident(const Incident& incident, const ReportInput& input, const TextStyle& style,
                  TextPage& page);

}  // namespace floodgauge
