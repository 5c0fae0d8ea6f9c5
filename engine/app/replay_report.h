// The report of a replay: where it is written, and what it says about the captures.
#pragma once

#include <fstream>
#include <string>

#include "engine/app/replay.h"
#include "engine/export/report/report.h"
#include "engine/merge/link_series.h"
#include "engine/port/capture_source.h"

namespace floodgauge {

/// Opens the file for the report. Called before the replay, so that a wrong path is found at once
/// and not after hours. A closed stream where `path` is empty. Throws Refusal.
std::ofstream open_report(const std::string& path);

CaptureInfo capture_info(const CaptureSummary& summary);

/// Writes the report as a page to `file`, which is closed where the options name none. Throws
/// Refusal.
void write_page(const ReplayOptions& options, const ReportInput& input, const LinkSeries* link,
                std::ofstream& file);

/// Writes to `file`, or to standard output where the options name no file. Throws Refusal.
void write_report(const ReplayOptions& options, const ReportInput& input, std::ofstream& file);

}  // namespace floodgauge
