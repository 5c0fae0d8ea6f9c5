#include <algorithm>
#include <string_view>
#include <tuple>

#include "engine/export/report/incident_json.h"
#include "engine/export/report/report.h"
#include "engine/export/report/snapshot_json.h"
#include "engine/export/report/stories.h"
#include "engine/export/report/time_text.h"

namespace floodgauge {
namespace {

Json time_or_null(const std::optional<Nanoseconds>& time) {
  return time ? Json(rfc3339(*time)) : Json(nullptr);
}

Json clock_json(const CaptureInfo& capture) {
  return {{"reordered", capture.reordered},
          {"jumps", capture.jumps},
          {"largest_step_seconds", rounded(capture.largest_step_seconds, 6)},
          {"read_as_nanoseconds", capture.read_as_nanoseconds}};
}

Json not_examined_json(const ReportInput& input) {
  Json list = Json::array();
  for (const NotExamined& row : input.not_examined) {
    list.push_back({{"what", row.what}, {"packets", row.packets}, {"text", row.text}});
  }
  return list;
}

Json capture_json(const CaptureInfo& capture, const EngineSnapshot& snapshot) {
  return {{"files", Json(capture.files)},
          {"packets", capture.total.packets},
          {"bytes", capture.total.bytes},
          {"duplicates", snapshot.duplicates},
          {"first", time_or_null(capture.first)},
          {"last", time_or_null(capture.last)},
          {"truncated", capture.truncated},
          {"truncation", capture.truncated ? Json(capture.truncation) : Json(nullptr)},
          {"interrupted", capture.interrupted},
          {"timing", name(capture.timing)},
          {"clock", clock_json(capture)},
          {"sampling", snapshot.sampling}};
}

Json prefixes_json(const EngineSnapshot& snapshot) {
  Json list = Json::array();
  for (const PrefixSnapshot& prefix : snapshot.prefixes) {
    Json row = prefix_totals_json(prefix);
    row["services"] = services_json(prefix.services);
    list.push_back(std::move(row));
  }
  return list;
}

Json incidents_json(const EngineSnapshot& snapshot) {
  Json list = Json::array();
  for (const Incident* incident : in_report_order(snapshot)) {
    list.push_back(incident_json(*incident));
  }
  return list;
}

Json left_alone_json(const EngineSnapshot& snapshot) {
  Json list = Json::array();
  for (const LeftAlone& host : snapshot.left_alone) {
    list.push_back({{"address", host.address.text()},
                    {"peak_pps", rounded_rate(host.peak_pps)},
                    {"peak_bps", rounded_rate(host.peak_bps)},
                    {"reason", host.reason}});
  }
  return list;
}

Json engine_json(const EngineInfo& engine) {
  return {{"workers", engine.workers},
          {"wall_seconds", rounded(engine.wall_seconds, 6)},
          {"packets_per_second", rounded_rate(engine.packets_per_second)},
          {"dropped", engine.dropped},
          {"flow_evictions", engine.flow_evictions}};
}

/// By what incidents are ordered. The id at the end makes the order the same in every run.
auto report_key(const Incident& incident) {
  const std::string_view service =
      incident.impact ? std::string_view(incident.impact->service) : std::string_view();
  return std::make_tuple(incident.start, incident.target, incident.kind, incident.direction,
                         service, std::string_view(incident.id));
}

}  // namespace

const char* name(Timing timing) {
  switch (timing) {
    case Timing::exact:
      return "exact";
    case Timing::reordered:
      return "reordered";
    case Timing::none:
      return "none";
  }
  return "";
}

std::vector<const Incident*> in_report_order(const EngineSnapshot& snapshot) {
  std::vector<const Incident*> incidents;
  for (const auto& incident : snapshot.incidents) incidents.push_back(incident.get());
  std::stable_sort(incidents.begin(), incidents.end(), [](const Incident* a, const Incident* b) {
    return report_key(*a) < report_key(*b);
  });
  return incidents;
}

std::string json_report(const ReportInput& input) {
  const EngineSnapshot& snapshot = input.snapshot;
  const Json report = {
      {"schema", "floodgauge.report/1"},
      {"capture", capture_json(input.capture, snapshot)},
      {"protecting", input.protecting},
      {"parse", parse_json(snapshot.parse, snapshot.unopened)},
      {"prefixes", prefixes_json(snapshot)},
      {"incidents", incidents_json(snapshot)},
      {"scans", scans_json(snapshot)},
      {"scans_total", snapshot.scans_total},
      {"stories", stories_json(snapshot)},
      {"left_alone", left_alone_json(snapshot)},
      {"busiest", snapshot.busiest},
      {"not_examined", not_examined_json(input)},
      {"engine", engine_json(input.engine)},
  };
  return json_text(report, 2) + "\n";
}

}  // namespace floodgauge
