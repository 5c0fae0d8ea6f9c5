// Stage 3: what the detectors say. Shows what is known of a target to every row of the detector
// table (detector_table.cc), over one window or over its last seconds.
#pragma once

#include <optional>

#include "config/settings.h"
#include "detectors/detector.h"
#include "detectors/explainer.h"
#include "detectors/knowledge.h"
#include "detectors/profiles.h"

namespace floodgauge {

/// What the detectors found over the last second or the last ten.
struct PeriodVerdict {
  Findings findings;
  TargetCounts counts{};  ///< of that period; empty without findings
  Nanoseconds since;      ///< begin of the period
};

class Judge {
 public:
  /// So long after the first window, answers may belong to questions that were asked before it.
  static constexpr Nanoseconds kEarly = whole_seconds(1);

  /// Both outlive this.
  Judge(const Settings& settings, const Profiles& profiles)
      : settings_(settings), profiles_(profiles) {}

  /// Call at the begin of each window: the first one tells which windows are early.
  void begin_window(Nanoseconds start) {
    if (!first_start_) first_start_ = start;
  }

  /// Runs the detectors on one window. `flood_open`: an incident is open on the target, so that a
  /// lower rate keeps it open.
  /// `trace`: where the detectors write what they compare; may be null.
  Verdict of_window(const NetworkWindow& window, const KnownTarget& known, bool flood_open,
                    Trace* trace = nullptr) const;
  /// Runs the detectors on the host's last second, and if they find nothing there, on its last ten.
  /// `left_out`: vectors that belong to another target's incident. `of_incident`: who sends, as the
  /// host's open incident knows it, for a tracker that keeps no summaries; may be null.
  /// `explainer`: takes what the detectors compare; may be null.
  PeriodVerdict of_period(const EndedSecond& second, bool flood_open,
                          const VectorSet& left_out = {},
                          const SourcesByGroup* of_incident = nullptr,
                          Explainer* explainer = nullptr) const;

 private:
  bool is_early(Nanoseconds time) const { return time - *first_start_ < kEarly; }

  const Settings& settings_;
  const Profiles& profiles_;
  std::optional<Nanoseconds> first_start_;
};

}  // namespace floodgauge
