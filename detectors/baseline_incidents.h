// Stage after the detectors: from rates that the baseline finds unusual to incidents. An unusual
// rate is a rate of a whole prefix; this stage finds the target in the prefix to which it belongs.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <utility>

#include "detectors/baseline.h"
#include "detectors/flood_incidents.h"
#include "detectors/incident_book.h"
#include "detectors/trackers.h"

namespace floodgauge {

class BaselineIncidents {
 public:
  /// All outlive this.
  BaselineIncidents(const PrefixRegistry& registry, Baseline& baseline, const Trackers& trackers,
                    const IncidentBook& book, FloodIncidents& floods)
      : registry_(registry),
        baseline_(baseline),
        trackers_(trackers),
        book_(book),
        floods_(floods) {}

  /// Lets the baseline learn from the window, except in prefixes with an open flood, and takes what
  /// it finds unusual.
  void on_window(const NetworkWindow& window, const Settings& settings);
  /// Opens an incident for an unusual rate, or keeps open the one that was opened for it before.
  void take(const Unusual& unusual);

  /// The host that brings at least half of what is above the usual level, otherwise the prefix.
  /// Empty where everything is protected and no host stands out.
  std::optional<IpPrefix> target_of(const Unusual& unusual) const;
  /// What is usual for the target by vector: the learnt level of a prefix, and nothing of a host,
  /// which has no baseline.
  UsualRates usual_of(const IpPrefix& target, const TargetTracker& tracker) const;

 private:
  const PrefixRegistry& registry_;
  Baseline& baseline_;
  const Trackers& trackers_;
  const IncidentBook& book_;
  FloodIncidents& floods_;
  /// Targets of the incidents that were opened here, by prefix number and traffic class.
  std::map<std::pair<std::uint32_t, std::size_t>, IpPrefix> opened_;
};

}  // namespace floodgauge
