#include "engine/export/report/incident_json.h"

#include <array>
#include <cmath>

#include "engine/export/report/impact_json.h"
#include "engine/export/report/time_text.h"

namespace floodgauge {
namespace {

Json top_json(const std::vector<TopEntry>& entries) {
  Json list = Json::array();
  for (const TopEntry& entry : entries) {
    list.push_back({{"value", entry.value},
                    {"packets", entry.packets},
                    {"share", rounded_share(entry.share)}});
    if (!entry.label) continue;
    const NetworkLabel& label = *entry.label;
    list.back()["asn"] = label.asn == 0 ? Json(nullptr) : Json(label.asn);
    list.back()["network"] = label.network.empty() ? Json(nullptr) : Json(label.network);
    list.back()["country"] = label.country.empty() ? Json(nullptr) : Json(label.country);
  }
  return list;
}

Json vectors_json(const std::vector<VectorShare>& vectors) {
  Json list = Json::array();
  for (const VectorShare& vector : vectors) {
    list.push_back({{"name", vector.name}, {"share", rounded_share(vector.share)}});
  }
  return list;
}

Json evidence_json(const std::vector<Evidence>& evidence) {
  Json list = Json::array();
  for (const Evidence& item : evidence) {
    list.push_back({{"measure", item.measure},
                    {"value", rounded_share(item.value)},
                    {"limit", rounded_share(item.limit)},
                    {"window_seconds", rounded(item.window_seconds, 6)}});
  }
  return list;
}

Json number_or_null(const std::optional<double>& value, int decimals) {
  return value ? Json(rounded(*value, decimals)) : Json(nullptr);
}

Json effect_json(const std::optional<Effect>& effect) {
  if (!effect) return nullptr;
  return {{"answer_ratio_before", number_or_null(effect->answer_ratio_before, 4)},
          {"answer_ratio_worst", number_or_null(effect->answer_ratio_worst, 4)},
          {"response_seconds_before", number_or_null(effect->response_seconds_before, 6)},
          {"response_seconds_worst", number_or_null(effect->response_seconds_worst, 6)}};
}

Json rules_json(const std::vector<MitigationRule>& rules) {
  Json list = Json::array();
  for (const MitigationRule& rule : rules) {
    list.push_back({{"flowspec", rule.flowspec},
                    {"flood_share", rounded_share(rule.flood_share)},
                    {"answered_share", rounded_share(rule.answered_share)},
                    {"answered_flows", rule.answered_flows},
                    {"services", rule.services},
                    {"sampled_packets", rule.sampled_packets}});
  }
  return list;
}

Json mitigation_json(const std::optional<Mitigation>& mitigation) {
  if (!mitigation) return nullptr;
  const bool blackhole = !mitigation->blackhole.empty();
  return {{"flowspec", mitigation->flowspec},
          {"blackhole", blackhole ? Json(mitigation->blackhole) : Json(nullptr)},
          {"rules", rules_json(mitigation->rules)},
          {"covered_share", rounded_share(mitigation->covered_share)},
          {"revision", mitigation->revision},
          {"advice", mitigation->advice}};
}

Json evidence_file_json(const std::optional<EvidenceFile>& file) {
  if (!file) return nullptr;
  return {{"path", file->path},
          {"packets", file->packets},
          {"sampled_one_in", rounded(file->sampled_one_in, 1)}};
}

Json queried_json(const QueriedNames& queried) {
  static constexpr std::array<const char*, 5> kNames = {"noerror", "nxdomain", "servfail",
                                                        "refused", "other"};
  Json rcodes = Json::object();
  for (std::size_t r = 0; r < kNames.size(); ++r) rcodes[kNames[r]] = queried.results[r];
  const bool answered = queried.answers() != 0;
  return {
      {"zone", queried.zone.empty() ? Json(nullptr) : Json(queried.zone)},
      {"zone_share", rounded_share(queried.zone_share)},
      {"sampled_names", queried.sampled_names},
      {"rcodes", std::move(rcodes)},
      {"nxdomain_share", answered ? Json(rounded_share(queried.nxdomain_share())) : Json(nullptr)}};
}

void add_announced(Json& json, const Incident& incident) {
  if (incident.approval) {
    json["approved"] = true;
    json["approval"] = {{"by", incident.approval->by}, {"time", rfc3339(incident.approval->time)}};
  }
  if (!incident.announced.empty()) {
    Json list = Json::array();
    for (const AnnouncedRule& rule : incident.announced) list.push_back(announced_json(rule));
    json["announced"] = std::move(list);
  }
  if (!incident.not_announced.empty()) json["not_announced"] = incident.not_announced;
}

/// Impacts and saturation have no direction.
Json direction_json(const Incident& incident) {
  return incident.kind == IncidentKind::flood ? Json(name(incident.direction)) : Json(nullptr);
}

}  // namespace

double rounded(double value, int decimals) {
  if (!std::isfinite(value)) return 0;
  const double factor = std::pow(10.0, decimals);
  const double result = std::round(value * factor) / factor;
  // Above 2^53 the product may overflow, but such a value has no decimals to round. The comparison
  // with 0 avoids "-0.0".
  if (!std::isfinite(result)) return value;
  return result == 0 ? 0 : result;
}

double rounded_rate(double value) {
  return rounded(value, 1);
}

double rounded_share(double value) {
  return rounded(value, 4);
}

Json incident_json(const Incident& incident) {
  Json json = {
      {"id", incident.id},
      {"kind", name(incident.kind)},
      {"direction", direction_json(incident)},
      {"state", incident.open ? "open" : "closed"},
      {"severity", name(incident.severity)},
      {"target", incident.target.text()},
      {"prefix", incident.prefix.text()},
      {"name", incident.name},
      {"vectors", vectors_json(incident.vectors)},
      {"start", rfc3339(incident.start)},
      {"detected", rfc3339(incident.detected)},
      {"end", incident.end && !incident.open ? Json(rfc3339(*incident.end)) : Json(nullptr)},
      {"quiet_since", incident.quiet_since && incident.open ? Json(rfc3339(*incident.quiet_since))
                                                            : Json(nullptr)},
      {"peak_pps", rounded_rate(incident.peak_pps)},
      {"peak_bps", rounded_rate(incident.peak_bps)},
      {"packets", incident.total.packets},
      {"bytes", incident.total.bytes},
      {"sources_estimate", incident.sources_estimate},
      {"top_sources", top_json(incident.top_sources)},
      {"top_networks", top_json(incident.top_networks)},
      {"top_source_ports", top_json(incident.top_source_ports)},
      {"top_destination_ports", top_json(incident.top_destination_ports)},
      {"towards", top_json(incident.towards)},
      {"evidence", evidence_json(incident.evidence)},
      {"effect", effect_json(incident.effect)},
      {"mitigation", mitigation_json(incident.mitigation)},
      {"evidence_file", evidence_file_json(incident.evidence_file)},
      {"signatures", top_json(incident.signatures)},
  };
  add_impact(json, incident);
  if (incident.queried) json["dns"] = queried_json(*incident.queried);
  if (incident.loss_ratio > 0) json["loss_ratio"] = rounded_share(incident.loss_ratio);
  if (incident.sampling > 1) {
    json["sampling"] = {{"one_in", incident.sampling},
                        {"error", rounded_share(incident.sampling_error)}};
  }
  add_announced(json, incident);
  if (!incident.note.empty()) json["note"] = incident.note;
  return json;
}

Json announced_json(const AnnouncedRule& rule) {
  Json json = {{"route", rule.route},
               {"incident", rule.incident},
               {"speaker", rule.speaker},
               {"state", kAnnouncedStateNames[static_cast<std::size_t>(rule.state)]},
               {"since", rfc3339(rule.since)},
               {"promised_share", number_or_null(rule.promised_share, 4)},
               {"before_pps", number_or_null(rule.before_pps, 1)},
               {"after_pps", number_or_null(rule.after_pps, 1)},
               {"remaining_ratio", number_or_null(rule.remaining_ratio, 4)},
               {"efficacy", number_or_null(rule.efficacy, 4)}};
  if (rule.dry_run) json["dry_run"] = true;
  if (rule.stale) json["stale"] = true;
  return json;
}

Json event_json(Nanoseconds time, Transition transition, const Incident& incident) {
  Json event = {
      {"time", rfc3339(time)}, {"event", name(transition)}, {"incident", incident_json(incident)}};
  if (transition == Transition::rules) {
    event["revision"] = incident.mitigation ? incident.mitigation->revision : 0;
    event["withdraw"] = incident.rules_change.withdraw;
    event["announce"] = incident.rules_change.announce;
  }
  return event;
}

std::string json_text(const Json& json, int indent) {
  return json.dump(indent, ' ', false, Json::error_handler_t::replace);
}

}  // namespace floodgauge
