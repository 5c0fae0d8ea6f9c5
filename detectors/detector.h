// A detector is a function from what is known of one target to findings. Each has a file of its own
// and one row in the table (detector_table.cc).
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "config/settings.h"
#include "detectors/active_keys.h"
#include "detectors/target_counts.h"
#include "detectors/target_tracker.h"
#include "detectors/trace.h"
#include "engine/merge/sources_by_group.h"
#include "engine/merge/target_summary.h"
#include "engine/model/incident.h"

namespace floodgauge {

/// Requests a second that one person's client sends at most, over a second or more.
inline constexpr double kPersonSendsPerSecond = 6;

/// What a detector sees of one target when a window or a period is over.
struct TargetView {
  const TargetCounts& counts;              ///< over `seconds`
  double seconds = 0;                      ///< length of the window or period
  const TargetSummary* summary = nullptr;  ///< who and what hits the target; null when not known
  /// The same, apart for each group of vectors; null when not known.
  const SourcesByGroup* sources = nullptr;
  const Thresholds* limits = nullptr;
  double window =
      0.1;  ///< length of a whole window in seconds, where `seconds` is one that may be cut
  /// Factor on limits: 1 to open an incident, less to keep one open (hysteresis).
  double scale = 1;
  bool whole_prefix = false;  ///< the target is a network or a prefix, not one host
  /// True in the first second of all: answers may belong to questions that were asked before it.
  bool early = false;
  /// Connections a second that were opened while the target answered; 0: not known.
  double served = 0;
  bool served_sampled = false;  ///< `served` was learnt from a sample of all packets

  /// Its last windows. `start`: of this window; of a period: its end.
  const TargetTracker* tracker = nullptr;
  Nanoseconds start{};

  /// Where the detectors write down what they compare; null where nobody asks.
  Trace* trace = nullptr;

  /// Answers received that the target did not ask for, as far as can be told.
  double unasked_answers() const;
  /// Packets of attack vectors that came in the time `before` that. 0 where it is not known.
  double attack_before(Nanoseconds before) const;
  /// Seconds of the windows before, at most so far back as `before`, in which more packets of
  /// attack vectors than `limit` a second came. 0 where it is not known.
  double seconds_above(double limit, Nanoseconds before) const;
  /// Flows that are active within 100 ms, and packets of `counted` in that time, whatever the
  /// length of the window.
  double usual_flows() const;
  double in_usual_window(double counted) const { return counted * kUsualWindow / seconds; }
  /// 0, the count of a measure of which no packet counts, and why.
  double none_counts(std::string_view why) const {
    if (trace != nullptr) trace->leave_out(why);
    return 0;
  }
  /// Whether `value` is at least `limit`, a condition that no key of the configuration sets.
  bool at_least(std::string_view measure, Vector vector, double value, double limit) const;
  /// Whether `value` is at most `limit`.
  bool at_most(std::string_view measure, Vector vector, double value, double limit) const;
  /// Notes why what was compared last is no flood.
  void refuse(std::string_view why) const {
    if (trace != nullptr) trace->refuse(why);
  }
  /// Who and what is known of the packets of a vector and of those like it; of all packets when
  /// they are not known apart. Null when nothing is known.
  const TargetSummary* summary_of(Vector vector) const {
    return sources == nullptr ? summary : sources->find(vector);
  }
};

struct Finding {
  /// The vector that the finding is about. The order of an incident's vectors is by their shares.
  Vector vector = Vector::other;
  std::string measure;  ///< for example "tcp_syn_packets_per_second"
  double value = 0;
  double limit = 0;
  double seconds = 0;  ///< over which the value was measured
};

using Findings = std::vector<Finding>;

/// What the detectors say of a target: it is flooded when there are findings.
struct Verdict {
  Findings findings;
  std::string
      left_alone;  ///< why a rate above a limit is no flood; empty when no limit is exceeded
};

struct Detector {
  std::string_view name;
  /// Runs on each window (100 ms by default). May be null.
  void (*on_window)(const TargetView& view, Verdict& verdict);
  /// Runs on a host's last second and on its last ten seconds, for floods that only show over time.
  /// May be null.
  void (*on_period)(const TargetView& view, Verdict& verdict);
  /// Runs on the senders of an open incident, whose main vector is given. What it adds is evidence
  /// of this incident; it opens none. May be null.
  void (*on_sources)(const TargetSummary& summary, Vector vector, Findings& evidence) = nullptr;
};

std::span<const Detector> detector_table();

/// Adds a finding and returns true when count / seconds is above the limit, if there is one, times
/// scale, and the count is large enough to be a rate: in a window that was cut short, a few packets
/// are not. What crowds send too is a burst first, until as much follows: a few hundred packets at
/// once.
bool check_rate(const TargetView& view, std::string_view measure, Vector vector, double count,
                LimitMember key, Findings& findings);
/// The same for bits/s. Takes more packets, since a few packets with a wrong length in their header
/// would exceed any limit.
bool check_bits(const TargetView& view, std::string_view measure, const Volume& volume,
                LimitMember key, Findings& findings);

// The functions of the table's rows, one file each.
void check_limits(const TargetView& view, Verdict& verdict);
void check_syn(const TargetView& view, Verdict& verdict);
void check_syn_period(const TargetView& view, Verdict& verdict);
void check_reflection_period(const TargetView& view, Verdict& verdict);
void check_one_sided_period(const TargetView& view, Verdict& verdict);
void check_connections(const TargetView& view, Verdict& verdict);
void check_requests(const TargetView& view, Verdict& verdict);
void check_spoofed_sources(const TargetSummary& summary, Vector vector, Findings& evidence);

}  // namespace floodgauge
