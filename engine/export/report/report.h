// What `floodgauge replay` prints: the same facts as JSON for programs and as text for people.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "engine/export/report/text_style.h"
#include "engine/model/snapshot.h"

namespace floodgauge {

/// How far the times of the captures can be relied on.
enum class Timing : std::uint8_t {
  exact,      ///< packets are in order of time
  reordered,  ///< some were moved
  none,       ///< no packet has a time, so no rate is known
};
const char* name(Timing timing);

/// Something about which the report can say nothing, because it was not examined. A report without
/// incidents must not be read as "no flood" where there is one.
struct NotExamined {
  std::string what;           ///< a fixed word for programs
  std::uint64_t packets = 0;  ///< how many packets it concerns; 0: not known
  std::string text;           ///< one clause for people
};

/// The captures that were read. `first` and `last` are the times of the earliest and latest packet;
/// absent when there was no packet.
struct CaptureInfo {
  std::vector<std::string> files;
  Volume total;
  std::optional<Nanoseconds> first;
  std::optional<Nanoseconds> last;
  bool truncated = false;
  std::string truncation;    ///< which file broke off, and where
  bool interrupted = false;  ///< the user ended the replay before the captures' end
  Timing timing = Timing::exact;
  std::uint64_t reordered = 0;  ///< packets that were moved within engine.reorder
  std::uint64_t jumps = 0;      ///< times that were set aside, and steps of a clock
  double largest_step_seconds = 0;
  std::uint64_t read_as_nanoseconds = 0;  ///< files whose header says microseconds
};

/// Figures of the run itself. This is the only part of the report that differs from run to run.
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
  std::string protecting;                      ///< "3 prefixes from link.yaml", "every address"
  std::vector<NotExamined> not_examined = {};  ///< the gravest first
  bool nothing_examined = false;               ///< nothing at all was examined
};

/// One object, indented, with a newline at its end; schema in deploy/schema/report.schema.json.
std::string json_report(const ReportInput& input);

/// The same as text for people; no line is wider than style.width.
std::string text_report(const ReportInput& input, const TextStyle& style);

/// Incidents ordered by start, target, kind, direction, service and id, as both renderings list
/// them.
std::vector<const Incident*> in_report_order(const EngineSnapshot& snapshot);

}  // namespace floodgauge
