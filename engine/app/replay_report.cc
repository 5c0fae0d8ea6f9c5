#include "engine/app/replay_report.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <iostream>

#include "engine/app/build_info.h"
#include "engine/app/refusal.h"
#include "engine/export/page/replay_page.h"

namespace floodgauge {

CaptureInfo capture_info(const CaptureSummary& summary) {
  CaptureInfo info;
  info.files = summary.names;
  info.total = {summary.packets, summary.bytes};
  if (summary.packets != 0) {
    info.first = Nanoseconds{summary.first};
    info.last = Nanoseconds{summary.last};
  }
  const CaptureClock& clock = summary.clock;
  if (clock.reordered > 0) info.timing = Timing::reordered;
  if (summary.packets != 0 && clock.stamped == 0) {
    info.timing = Timing::none;
    info.first = info.last = std::nullopt;
  }
  info.reordered = clock.reordered;
  info.jumps = clock.jumps;
  info.largest_step_seconds = Nanoseconds{clock.largest_step}.seconds();
  info.read_as_nanoseconds = clock.read_as_nanoseconds;
  for (const CaptureOutcome& outcome : summary.outcomes) {
    if (outcome.end == CaptureEnd::stopped || outcome.end == CaptureEnd::reading) {
      info.interrupted = true;
    }
    if (!outcome.failed()) continue;
    info.truncated = true;
    if (!info.truncation.empty()) info.truncation += "; ";
    info.truncation += outcome.message;
  }
  return info;
}

std::ofstream open_report(const std::string& path) {
  std::ofstream file;
  if (path.empty()) return file;
  errno = 0;
  file.open(path, std::ios::trunc);
  if (!file) {
    throw Refusal{path + ": cannot write the report: " + std::strerror(errno), kExitInput};
  }
  return file;
}

void write_page(const ReplayOptions& options, const ReportInput& input, const LinkSeries* link,
                std::ofstream& file) {
  if (options.html.empty() || link == nullptr) return;
  std::vector<LinkPoint> points;
  for (const LinkSeries::Point& point : link->points()) {
    LinkPoint shown;
    shown.time = point.start;
    const double seconds = std::max(point.covered.seconds(), kShortestWindow.seconds());
    for (std::size_t c = 0; c < kClasses; ++c) {
      shown.bps_in[c] = static_cast<double>(point.in[c].bytes) * 8 / seconds;
      shown.bps_out[c] = static_cast<double>(point.out[c].bytes) * 8 / seconds;
      shown.pps_in += static_cast<double>(point.in[c].packets) / seconds;
      shown.pps_out += static_cast<double>(point.out[c].packets) / seconds;
    }
    points.push_back(shown);
  }
  file << replay_page(input, points, build_info().version);
  file.close();
  if (!file) throw Refusal{options.html + ": cannot write the page", kExitInput};
}

void write_report(const ReplayOptions& options, const ReportInput& input, std::ofstream& file) {
  if (options.output.empty()) {
    const TextStyle style = style_for(STDOUT_FILENO, options.verbose);
    std::cout << (options.format == "json" ? json_report(input) : text_report(input, style));
    std::cout.flush();
    if (!std::cout) throw Refusal{"standard output: cannot write the report", kExitInput};
    return;
  }
  TextStyle style;
  style.verbose = options.verbose;
  file << (options.format == "json" ? json_report(input) : text_report(input, style));
  file.close();
  if (!file) throw Refusal{options.output + ": cannot write the report", kExitInput};
}

}  // namespace floodgauge
