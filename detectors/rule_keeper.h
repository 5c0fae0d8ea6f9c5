// Keeps the rules of all open floods: makes them when a flood opens, compares them once a second
// with what comes, and changes them only when they must be.
#pragma once

#include <string>
#include <vector>

#include "config/settings.h"
#include "detectors/incident_book.h"
#include "detectors/recent_samples.h"
#include "engine/merge/network_window.h"

namespace floodgauge {

class RuleKeeper {
 public:
  /// Both outlive this.
  RuleKeeper(IncidentBook& book, const Settings& settings) : book_(book), settings_(settings) {}

  /// Takes the window's sample, before any flood of the window is opened.
  void begin_window(const NetworkWindow& window);
  /// Makes the first rules of a flood that is being opened. Its packets have been added.
  void begin(OngoingIncident& ongoing);
  /// Adds the window to the samples of the floods that sent in it, and looks at their rules. A
  /// change of rules is told to the book's listener.
  void end_window(const NetworkWindow& window);
  /// Nothing was captured after the last window for a while.
  void note_gap();

 private:
  void count_dns_answers(OngoingIncident& ongoing, const NetworkWindow& window) const;
  void look_at(OngoingIncident& ongoing, Nanoseconds now, bool may_change);
  void change(OngoingIncident& ongoing, std::vector<MadeRule> rules, Nanoseconds now);
  void render(OngoingIncident& ongoing, const RuleTraffic& traffic, const RuleTake& all) const;
  std::vector<std::string> services_of(const RuleMatch& match, const RuleTraffic& traffic) const;
  std::size_t room() const;

  IncidentBook& book_;
  const Settings& settings_;
  RecentSamples recent_;
};

}  // namespace floodgauge
