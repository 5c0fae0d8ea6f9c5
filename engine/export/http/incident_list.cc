#include "engine/export/http/incident_list.h"

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <string_view>

#include "engine/export/history/history_reader.h"
#include "engine/export/http/query_value.h"
#include "engine/export/report/incident_json.h"
#include "engine/export/report/time_text.h"

namespace floodgauge {
namespace {

constexpr std::size_t kDefaultLimit = 1000;
constexpr std::size_t kMostLimit = 10'000;

Json shown(const Incident& incident) {
  Json json = incident_json(incident);
  json["number"] = incident.number;
  if (incident.open) {
    json["current_pps"] = rounded_rate(incident.current_pps);
    json["current_bps"] = rounded_rate(incident.current_bps);
  }
  return json;
}

/// Null when the text of the row is no object.
Json shown(const HistoryRow& row) {
  Json json = Json::parse(row.json, nullptr, false);
  if (!json.is_object()) return nullptr;
  json["number"] = row.number;
  return json;
}

IncidentPlace place_of(const Incident& incident) {
  return {incident.start, target_key(incident.target), incident.id};
}

/// Fills `time` from a parameter; false when it is there and no time.
bool read_time(const HttpRequest& request, const char* key, std::optional<Nanoseconds>& time) {
  const std::string text = query_value(request, key);
  if (text.empty()) return true;
  time = parse_time(text);
  return time.has_value();
}

/// Fills the query but for `after`. Returns what is wrong with the request.
std::string read_query(const HttpRequest& request, IncidentQuery& query) {
  const std::string state = query_value(request, "state");
  if (!state.empty() && state != "open" && state != "closed") {
    return "state is open or closed, not " + state;
  }
  if (!state.empty()) query.open = state == "open";
  if (!read_time(request, "since", query.since)) return "since is no RFC 3339 time";
  if (!read_time(request, "until", query.until)) return "until is no RFC 3339 time";
  const std::string order = query_value(request, "order");
  if (!order.empty() && order != "start" && order != "latest") {
    return "order is start or latest, not " + order;
  }
  query.latest_first = order == "latest";
  query.limit = kDefaultLimit;
  const std::string limit = query_value(request, "limit");
  if (limit.empty()) return "";
  const bool sound = read_number<std::size_t>(limit, 1, kMostLimit, query.limit);
  return sound ? "" : "limit is 1 to 10000";
}

bool fits(const Incident& incident, const IncidentQuery& query) {
  if (query.open && incident.open != *query.open) return false;
  if (query.until && incident.start > *query.until) return false;
  if (query.since && !incident.open && incident.end && *incident.end < *query.since) return false;
  if (!query.after) return true;
  const IncidentPlace place = place_of(incident);
  return query.latest_first ? place < *query.after : place > *query.after;
}

std::optional<IncidentPlace> find_place(const std::string& id, const EngineSnapshot& snapshot,
                                        HistoryReader* history) {
  for (const auto& incident : snapshot.incidents) {
    if (incident->id == id) return place_of(*incident);
  }
  if (history == nullptr) return std::nullopt;
  const auto row = history->incident(id);
  if (!row) return std::nullopt;
  return IncidentPlace{row->start, row->target, row->id};
}

using Places = std::map<IncidentPlace, Json>;

/// The rows of the history that the sensor does not remember itself. What is open, it remembers.
void add_history(HistoryReader& history, const EngineSnapshot& snapshot, IncidentQuery query,
                 Places& places) {
  if (query.open == true) return;
  std::set<std::string_view> remembered;
  for (const auto& incident : snapshot.incidents) remembered.insert(incident->id);
  ++query.limit;  // one more tells whether another page follows
  for (const HistoryRow& row : history.incidents(query)) {
    if (remembered.contains(row.id)) continue;
    Json json = shown(row);
    if (!json.is_null()) places.emplace(IncidentPlace{row.start, row.target, row.id}, json);
  }
}

Json page_of(const EngineSnapshot& snapshot, const IncidentQuery& query, Places places) {
  std::map<IncidentPlace, const Incident*> own;
  for (const auto& incident : snapshot.incidents) {
    if (fits(*incident, query)) own.emplace(place_of(*incident), incident.get());
  }
  for (const auto& [place, incident] : own) places.emplace(place, Json());
  Json list = Json::array();
  Json next = nullptr;
  std::string last;
  const auto take = [&](const auto& entry) {
    if (list.size() == query.limit) {
      next = last;
      return false;
    }
    const auto mine = own.find(entry.first);
    list.push_back(mine != own.end() ? shown(*mine->second) : entry.second);
    last = entry.first.id;
    return true;
  };
  if (query.latest_first) {
    for (auto at = places.rbegin(); at != places.rend() && take(*at); ++at) {
    }
  } else {
    for (auto at = places.begin(); at != places.end() && take(*at); ++at) {
    }
  }
  return {{"incidents", list}, {"next", next}};
}

/// Null where none is kept or, with the reason in `trouble`, where it cannot be read.
std::unique_ptr<HistoryReader> open_history(const std::string& path, std::string& trouble) {
  if (path.empty()) return nullptr;
  try {
    return std::make_unique<HistoryReader>(path);
  } catch (const HistoryError& error) {
    trouble = error.what();
    return nullptr;
  }
}

Json rate_json(const std::string& id, const Json& start, const Json& end, const Json& rates) {
  return {{"id", id}, {"start", start}, {"end", end}, {"pps", rates}};
}

}  // namespace

HttpResponse incident_list(const HttpRequest& request, const EngineSnapshot& snapshot,
                           const std::string& history_path) {
  IncidentQuery query;
  const std::string wrong = read_query(request, query);
  if (!wrong.empty()) return HttpResponse::error(400, wrong);
  std::string trouble;
  Places places;
  try {
    const std::unique_ptr<HistoryReader> history = open_history(history_path, trouble);
    if (const std::string after = query_value(request, "after"); !after.empty()) {
      query.after = find_place(after, snapshot, history.get());
      if (!query.after)
        return HttpResponse::error(400, "after: no incident " + after + " is known");
    }
    if (history != nullptr) add_history(*history, snapshot, query, places);
  } catch (const HistoryError& error) {
    trouble = error.what();
  }
  Json json = page_of(snapshot, query, std::move(places));
  if (!trouble.empty()) json["history_error"] = trouble;
  return HttpResponse::json(json);
}

HttpResponse one_incident(const std::string& resource, const EngineSnapshot& snapshot,
                          const std::string& history_path) {
  constexpr std::string_view kRate = "/rate";
  const bool of_rate = resource.ends_with(kRate);
  const std::string id = resource.substr(0, resource.size() - (of_rate ? kRate.size() : 0));
  for (const auto& incident : snapshot.incidents) {
    if (incident->id != id) continue;
    if (!of_rate) return HttpResponse::json(shown(*incident));
    Json rates = Json::array();
    for (const double rate : incident->rate_history) rates.push_back(rounded_rate(rate));
    const Nanoseconds end = incident->end && !incident->open ? *incident->end : snapshot.now;
    return HttpResponse::json(rate_json(id, rfc3339(incident->start), rfc3339(end), rates));
  }
  std::string trouble;
  try {
    const std::unique_ptr<HistoryReader> history = open_history(history_path, trouble);
    const auto row = history == nullptr ? std::nullopt : history->incident(id);
    const Json json = row ? shown(*row) : Json(nullptr);
    if (!json.is_null() && !of_rate) return HttpResponse::json(json);
    if (!json.is_null()) {
      const Json rates = Json::parse(row->rate, nullptr, false);
      return HttpResponse::json(rate_json(id, json.value("start", Json()),
                                          json.value("end", Json()),
                                          rates.is_array() ? rates : Json::array()));
    }
  } catch (const HistoryError& error) {
    trouble = error.what();
  }
  if (!trouble.empty()) return HttpResponse::error(503, trouble);
  return HttpResponse::error(404, "no incident " + id + " is remembered");
}

}  // namespace floodgauge
