// What a detector is: a function from what is known of one target to findings, in a file of its
// own, and one row in the table below.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "config/settings.h"
#include "detectors/target_counts.h"
#include "engine/merge/target_summary.h"
#include "engine/model/incident.h"

namespace floodgauge {

/// What a detector sees of one target when a window closes.
struct TargetView {
  const TargetCounts& counts;  ///< over `seconds`
  double seconds = 0;
  const TargetSummary* summary = nullptr;  ///< who and what, over `summary_seconds`; may be absent
  const Thresholds* limits = nullptr;
  /// 1 to open an incident; less to keep one open (hysteresis).
  double scale = 1;
  bool whole_prefix = false;
  /// Within the first second of all: answers may belong to questions asked before.
  bool early = false;

  /// Answers that nobody asked for, as far as this can be told.
  double unasked_answers() const;
};

struct Finding {
  Vector vector =
      Vector::other;  ///< what is pointed at; the incident's own shares decide the order
  std::string measure;
  double value = 0;
  double limit = 0;
  double seconds = 0;
};

using Findings = std::vector<Finding>;

/// Why a rate above a limit was not called a flood; empty when it was not looked at.
struct Verdict {
  Findings findings;
  std::string left_alone;
};

struct Detector {
  std::string_view name;
  /// Runs on each window (100 ms).
  void (*on_window)(const TargetView& view, Verdict& verdict);
  /// Runs on the last second and on the last ten: for what only shows over time. May be null.
  void (*on_period)(const TargetView& view, Verdict& verdict);
  /// Runs on who sends, of an incident that is open, whose main vector is given: what it says is
  /// evidence of the incident and opens none. May be null.
  void (*on_sources)(const TargetSummary& summary, Vector vector, Findings& evidence) = nullptr;
};

std::span<const Detector> detector_table();

/// Adds a finding when count / seconds is above limit * scale, and the count is large enough to say
/// so at all: in a window that was cut short, a handful of packets is no rate.
bool check_rate(const TargetView& view, std::string_view measure, Vector vector, double count,
                double limit, Findings& findings);
/// The same for bits, which a few packets with a wrong length would make a flood of.
bool check_bits(const TargetView& view, std::string_view measure, const Volume& volume,
                double limit, Findings& findings);

// The rows, one file each.
void check_limits(const TargetView& view, Verdict& verdict);
void check_syn(const TargetView& view, Verdict& verdict);
void check_syn_period(const TargetView& view, Verdict& verdict);
void check_reflection_period(const TargetView& view, Verdict& verdict);
void check_one_sided_period(const TargetView& view, Verdict& verdict);
void check_connections(const TargetView& view, Verdict& verdict);
void check_requests(const TargetView& view, Verdict& verdict);
void check_spoofed_sources(const TargetSummary& summary, Vector vector, Findings& evidence);

}  // namespace floodgauge
