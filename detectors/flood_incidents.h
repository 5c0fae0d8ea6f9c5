// Stage 4: what findings make of the incident book. Findings open an incident on their target;
// while it is open, each window of the target is added to it, and findings prolong it.
#pragma once

#include "config/settings.h"
#include "detectors/baseline.h"
#include "detectors/incident_book.h"
#include "detectors/judge.h"
#include "detectors/knowledge.h"
#include "detectors/profiles.h"
#include "detectors/rule_keeper.h"
#include "engine/protect/protection.h"

namespace floodgauge {

/// An unusual rate with the target to which it belongs.
struct UnusualTarget {
  Unusual unusual;
  Target target;
  const TargetTracker* tracker = nullptr;
  UsualRates usual;  ///< what is usual for the target, by vector
};

class FloodIncidents {
 public:
  /// All outlive this.
  FloodIncidents(IncidentBook& book, const PrefixRegistry& registry, const Settings& settings,
                 const Profiles& profiles, RuleKeeper& rules)
      : book_(book), registry_(registry), settings_(settings), profiles_(profiles), rules_(rules) {}

  /// Takes what the detectors found in one window of a target; `findings` may be empty.
  void take_window(const NetworkWindow& window, const KnownTarget& known, const Findings& findings);
  /// Takes what the detectors found over a host's last seconds, if anything.
  void take_period(const EndedSecond& second, const PeriodVerdict& verdict);
  /// Opens an incident for a rate above what is usual. Returns false when the book is full.
  bool open_unusual(const UnusualTarget& found);
  /// Keeps the flood of a target open at `now`. Returns false when none is open.
  bool prolong(const IpPrefix& target, Nanoseconds now);

  /// True while a flood of the target is added up window by window.
  bool is_followed(const IpPrefix& target, Direction direction = Direction::in) const;

 private:
  /// How an incident was found, which decides how it goes on.
  enum class FoundBy { window, period };

  OngoingIncident* open(const Target& target, Nanoseconds start, Nanoseconds detected,
                        const Findings& findings, const UsualRates& usual, FoundBy found_by);
  void open_from_window(const NetworkWindow& window, const KnownTarget& known,
                        const Findings& findings);
  void open_from_period(const EndedSecond& second, const PeriodVerdict& verdict);
  void follow(const NetworkWindow& window, const KnownTarget& known,
              OngoingIncident& ongoing) const;
  bool announce(OngoingIncident& ongoing, Nanoseconds now);

  IncidentBook& book_;
  const PrefixRegistry& registry_;
  const Settings& settings_;
  const Profiles& profiles_;
  RuleKeeper& rules_;
};

}  // namespace floodgauge
