#include "detectors/impact_incidents.h"

#include <algorithm>

namespace floodgauge {
namespace {

/// A server that was not asked for this long does not count among those of its prefix.
constexpr Nanoseconds kAskedWithin = whole_seconds(60);
/// The impacts of a prefix's servers are one when this many of them, and over half of those that
/// were asked, began within this time of each other.
constexpr std::size_t kLeastServers = 3;
constexpr Nanoseconds kTogether = whole_seconds(5);
/// Rows of an incident's servers.
constexpr std::size_t kMostServers = 256;
constexpr std::size_t kSources = 16;
/// An open impact is prolonged with each window; this is only a bound for gaps without windows.
constexpr Nanoseconds kHold = whole_seconds(3600);

/// How bad it is, on the scale of floods (value per limit).
double badness_of(Condition condition, bool whole_prefix) {
  switch (condition) {
    case Condition::silent:
      return whole_prefix ? 20 : 5;
    case Condition::failing:
      return 5;
    default:
      return 2;
  }
}

Evidence evidence_of(const std::string& service, const ServerImpact& impact) {
  if (impact.condition == Condition::slow && impact.response_seconds_worst) {
    const double before = impact.response_seconds_before.value_or(0);
    return {service + "_response_seconds", *impact.response_seconds_worst,
            std::max(4 * before, before + 0.02), 1};
  }
  return {service + "_answered_ratio", impact.answer_ratio_worst, 0.75 * impact.answer_ratio_before,
          1};
}

Effect effect_of(const ServerImpact& impact) {
  return {impact.answer_ratio_before, impact.answer_ratio_worst, impact.response_seconds_before,
          impact.response_seconds_worst};
}

/// Sums up the rows of an incident's servers.
void sum_up(ImpactDetail& detail) {
  detail.requests = detail.answered = 0;
  detail.condition = detail.now = Condition::normal;
  for (const ServerImpact& server : detail.servers) {
    detail.requests += server.requests;
    detail.answered += server.answered;
    detail.condition = std::max(detail.condition, server.condition);
    detail.now = std::max(detail.now, server.now);
  }
}

const ServerImpact* current(const ServiceWatch& watch) {
  if (watch.impact()) return &*watch.impact();
  return watch.ended() ? &*watch.ended() : nullptr;
}

}  // namespace

bool in_maintenance(const Settings& settings, const IpPrefix& prefix, Nanoseconds time) {
  for (const ProtectEntry& entry : settings.protect) {
    if (entry.maintenance.empty()) continue;
    const bool named =
        prefix == *IpPrefix::parse("0.0.0.0/0") ||
        std::find(entry.prefixes.begin(), entry.prefixes.end(), prefix) != entry.prefixes.end();
    if (!named) continue;
    for (const MaintenanceWindow& window : entry.maintenance) {
      if (time >= window.from && time < window.to) return true;
    }
  }
  return false;
}

std::string cause_of(const IncidentBook& book, const IpPrefix& target, const IpPrefix& prefix,
                     Nanoseconds start) {
  // A flood that began before it, or was noticed a little later.
  constexpr Nanoseconds kLater = whole_seconds(2);
  const Incident* best = nullptr;
  bool best_on_target = false;
  for (const auto& [key, ongoing] : book.ongoing()) {
    const Incident& flood = ongoing->incident();
    if (flood.kind != IncidentKind::flood || flood.direction == Direction::out) continue;
    if (flood.start > start + kLater) continue;
    const bool everything = prefix.length == 0;
    const bool on_target = flood.target == target || flood.target.contains(target.address);
    const bool in_prefix = everything || prefix.contains(flood.target.address) ||
                           flood.target.contains(prefix.address);
    if (!on_target && !in_prefix) continue;
    const bool better = best == nullptr || (on_target && !best_on_target) ||
                        (on_target == best_on_target && flood.peak_pps > best->peak_pps);
    if (!better) continue;
    best = &flood;
    best_on_target = on_target;
  }
  return best == nullptr ? "" : best->id;
}

OngoingIncident* ImpactIncidents::open(const IpPrefix& target, const Service& service,
                                       ImpactDetail detail, const Settings& settings,
                                       Nanoseconds now) {
  const ProtectedPrefix& prefix = registry_.prefixes()[service.first];
  Incident incident;
  incident.kind = IncidentKind::impact;
  incident.target = target;
  incident.prefix = prefix.prefix;
  incident.name = prefix.name;
  incident.detected = now;
  incident.start = detail.servers.front().start;
  for (const ServerImpact& server : detail.servers) {
    incident.start = std::min(incident.start, server.start);
  }
  incident.evidence.push_back(evidence_of(detail.service, detail.servers.front()));
  incident.effect = effect_of(detail.servers.front());
  sum_up(detail);
  incident.impact = std::move(detail);
  incident.cause = cause_of(book_, target, prefix.prefix, incident.start);
  incident.maintenance = in_maintenance(settings, prefix.prefix, incident.start);
  OngoingIncident* const ongoing = book_.open(incident, UsualRates{}, kSources);
  if (ongoing == nullptr) return nullptr;
  ongoing->prefix_number = service.first;
  update(*ongoing, now);
  book_.announce(*ongoing, now);
  return ongoing;
}

void ImpactIncidents::update(OngoingIncident& ongoing, Nanoseconds now) {
  Incident& incident = ongoing.incident();
  ImpactDetail& detail = *incident.impact;
  sum_up(detail);
  detail.lost_seconds = (now - incident.start).seconds();
  ongoing.last_above = now;
  ongoing.hold = kHold;
  const bool whole_prefix = detail.servers.size() > 1;
  if (!incident.maintenance) {
    ongoing.worst_ratio = std::max(ongoing.worst_ratio, badness_of(detail.condition, whole_prefix));
  }
  if (incident.cause.empty()) {
    incident.cause = cause_of(book_, incident.target, incident.prefix, incident.start);
  }
}

void ImpactIncidents::close(OngoingIncident& ongoing, Nanoseconds end, Nanoseconds now) {
  Incident& incident = ongoing.incident();
  incident.impact->now = Condition::normal;
  incident.impact->lost_seconds = (end - incident.start).seconds();
  // The book closes it at the end of this window, and gives it this end.
  ongoing.last_above = end;
  ongoing.hold = now - end;
}

void ImpactIncidents::count_lost(const Service& service, const ServerImpact& impact) {
  lost_[service] += impact.requests - impact.answered;
}

void ImpactIncidents::follow_single(const Watch& watch, const Settings& settings, Nanoseconds now) {
  const Service service{watch.first.prefix, watch.first.service};
  const ServerImpact* const impact = current(watch.second);
  if (impact == nullptr) return;
  const IpPrefix target = IpPrefix::host(watch.first.server);
  const std::string name = watches_.service_name(watch.first.service);
  OngoingIncident* ongoing = book_.impact_on(target, name);
  ServerImpact row = *impact;
  row.address = watch.first.server;
  if (ongoing == nullptr) {
    if (watch.second.ended()) return;
    ImpactDetail detail;
    detail.service = name;
    detail.servers = {row};
    open(target, service, std::move(detail), settings, now);
    return;
  }
  ImpactDetail& detail = *ongoing->incident().impact;
  const auto before = std::pair(detail.now, detail.condition);
  detail.servers = {row};
  update(*ongoing, now);
  ongoing->incident().effect = effect_of(row);
  ongoing->incident().evidence = {evidence_of(name, row)};
  if (watch.second.ended()) {
    count_lost(service, row);
    close(*ongoing, *row.end, now);
  } else if (std::pair(detail.now, detail.condition) != before) {
    book_.tell(*ongoing, now);
  }
}

bool ImpactIncidents::should_merge(const std::vector<const Watch*>& asked, Nanoseconds now) const {
  std::vector<Nanoseconds> starts;
  std::size_t servers = 0;
  for (const Watch* watch : asked) {
    servers += now - watch->second.last_asked() <= kAskedWithin;
    if (watch->second.impact()) starts.push_back(watch->second.impact()->start);
  }
  if (starts.size() < kLeastServers) return false;
  std::sort(starts.begin(), starts.end());
  std::size_t most = 0;
  for (std::size_t first = 0, last = 0; last < starts.size(); ++last) {
    while (starts[last] - starts[first] > kTogether) ++first;
    most = std::max(most, last - first + 1);
  }
  return most >= kLeastServers && 2 * most > servers;
}

void ImpactIncidents::merge(const Service& service, const std::vector<const Watch*>& asked,
                            const Settings& settings, Nanoseconds now) {
  ImpactDetail detail;
  detail.service = watches_.service_name(service.second);
  Merged merged;
  for (const Watch* watch : asked) {
    if (!watch->second.impact() || detail.servers.size() >= kMostServers) continue;
    ServerImpact row = *watch->second.impact();
    row.address = watch->first.server;
    merged.open[row.address] = detail.servers.size();
    detail.servers.push_back(row);
  }
  const IpPrefix target = registry_.prefixes()[service.first].prefix;
  OngoingIncident* const ongoing = open(target, service, detail, settings, now);
  if (ongoing == nullptr) return;
  merged_[service] = std::move(merged);
  const std::string id = ongoing->incident().id;
  for (const ServerImpact& row : detail.servers) {
    OngoingIncident* const single = book_.impact_on(IpPrefix::host(row.address), detail.service);
    if (single == nullptr || single == ongoing) continue;
    single->incident().impact->merged_into = id;
    close(*single, now, now);
  }
}

void ImpactIncidents::follow_merged(const Service& service, Merged& merged,
                                    const std::vector<const Watch*>& asked, Nanoseconds now) {
  const IpPrefix target = registry_.prefixes()[service.first].prefix;
  OngoingIncident* const ongoing = book_.impact_on(target, watches_.service_name(service.second));
  if (ongoing == nullptr) return merged.open.clear();
  ImpactDetail& detail = *ongoing->incident().impact;
  const auto before = std::tuple(detail.now, detail.condition, merged.open.size());
  Nanoseconds end;
  for (const Watch* watch : asked) {
    const ServerImpact* const impact = current(watch->second);
    if (impact == nullptr) continue;
    const IpAddress& server = watch->first.server;
    auto at = merged.open.find(server);
    if (at == merged.open.end()) {
      if (watch->second.ended() || detail.servers.size() >= kMostServers) continue;
      at = merged.open.emplace(server, detail.servers.size()).first;
      detail.servers.emplace_back();
    }
    ServerImpact& row = detail.servers[at->second];
    row = *impact;
    row.address = server;
    if (!watch->second.ended()) continue;
    count_lost(service, row);
    merged.open.erase(at);
  }
  for (const ServerImpact& row : detail.servers) end = std::max(end, row.end.value_or(end));
  update(*ongoing, now);
  if (merged.open.empty()) {
    close(*ongoing, end, now);
  } else if (std::tuple(detail.now, detail.condition, merged.open.size()) != before) {
    book_.tell(*ongoing, now);
  }
}

void ImpactIncidents::on_window(const Settings& settings, Nanoseconds now) {
  const auto& all = watches_.all();
  for (auto at = all.begin(); at != all.end();) {
    const Service service{at->first.prefix, at->first.service};
    std::vector<const Watch*> asked;
    bool any = false;
    for (; at != all.end() && Service{at->first.prefix, at->first.service} == service; ++at) {
      asked.push_back(&*at);
      any = any || current(at->second) != nullptr;
    }
    if (!any) continue;
    const auto merged = merged_.find(service);
    if (merged != merged_.end()) {
      follow_merged(service, merged->second, asked, now);
      if (merged->second.open.empty()) merged_.erase(merged);
    } else if (should_merge(asked, now)) {
      merge(service, asked, settings, now);
    } else {
      for (const Watch* watch : asked) follow_single(*watch, settings, now);
    }
  }
}

}  // namespace floodgauge
