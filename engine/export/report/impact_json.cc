#include "engine/export/report/impact_json.h"

#include "engine/export/report/time_text.h"

namespace floodgauge {
namespace {

Json seconds_or_null(const std::optional<double>& seconds) {
  return seconds ? Json(rounded(*seconds, 6)) : Json(nullptr);
}

Json server_json(const ServerImpact& server) {
  return {{"address", server.address.text()},
          {"condition", name(server.condition)},
          {"start", rfc3339(server.start)},
          {"end", server.end ? Json(rfc3339(*server.end)) : Json(nullptr)},
          {"requests", server.requests},
          {"answered", server.answered},
          {"response_seconds_before", seconds_or_null(server.response_seconds_before)},
          {"response_seconds_worst", seconds_or_null(server.response_seconds_worst)}};
}

/// While an impact is open and its service recovers, that is its condition.
Condition condition_of(const Incident& incident) {
  const ImpactDetail& detail = *incident.impact;
  return incident.open && detail.now == Condition::recovering ? detail.now : detail.condition;
}

}  // namespace

void add_impact(Json& json, const Incident& incident) {
  if (incident.kind == IncidentKind::flood) return;
  json["direction"] = incident.dark ? Json(name(*incident.dark)) : Json(nullptr);
  if (incident.kind == IncidentKind::saturation) return;
  json["cause"] = incident.cause.empty() ? Json(nullptr) : Json(incident.cause);
  if (incident.maintenance) json["maintenance"] = true;
  if (!incident.impact) return;
  const ImpactDetail& detail = *incident.impact;
  json["service"] = detail.service;
  json["condition"] = name(condition_of(incident));
  Json servers = Json::array();
  for (const ServerImpact& server : detail.servers) servers.push_back(server_json(server));
  json["servers"] = std::move(servers);
  json["lost_requests"] = detail.lost_requests();
  json["lost_seconds"] = rounded(detail.lost_seconds, 3);
  json["merged_into"] = detail.merged_into.empty() ? Json(nullptr) : Json(detail.merged_into);
}

}  // namespace floodgauge
