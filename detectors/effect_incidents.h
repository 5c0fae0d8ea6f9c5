// Stage after the detectors: what traffic tells of the services behind it. Symptoms (a service that
// stops answering, a silent prefix, a full link) open incidents of their own; the incident of a
// flood shows the flood's effect on the services of its prefix.
#pragma once

#include <cstdint>
#include <set>

#include "detectors/effects.h"
#include "detectors/incident_book.h"

namespace floodgauge {

class EffectIncidents {
 public:
  /// Both outlive this.
  EffectIncidents(const PrefixRegistry& registry, IncidentBook& book)
      : registry_(registry), book_(book), effects_(registry) {}

  void on_window(const NetworkWindow& window, const Settings& settings);
  /// Opens an incident for a symptom, or keeps the one open that there is.
  void take(const Symptom& symptom);

 private:
  /// Starts to measure the effect in each prefix in which a flood has begun and none was open
  /// before.
  void begin_effects();
  void show_effects();
  OngoingIncident* open(const Symptom& symptom, const IpPrefix& target);

  const PrefixRegistry& registry_;
  IncidentBook& book_;
  Effects effects_;
  std::set<std::uint32_t> flooded_before_;  ///< prefixes with an open flood in the last window
};

}  // namespace floodgauge
