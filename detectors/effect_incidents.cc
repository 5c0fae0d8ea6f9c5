#include "detectors/effect_incidents.h"

#include <algorithm>
#include <set>
#include <utility>

namespace floodgauge {
namespace {

/// A symptom is over when it was not seen for this long.
constexpr Nanoseconds kHold = whole_seconds(2);
/// These incidents show no senders; the least room for them is enough.
constexpr std::size_t kSources = 16;
/// How bad a symptom is, on the scale of floods (value per limit).
constexpr double kBlackoutBadness = 20;
constexpr double kSaturationBadness = 5;

constexpr const char* kLostMeasure = "link_lost_estimate_share";

/// Keeps the greatest share of ordinary packets that were lost. Below this share it is chance.
void note_lost(Incident& incident, const Symptom& symptom) {
  constexpr double kLeastLost = 0.05;
  if (symptom.lost_share.value_or(0) < kLeastLost) return;
  const auto at = std::find_if(incident.evidence.begin(), incident.evidence.end(),
                               [](const Evidence& item) { return item.measure == kLostMeasure; });
  if (at == incident.evidence.end()) {
    incident.evidence.push_back({kLostMeasure, *symptom.lost_share, kLeastLost, 1});
  } else {
    at->value = std::max(at->value, *symptom.lost_share);
  }
}

Dark wider(std::optional<Dark> before, Dark now) {
  return !before || *before == now ? now : Dark::both;
}

}  // namespace

void EffectIncidents::on_window(const NetworkWindow& window, const Settings& settings) {
  totals_.on_window(window, settings, registry_);
  watches_.on_window(window, settings);
  std::set<std::uint32_t> flooded;
  for (const auto& [key, ongoing] : book_.ongoing()) {
    if (key.first == IncidentKind::flood) flooded.insert(ongoing->prefix_number);
  }
  effects_.freeze(std::move(flooded));
  for (const Symptom& symptom : effects_.on_window(window, settings)) take(symptom, settings);
  impacts_.on_window(settings, window.end);
  show_effects();
}

/// The worst of what the services of a flood's target have done since it began.
void EffectIncidents::show_effects() {
  for (const auto& [key, ongoing] : book_.ongoing()) {
    if (key.first != IncidentKind::flood || key.direction == Direction::out) continue;
    const auto now = watches_.effect_on(ongoing->incident().target, ongoing->prefix_number);
    if (!now) continue;
    std::optional<Effect>& worst = ongoing->incident().effect;
    if (!worst) {
      worst = now;
      continue;
    }
    worst->answer_ratio_worst = std::min(*worst->answer_ratio_worst, *now->answer_ratio_worst);
    if (now->response_seconds_worst) {
      worst->response_seconds_worst =
          std::max(worst->response_seconds_worst.value_or(0), *now->response_seconds_worst);
    }
  }
}

OngoingIncident* EffectIncidents::open(const Symptom& symptom, const IpPrefix& target,
                                       const Settings& settings) {
  Incident incident;
  incident.kind = symptom.kind;
  incident.target = target;
  incident.prefix = target;
  incident.name =
      symptom.prefix == Symptom::kLink ? "link" : registry_.prefixes()[symptom.prefix].name;
  incident.start = symptom.since;
  incident.detected = symptom.now;
  incident.evidence = symptom.evidence;
  incident.dark = symptom.dark;
  if (symptom.kind == IncidentKind::blackout) {
    incident.cause = cause_of(book_, target, target, symptom.since);
    incident.maintenance = in_maintenance(settings, target, symptom.since);
  }
  OngoingIncident* const ongoing = book_.open(incident, UsualRates{}, kSources);
  if (ongoing != nullptr) ongoing->hold = kHold;
  return ongoing;
}

void EffectIncidents::take(const Symptom& symptom, const Settings& settings) {
  const IpPrefix target = symptom.prefix == Symptom::kLink
                              ? *IpPrefix::parse("0.0.0.0/0")
                              : registry_.prefixes()[symptom.prefix].prefix;
  OngoingIncident* ongoing = book_.find(symptom.kind, target);
  if (symptom.over) {
    if (ongoing != nullptr) ongoing->last_above = symptom.now;
    return;
  }
  const bool first = ongoing == nullptr;
  if (first) ongoing = open(symptom, target, settings);
  if (ongoing == nullptr) return;
  Incident& incident = ongoing->incident();
  note_lost(incident, symptom);
  ongoing->last_above = std::max(ongoing->last_above, symptom.now);
  if (!incident.maintenance) {
    const bool dark = symptom.kind == IncidentKind::blackout;
    ongoing->worst_ratio =
        std::max(ongoing->worst_ratio, dark ? kBlackoutBadness : kSaturationBadness);
  }
  incident.current_pps = symptom.pps;
  incident.current_bps = symptom.bps;
  ongoing->note_peak(symptom.pps, symptom.bps);
  ongoing->note_rate(symptom.pps);
  if (first) {
    book_.announce(*ongoing, symptom.now);
    return;
  }
  // Evidence of the other direction is new.
  bool news = false;
  for (const Evidence& seen : symptom.evidence) {
    const bool known =
        std::any_of(incident.evidence.begin(), incident.evidence.end(),
                    [&](const Evidence& item) { return item.measure == seen.measure; });
    if (known) continue;
    incident.evidence.push_back(seen);
    news = true;
  }
  if (symptom.dark) {
    const Dark wide = wider(incident.dark, *symptom.dark);
    news = news || incident.dark != wide;
    incident.dark = wide;
  }
  if (news) book_.tell(*ongoing, symptom.now);
}

void EffectIncidents::fill(EngineSnapshot& snapshot) const {
  totals_.fill(snapshot, watches_, impacts_, registry_);
}

}  // namespace floodgauge
