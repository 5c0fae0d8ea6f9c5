#include "detectors/effect_incidents.h"

#include <algorithm>
#include <utility>

namespace floodgauge {
namespace {

/// A symptom is over when it was not seen for this long.
constexpr Nanoseconds kHold = whole_seconds(2);
/// These incidents show no senders; the least room for them is enough.
constexpr std::size_t kSources = 16;

/// How bad a symptom is, on the scale of floods (value per limit): silence is worse than fewer
/// answers.
double badness_of(const Symptom& symptom) {
  switch (symptom.kind) {
    case IncidentKind::blackout:
      return 20;
    case IncidentKind::impact:
      return symptom.evidence.value <= 0
                 ? 5
                 : std::min(5.0, symptom.evidence.limit / symptom.evidence.value);
    default:
      return 5;
  }
}

}  // namespace

void EffectIncidents::on_window(const NetworkWindow& window, const Settings& settings) {
  begin_effects();
  for (const Symptom& symptom : effects_.on_window(window, settings)) take(symptom);
  show_effects();
}

void EffectIncidents::begin_effects() {
  std::set<std::uint32_t> flooded;
  for (const auto& [key, ongoing] : book_.ongoing()) {
    if (key.first == IncidentKind::flood) flooded.insert(ongoing->prefix_number);
  }
  for (const std::uint32_t prefix : flooded) {
    if (!flooded_before_.contains(prefix)) effects_.begin_effect(prefix);
  }
  flooded_before_ = std::move(flooded);
}

void EffectIncidents::show_effects() {
  for (const auto& [key, ongoing] : book_.ongoing()) {
    if (key.first != IncidentKind::flood) continue;
    if (auto effect = effects_.effect_on(ongoing->prefix_number)) {
      ongoing->incident().effect = effect;
    }
  }
}

OngoingIncident* EffectIncidents::open(const Symptom& symptom, const IpPrefix& target) {
  Incident incident;
  incident.kind = symptom.kind;
  incident.target = target;
  incident.prefix = target;
  incident.name =
      symptom.prefix == Symptom::kLink ? "link" : registry_.prefixes()[symptom.prefix].name;
  incident.start = symptom.since;
  incident.detected = symptom.now;
  incident.evidence.push_back(symptom.evidence);
  OngoingIncident* const ongoing = book_.open(incident, UsualRates{}, kSources);
  if (ongoing != nullptr) ongoing->hold = kHold;
  return ongoing;
}

void EffectIncidents::take(const Symptom& symptom) {
  const IpPrefix target = symptom.prefix == Symptom::kLink
                              ? *IpPrefix::parse("0.0.0.0/0")
                              : registry_.prefixes()[symptom.prefix].prefix;
  OngoingIncident* ongoing = book_.find(symptom.kind, target);
  const bool first = ongoing == nullptr;
  if (first) ongoing = open(symptom, target);
  if (ongoing == nullptr) return;
  ongoing->last_above = std::max(ongoing->last_above, symptom.now);
  ongoing->worst_ratio = std::max(ongoing->worst_ratio, badness_of(symptom));
  ongoing->incident().effect = symptom.effect;
  ongoing->incident().current_pps = symptom.pps;
  ongoing->incident().current_bps = symptom.bps;
  ongoing->note_peak(symptom.pps, symptom.bps);
  ongoing->note_rate(symptom.pps);
  if (first) {
    book_.announce(*ongoing, symptom.now);
    return;
  }
  // Evidence of another service, or of the other direction, of the same prefix is new.
  std::vector<Evidence>& evidence = ongoing->incident().evidence;
  const bool known = std::any_of(evidence.begin(), evidence.end(), [&](const Evidence& item) {
    return item.measure == symptom.evidence.measure;
  });
  if (known) return;
  evidence.push_back(symptom.evidence);
  book_.tell(*ongoing, symptom.now);
}

}  // namespace floodgauge
