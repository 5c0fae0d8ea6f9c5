// The stages of detection, put together as Detection does it, so that a test can call one stage by
// itself.
#pragma once

#include <string>
#include <vector>

#include "detectors/baseline_incidents.h"
#include "detectors/carpet_candidates.h"
#include "detectors/flood_incidents.h"
#include "detectors/host_candidates.h"
#include "detectors/judge.h"
#include "detectors/knowledge.h"
#include "detectors/open_carpets.h"
#include "detectors/profiles.h"
#include "tests/support/window_feed.h"

namespace floodgauge::testing {

inline IpPrefix prefix_of(const char* text) {
  return IpPrefix::parse(text).value();
}

inline Settings protecting(const char* prefix) {
  Settings settings;
  settings.protect.push_back({.name = "web", .prefixes = {prefix_of(prefix)}});
  return settings;
}

inline TargetCounts counts_of(Vector vector, std::uint64_t packets) {
  TargetCounts counts;
  counts.vectors.add(vector, {packets, packets * 100});
  counts.in_total = {packets, packets * 100};
  return counts;
}

struct Stages {
  explicit Stages(const Settings& given = {}) : settings(given), feed(given) {}

  /// Opens a flood on a target, as the last stage would.
  OngoingIncident& open_flood(const char* target, double current_pps = 0, double peak_pps = 0) {
    Incident incident;
    incident.target = prefix_of(target);
    incident.start = incident.detected = WindowFeed::grid().origin;
    OngoingIncident& ongoing = *book.open(incident, UsualRates{}, 64);
    ongoing.hold = whole_seconds(10);
    ongoing.incident().current_pps = current_pps;
    ongoing.incident().peak_pps = peak_pps;
    return ongoing;
  }
  void close_all() { book.close_all(WindowFeed::grid().origin, ""); }

  Settings settings;
  WindowFeed feed;
  std::vector<Transition> told{};  ///< what the listener was told
  Profiles profiles{settings, feed.registry()};
  IncidentBook book{
      [this](Nanoseconds, Transition transition, const Incident&) { told.push_back(transition); }};
  Baseline baseline{feed.registry()};
  OpenCarpets open_carpets{book, feed.registry()};
  CarpetCandidates carpets{feed.registry(), book, baseline, open_carpets};
  Knowledge knowledge{settings};
  Judge judge{settings, profiles};
  RuleKeeper rules{book, settings};
  FloodIncidents floods{book, feed.registry(), settings, profiles, rules};
};

}  // namespace floodgauge::testing
