#include "detectors/flood_incidents.h"

#include <algorithm>
#include <vector>

namespace floodgauge {

void FloodIncidents::take_window(const NetworkWindow& window, const KnownTarget& known,
                                 const Findings& findings) {
  OngoingIncident* const ongoing = book_.flood_of(known.target.address, known.target.direction);
  if (ongoing == nullptr) {
    if (!findings.empty()) open_from_window(window, known, findings);
    return;
  }
  ongoing->note(findings, true);
  if (ongoing->last_added == window.end) {  // by another part of its target
    if (!findings.empty()) ongoing->last_above = window.end;
    return;
  }
  const bool above_before = window.start <= ongoing->last_above;
  if (!findings.empty()) {
    ongoing->last_above = window.end;
    ongoing->incident().hosts = std::max(ongoing->incident().hosts, known.target.hosts);
  }
  // The window in which a flood stops is below the limit and still holds a part of the flood.
  if (!findings.empty() || above_before || ongoing->slow) {
    follow(window, known, *ongoing);
  } else {
    ongoing->add_nothing();
  }
}

void FloodIncidents::take_period(const EndedSecond& second, const PeriodVerdict& verdict) {
  if (verdict.findings.empty()) return;
  OngoingIncident* const ongoing = book_.flood_on(second.address);
  if (ongoing == nullptr) {
    open_from_period(second, verdict);
  } else if (ongoing->slow) {
    ongoing->last_above = std::max(ongoing->last_above, second.end);
  }
}

bool FloodIncidents::prolong(const IpPrefix& target, Nanoseconds now) {
  OngoingIncident* const ongoing = book_.flood_on(target);
  if (ongoing == nullptr) return false;
  ongoing->last_above = std::max(ongoing->last_above, now);
  return true;
}

bool FloodIncidents::is_followed(const IpPrefix& target, Direction direction) const {
  const OngoingIncident* const ongoing = book_.flood_of(target, direction);
  return ongoing != nullptr && !ongoing->slow;
}

void FloodIncidents::follow(const NetworkWindow& window, const KnownTarget& known,
                            OngoingIncident& ongoing) const {
  ongoing.add(known.counts, window.seconds());
  ongoing.last_added = window.end;
  if (known.sources) ongoing.add_sources(*known.sources);
  const Incident& incident = ongoing.incident();
  // The last window may be short: the rate of less than half a window makes no peak.
  const bool whole = !window.last || window.seconds() * 2 >= settings_.engine.window.seconds();
  if (whole || incident.peak_pps == 0) {
    ongoing.note_peak(incident.current_pps, incident.current_bps);
  }
  ongoing.note_rate(incident.current_pps);
}

OngoingIncident* FloodIncidents::open(const Target& target, Nanoseconds start, Nanoseconds detected,
                                      const Findings& findings, const UsualRates& usual,
                                      FoundBy found_by) {
  const ProtectedPrefix& prefix = registry_.prefixes()[target.prefix];
  Incident incident;
  incident.kind = IncidentKind::flood;
  incident.direction = target.direction;
  incident.target = target.address;
  incident.prefix = prefix.prefix;
  incident.name = prefix.name;
  incident.start = start;
  incident.detected = detected;
  incident.hosts = target.hosts;
  double ratio = 1;
  for (const Finding& finding : findings) {
    incident.evidence.push_back({finding.measure, finding.value, finding.limit, finding.seconds});
    if (found_by == FoundBy::window && finding.limit > 0) {
      ratio = std::max(ratio, finding.value / finding.limit);
    }
  }
  OngoingIncident* const ongoing = book_.open(incident, usual, settings_.engine.sources, ratio);
  if (ongoing == nullptr) return nullptr;
  ongoing->hold = profiles_.of(target.prefix).hold;
  ongoing->prefix_number = target.prefix;
  ongoing->slow = found_by == FoundBy::period;
  ongoing->note(findings, found_by == FoundBy::window);
  return ongoing;
}

void FloodIncidents::open_from_window(const NetworkWindow& window, const KnownTarget& known,
                                      const Findings& findings) {
  const TargetTracker& tracker = *known.tracker;
  // The incident starts where the rate began to rise; the last of these windows is the present one.
  const std::vector<WindowPoint> rise = tracker.rise();
  const Nanoseconds start = rise.empty() ? window.start : rise.back().start;
  OngoingIncident* const ongoing =
      open(known.target, start, window.end, findings, tracker.usual(), FoundBy::window);
  if (ongoing == nullptr) return;
  for (std::size_t back = rise.size(); back-- > 1;) {
    ongoing->add_earlier(rise[back].attack, rise[back].seconds, rise[back].connected);
  }
  follow(window, known, *ongoing);
  if (rise.size() > 1 && tracker.previous_sources() != nullptr) {
    ongoing->add_sources(*tracker.previous_sources());
  }
  announce(*ongoing, window.end);
}

void FloodIncidents::open_from_period(const EndedSecond& second, const PeriodVerdict& verdict) {
  const TargetTracker& tracker = *second.tracker;
  const Target target{.address = second.address, .prefix = tracker.prefix()};
  // What shows only over time may have been there for all the time that is remembered: nothing of
  // it is usual.
  OngoingIncident* const ongoing =
      open(target, verdict.since, second.end, verdict.findings, UsualRates{}, FoundBy::period);
  if (ongoing == nullptr) return;
  const double shortest = kShortestWindow.seconds();
  ongoing->add(verdict.counts, std::max((second.end - verdict.since).seconds(), shortest));
  for (const WindowPoint& point : tracker.rise()) {
    const double length = std::max(point.seconds, shortest);
    ongoing->note_peak(static_cast<double>(point.attack.packets) / length,
                       static_cast<double>(point.attack.bytes) * 8 / length);
  }
  ongoing->note_rate(ongoing->incident().current_pps);
  ongoing->last_added = second.end;
  if (tracker.recent_sources() != nullptr) ongoing->add_sources(*tracker.recent_sources());
  announce(*ongoing, second.end);
}

/// Tells of an incident that has just been opened, unless none of its packets is beyond what is
/// usual: then there is nothing to tell.
bool FloodIncidents::announce(OngoingIncident& ongoing, Nanoseconds now) {
  if (ongoing.incident().total.packets == 0) {
    book_.discard(ongoing.incident().target, ongoing.incident().direction);
    return false;
  }
  rules_.begin(ongoing);
  book_.announce(ongoing, now);
  return true;
}

bool FloodIncidents::open_unusual(const UnusualTarget& found) {
  const TargetTracker& tracker = *found.tracker;
  const Unusual& unusual = found.unusual;
  OngoingIncident* const ongoing = open(found.target, unusual.since, unusual.now,
                                        {unusual.finding()}, found.usual, FoundBy::period);
  if (ongoing == nullptr) return false;
  ongoing->add_shares(tracker.last_second(), tracker.last_second_length());
  const std::vector<WindowPoint> windows = tracker.since(unusual.since);
  for (std::size_t back = windows.size(); back-- > 0;) {
    const double length = std::max(windows[back].seconds, 1e-3);
    ongoing->add_earlier(windows[back].attack, length);
    ongoing->note_rate(static_cast<double>(windows[back].attack.packets) / length);
  }
  ongoing->last_added = unusual.now;
  if (tracker.recent_sources() != nullptr) ongoing->add_sources(*tracker.recent_sources());
  return announce(*ongoing, unusual.now);
}

}  // namespace floodgauge
