// What `floodgauge replay` prints, as JSON for programs and as text for people: two renderings of
// the same facts.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "engine/export/report/text_style.h"
#include "engine/model/snapshot.h"

namespace floodgauge {

/// What was read. `first` and `last` are the earliest and latest packet's times; absent when there
/// was no packet.
struct CaptureInfo {
  std::vector<std::string> files;
  Volume total;
  std::optional<Nanoseconds> first;
  std::optional<Nanoseconds> last;
  bool truncated = false;
  std::string truncation;  ///< what broke off and where, when truncated
};

/// How the run went: the one part of the report that differs from run to run.
struct EngineInfo {
  unsigned workers = 1;
  double wall_seconds = 0;
  double packets_per_second = 0;
  std::uint64_t dropped = 0;
  std::uint64_t flow_evictions = 0;
};

struct ReportInput {
  const EngineSnapshot& snapshot;
  CaptureInfo capture;
  EngineInfo engine;
  std::string protecting;  ///< "3 prefixes from link.yaml", "every address"
};

/// One object, indented, with a newline at its end; schema in deploy/schema/report.schema.json.
std::string json_report(const ReportInput& input);

/// The same for a person, every line within style.width.
std::string text_report(const ReportInput& input, const TextStyle& style);

/// Incidents ordered by start, then target, as both renderings list them.
std::vector<const Incident*> in_report_order(const EngineSnapshot& snapshot);

}  // namespace floodgauge
