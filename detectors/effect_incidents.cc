// From symptoms to incidents of their own, and what a flood did to the services behind it.
#include <algorithm>

#include "detectors/detection.h"

namespace floodgauge {
namespace {

/// A symptom is gone when it was not seen for so long.
constexpr Nanoseconds kHold = whole_seconds(2);

/// How bad, as the ratio by which floods are judged: silence is worse than fewer answers.
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

void Detection::judge_effects(const NetworkWindow& window) {
  std::set<std::uint32_t> flooded;
  for (const auto& [key, ongoing] : book_.ongoing()) {
    if (key.first == IncidentKind::flood) flooded.insert(ongoing->prefix_number);
  }
  for (const std::uint32_t prefix : flooded) {
    if (!flooded_before_.contains(prefix)) effects_.begin_effect(prefix);
  }
  flooded_before_ = std::move(flooded);
  for (const Symptom& symptom : effects_.on_window(window, settings_)) take_symptom(symptom);
  for (const auto& [key, ongoing] : book_.ongoing()) {
    if (key.first != IncidentKind::flood) continue;
    if (auto effect = effects_.effect_on(ongoing->prefix_number)) {
      ongoing->incident().effect = effect;
    }
  }
}

void Detection::take_symptom(const Symptom& symptom) {
  const bool link = symptom.prefix == Symptom::kLink;
  const IpPrefix target =
      link ? *IpPrefix::parse("0.0.0.0/0") : registry_.prefixes()[symptom.prefix].prefix;
  OngoingIncident* ongoing = book_.find(symptom.kind, target);
  const bool first = ongoing == nullptr;
  if (first) {
    Incident incident;
    incident.kind = symptom.kind;
    incident.target = target;
    incident.prefix = target;
    incident.name = link ? "link" : registry_.prefixes()[symptom.prefix].name;
    incident.start = symptom.since;
    incident.detected = symptom.now;
    incident.evidence.push_back(symptom.evidence);
    ongoing = book_.open(incident, UsualRates{}, 16);
    if (ongoing == nullptr) return;
    ongoing->hold = kHold;
  }
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
  // Another service, or the other direction, of the same prefix.
  std::vector<Evidence>& evidence = ongoing->incident().evidence;
  const bool known = std::any_of(evidence.begin(), evidence.end(), [&](const Evidence& item) {
    return item.measure == symptom.evidence.measure;
  });
  if (known) return;
  evidence.push_back(symptom.evidence);
  book_.tell(*ongoing, symptom.now);
}

}  // namespace floodgauge
