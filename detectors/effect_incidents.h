// Stage after the detectors: what traffic tells of the services and networks behind it. A service
// that fails, a prefix or link that is dark, and a full link open incidents of their own; the
// incident of a flood shows the flood's effect on the services of its target.
#pragma once

#include <cstdint>

#include "detectors/effects.h"
#include "detectors/impact_incidents.h"
#include "detectors/incident_book.h"
#include "detectors/service_totals.h"
#include "detectors/service_watches.h"
#include "engine/model/snapshot.h"

namespace floodgauge {

class EffectIncidents {
 public:
  /// All outlive this.
  EffectIncidents(const PrefixRegistry& registry, IncidentBook& book, ServiceSeasons& seasons)
      : registry_(registry),
        book_(book),
        effects_(registry),
        watches_(registry, seasons),
        impacts_(registry, book, watches_) {}

  void on_window(const NetworkWindow& window, const Settings& settings);
  /// Counts a window that is not judged: its requests and answers are shown, and nothing is learnt.
  void warm_up(const NetworkWindow& window, const Settings& settings) {
    totals_.on_window(window, settings, registry_);
  }
  /// Opens an incident for a symptom, or keeps the one open that there is.
  void take(const Symptom& symptom, const Settings& settings);
  /// Adds the services to the prefixes of a snapshot.
  void fill(EngineSnapshot& snapshot) const;
  const ServiceWatches& watches() const { return watches_; }
  void shift_hours(Nanoseconds shift) { watches_.shift_hours(shift); }

 private:
  void show_effects();
  OngoingIncident* open(const Symptom& symptom, const IpPrefix& target, const Settings& settings);

  const PrefixRegistry& registry_;
  IncidentBook& book_;
  Effects effects_;
  ServiceWatches watches_;
  ImpactIncidents impacts_;
  ServiceTotalsBook totals_;
};

}  // namespace floodgauge
