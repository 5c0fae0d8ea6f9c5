#include "detectors/judge.h"

#include <algorithm>
#include <utility>

namespace floodgauge {

Verdict Judge::of_window(const NetworkWindow& window, const KnownTarget& known, bool flood_open,
                         Trace* trace) const {
  const Profile& profile = profiles_.of(known.target.prefix);
  const TargetView view{
      .counts = known.counts,
      .seconds = window.seconds(),
      .summary = known.sources ? &known.sources->all() : nullptr,
      .sources = known.sources ? &*known.sources : nullptr,
      .limits = known.target.group ? &profile.prefix_thresholds : &profile.thresholds,
      .window = settings_.engine.window.seconds(),
      .scale = flood_open ? kCloseScale : 1,
      .whole_prefix = known.target.group,
      .early = is_early(window.start),
      .served = known.tracker == nullptr ? 0 : known.tracker->served().value(),
      .served_sampled = known.tracker != nullptr && known.tracker->served().sampled(),
      .tracker = known.tracker,
      .start = window.start,
      .trace = trace};
  Verdict verdict;
  for (const Detector& detector : detector_table()) {
    if (detector.on_window == nullptr) continue;
    if (trace != nullptr) trace->begin(detector.name);
    detector.on_window(view, verdict);
  }
  return verdict;
}

PeriodVerdict Judge::of_period(const EndedSecond& second, bool flood_open,
                               const VectorSet& left_out, const SourcesByGroup* of_incident,
                               Explainer* explainer) const {
  const TargetTracker& tracker = *second.tracker;
  const SourcesByGroup* const sources =
      tracker.keeps_summaries() ? tracker.recent_sources() : of_incident;
  const struct {
    const TargetCounts& counts;
    Nanoseconds since;
  } periods[] = {{tracker.second(), tracker.second_start()},
                 {tracker.recent(), tracker.recent_start()}};
  for (const auto& period : periods) {
    const Nanoseconds length = std::max(second.end - period.since, settings_.engine.window);
    const TargetCounts counts = left_out.any() ? period.counts.without(left_out) : period.counts;
    Trace* const trace = explainer == nullptr ? nullptr : &explainer->begin();
    const TargetView view{.counts = counts,
                          .seconds = length.seconds(),
                          .summary = sources == nullptr ? nullptr : &sources->all(),
                          .sources = sources,
                          .limits = &profiles_.of(tracker.prefix()).thresholds,
                          .scale = flood_open ? kCloseScale : 1,
                          .whole_prefix = false,
                          .early = is_early(period.since),
                          .served = tracker.served().value(),
                          .served_sampled = tracker.served().sampled(),
                          .tracker = &tracker,
                          .start = second.end,
                          .trace = trace};
    Verdict verdict;
    for (const Detector& detector : detector_table()) {
      if (detector.on_period == nullptr) continue;
      if (trace != nullptr) trace->begin(detector.name);
      detector.on_period(view, verdict);
    }
    if (explainer != nullptr) {
      explainer->take(second.address,
                      {.over = &period == periods ? Look::Over::second : Look::Over::ten_seconds,
                       .start = period.since,
                       .seconds = length.seconds(),
                       .flood_open = flood_open,
                       .found = !verdict.findings.empty(),
                       .left_alone = verdict.left_alone,
                       .rows = {}});
    }
    if (!verdict.findings.empty()) {
      return {std::move(verdict.findings), counts, period.since};
    }
  }
  return {};
}

}  // namespace floodgauge
