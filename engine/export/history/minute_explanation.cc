#include "engine/export/history/minute_explanation.h"

#include <algorithm>
#include <map>
#include <vector>

#include "config/threshold_table.h"
#include "detectors/target.h"
#include "engine/base/number_text.h"
#include "engine/export/report/explanation_json.h"
#include "engine/export/report/time_text.h"

namespace floodgauge {
namespace {

constexpr std::size_t kMostIncidents = 1000;
constexpr std::size_t kMinutesOfDay = 1440;
constexpr std::size_t kMostDays = 366;

/// The row of the minute, else of the hour, that holds `at`.
struct Kept {
  HistoryLevel level = HistoryLevel::minute;
  RatesRow row;
};

std::optional<Kept> kept_at(HistoryReader& reader, const PastQuestion& question) {
  for (const HistoryLevel level : {HistoryLevel::minute, HistoryLevel::hour}) {
    const std::int64_t step = step_of(level).count;
    const Nanoseconds start{question.at.count / step * step};
    auto rows = reader.rates(level, question.prefix.text(), start, start + Nanoseconds{step}, 1);
    if (!rows.empty()) return Kept{level, std::move(rows.front())};
  }
  return std::nullopt;
}

const LimitPeak* peak_of(const StoredRates& rates,
                         const std::map<std::uint32_t, std::string>& names, std::string_view key) {
  for (const auto& [number, name] : names) {
    const auto at = rates.limits.find(number);
    if (name == key && at != rates.limits.end()) return &at->second;
  }
  return nullptr;
}

const char* unit_of(RateKind kind) {
  return kind == RateKind::bits ? "bits/s" : kind == RateKind::packets ? "packets/s" : "events/s";
}

Json near_of(double value, const std::optional<double>& limit) {
  return limit && *limit > 0 ? Json(rounded(value / *limit, 3)) : Json(nullptr);
}

Json measures_json(const StoredRates& rates, const std::map<std::uint32_t, std::string>& names,
                   const PastQuestion& question) {
  Json list = Json::array();
  for (const ThresholdRow& row : kThresholdTable) {
    const LimitPeak* const peak = peak_of(rates, names, row.key);
    if (peak == nullptr) continue;
    const auto& host_limit = question.limits.thresholds.*row.member;
    const auto& prefix_limit = question.limits.prefix_thresholds.*row.member;
    const bool own = peak->host == question.target.address && is_host(question.target);
    if (peak->host_rate > 0) {
      list.push_back({{"measure", row.key},
                      {"of", "host"},
                      {"host", peak->host.text()},
                      {"is_target", own},
                      {"value", rounded_rate(peak->host_rate)},
                      {"limit", host_limit ? Json(rounded_rate(*host_limit)) : Json(nullptr)},
                      {"unit", unit_of(row.kind)},
                      {"near", near_of(peak->host_rate, host_limit)},
                      {"key", limit_path(question.profile, "thresholds", row.member)}});
    }
    list.push_back({{"measure", row.key},
                    {"of", "prefix"},
                    {"host", nullptr},
                    {"is_target", !is_host(question.target)},
                    {"value", rounded_rate(peak->prefix_rate)},
                    {"limit", prefix_limit ? Json(rounded_rate(*prefix_limit)) : Json(nullptr)},
                    {"unit", unit_of(row.kind)},
                    {"near", near_of(peak->prefix_rate, prefix_limit)},
                    {"key", limit_path(question.profile, "prefix_thresholds", row.member)}});
  }
  return list;
}

Json classes_json(const StoredRates& rates, const std::map<std::uint32_t, std::string>& names) {
  const double per_second =
      rates.covered_ms == 0 ? 0 : 1000 / static_cast<double>(rates.covered_ms);
  const auto rate = [&](std::uint64_t sum, double factor) {
    return rounded_rate(static_cast<double>(sum) * factor * per_second);
  };
  Json list = Json::array();
  for (const auto& [number, volume] : rates.classes) {
    const auto name = names.find(number);
    list.push_back({{"class", name == names.end() ? "?" : name->second},
                    {"pps_in", rate(volume.in.packets, 1)},
                    {"bps_in", rate(volume.in.bytes, 8)},
                    {"pps_out", rate(volume.out.packets, 1)},
                    {"bps_out", rate(volume.out.bytes, 8)}});
  }
  return list;
}

/// Incidents on the target or on a network around it that were open in the time of the row, or then
/// where none is kept.
Json incidents_json(HistoryReader& reader, const PastQuestion& question,
                    const std::optional<Kept>& kept, bool& flood) {
  Json list = Json::array();
  IncidentQuery query{.since = question.at, .until = question.at, .limit = kMostIncidents};
  if (kept) {
    query.since = kept->row.start;
    query.until = kept->row.start + step_of(kept->level);
  }
  for (const HistoryRow& row : reader.incidents(query)) {
    const Json json = Json::parse(row.json, nullptr, false);
    if (!json.is_object() || !json.contains("target") || !json["target"].is_string()) continue;
    const auto target = IpPrefix::parse(json["target"].get<std::string>());
    if (!target || target->length > question.target.length ||
        !target->contains(question.target.address)) {
      continue;
    }
    Json shown = Json::object();
    for (const char* key : {"id", "kind", "state", "target", "start", "end"}) {
      shown[key] = json.contains(key) ? json[key] : Json(nullptr);
    }
    flood = flood || shown["kind"] == "flood";
    list.push_back(shown);
  }
  return list;
}

/// The measure nearest to its limit among those that say something of the target.
const Json* nearest_of(const Json& measures, bool host) {
  const Json* nearest = nullptr;
  for (const Json& one : measures) {
    if ((one["of"] == "host") != host || !one["near"].is_number()) continue;
    if (nearest == nullptr || one["near"] > (*nearest)["near"]) nearest = &one;
  }
  return nearest;
}

std::string why_text(const Json& measures, const PastQuestion& question) {
  const bool host = is_host(question.target);
  const Json* const nearest = nearest_of(measures, host);
  if (nearest == nullptr) return "nothing that has a limit came";
  const std::string share = percent((*nearest)["near"].get<double>());
  const std::string measure = (*nearest)["measure"].get<std::string>();
  if (!host) return "the prefix was nearest by " + measure + ", " + share + " of its limit";
  if ((*nearest)["is_target"].get<bool>()) {
    return "it was nearest by " + measure + ", " + share + " of its limit";
  }
  return "no host of its prefix was nearer to a limit than " +
         (*nearest)["host"].get<std::string>() + " by " + measure + ", " + share + " of it";
}

Json not_kept(const std::optional<Kept>& kept) {
  Json list = Json::array();
  if (!kept) {
    list.push_back(
        "nothing of this prefix at that time: it was not running, the prefix was not "
        "among the busiest (export.history_prefixes), or the time is beyond what is kept");
    return list;
  }
  list.push_back(kept->level == HistoryLevel::minute
                     ? "each value is the highest of any window of that minute, not of that moment"
                     : "the minute is not kept any more: each value is the highest of that hour");
  list.push_back("of each limit only the host with the highest rate: other hosts had no more");
  list.push_back(
      "plain counts: a detector may have left a part of them out, and what it knew of "
      "senders, handshakes and answers is not kept");
  return list;
}

/// How near the target came to a limit in a minute; -1 where the minute says nothing of it.
double near_of(const StoredRates& rates, const std::map<std::uint32_t, std::string>& names,
               const PastQuestion& question) {
  const bool host = is_host(question.target);
  double nearest = -1;
  for (const ThresholdRow& limit : kThresholdTable) {
    const LimitPeak* const peak = peak_of(rates, names, limit.key);
    if (peak == nullptr) continue;
    const auto& most =
        (host ? question.limits.thresholds : question.limits.prefix_thresholds).*limit.member;
    const bool own = !host || peak->host == question.target.address;
    if (!most || *most <= 0 || !own) continue;
    nearest = std::max(nearest, (host ? peak->host_rate : peak->prefix_rate) / *most);
  }
  return nearest;
}

}  // namespace

Json minute_explanation(HistoryReader& reader, const PastQuestion& question) {
  const std::optional<Kept> kept = kept_at(reader, question);
  bool flood = false;
  const Json incidents = incidents_json(reader, question, kept, flood);
  Json measures = Json::array();
  Json classes = Json::array();
  Json row = nullptr;
  if (kept) {
    measures = measures_json(kept->row.rates, reader.names(HistoryNames::limit), question);
    classes = classes_json(kept->row.rates, reader.names(HistoryNames::traffic_class));
    row = {{"start", rfc3339(kept->row.start)},
           {"step_seconds", step_of(kept->level).count / whole_seconds(1).count},
           {"covered_seconds", static_cast<double>(kept->row.rates.covered_ms) / 1000}};
  }
  const std::string text = kept ? why_text(measures, question) : "nothing more is kept";
  const char* const verdict = flood ? "flood" : kept ? "below" : "unseen";
  const std::string why = flood  ? "an incident was open on it; " + text
                          : kept ? "no incident was open on it; " + text
                                 : "nothing is kept of that time, and no incident was open on it";
  return {{"target", question.target.text()},
          {"prefix", question.prefix.text()},
          {"name", question.name},
          {"profile", question.profile},
          {"limits_from", question.limits_from},
          {"at", rfc3339(question.at)},
          {"verdict", verdict},
          {"why", why},
          {"kept", row},
          {"past", measures},
          {"classes", classes},
          {"incidents", incidents},
          {"not_kept", not_kept(kept)}};
}

std::optional<Nanoseconds> nearest_minute(HistoryReader& reader, const PastQuestion& question) {
  const auto names = reader.names(HistoryNames::limit);
  std::optional<Nanoseconds> found;
  double nearest = -1;
  Nanoseconds from;
  for (std::size_t day = 0; day < kMostDays; ++day) {
    const auto rows = reader.rates(HistoryLevel::minute, question.prefix.text(), from, question.at,
                                   kMinutesOfDay);
    if (rows.empty()) break;
    for (const RatesRow& row : rows) {
      const double near = near_of(row.rates, names, question);
      if (near <= nearest) continue;
      nearest = near;
      found = row.start;
    }
    from = rows.back().start + step_of(HistoryLevel::minute);
  }
  return found;
}

}  // namespace floodgauge
