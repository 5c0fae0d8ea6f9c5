#include "engine/export/http/rates_answer.h"

#include <algorithm>
#include <map>

#include "engine/export/http/query_value.h"
#include "engine/export/report/incident_json.h"
#include "engine/export/report/time_text.h"

namespace floodgauge {
namespace {

struct Range {
  std::string prefix;
  Nanoseconds from;
  Nanoseconds to;
  HistoryLevel level = HistoryLevel::minute;
  std::int64_t together = 1;  ///< steps in a row
};

/// Returns what is wrong with the request.
std::string read_range(const HttpRequest& request, Nanoseconds now, Range& range) {
  range.prefix = query_value(request, "prefix");
  if (!range.prefix.empty()) {
    const auto prefix = IpPrefix::parse(range.prefix);
    if (!prefix) return range.prefix + " is not a prefix";
    range.prefix = prefix->text();
  }
  const std::string from = query_value(request, "from");
  const std::string to = query_value(request, "to");
  const auto end = to.empty() ? now + Nanoseconds{1} : parse_time(to);
  if (!end) return "to is no RFC 3339 time";
  const auto begin = from.empty() ? *end - whole_seconds(3600) : parse_time(from);
  if (!begin) return "from is no RFC 3339 time";
  if (*begin >= *end) return "from lies behind to";
  range.from = *begin;
  range.to = *end;
  const std::string step = query_value(request, "step");
  if (!step.empty() && step != "minute" && step != "hour") {
    return "step is minute or hour, not " + step;
  }
  const bool hours = step.empty() ? *end - *begin > whole_seconds(86'400) : step == "hour";
  range.level = hours ? HistoryLevel::hour : HistoryLevel::minute;
  const std::int64_t steps = (*end - *begin).count / step_of(range.level).count;
  if (steps > static_cast<std::int64_t>(kMostRates)) {
    return "at most " + std::to_string(kMostRates) + " steps are answered";
  }
  const std::string points = query_value(request, "points");
  if (points.empty()) return "";
  std::int64_t most = 0;
  if (!read_number<std::int64_t>(points, 1, INT64_MAX, most)) return "points is a number from 1 on";
  range.together = std::max<std::int64_t>(1, steps / most + (steps % most > 0 ? 1 : 0));
  return "";
}

/// A second's rate from a sum over the time that was counted.
double rate(std::uint64_t sum, std::uint64_t covered_ms, double factor) {
  if (covered_ms == 0) return 0;
  return rounded_rate(static_cast<double>(sum) * factor * 1000 / static_cast<double>(covered_ms));
}

Json classes_json(const std::vector<RatesRow>& rows,
                  const std::map<std::uint32_t, std::string>& names) {
  Json classes = Json::object();
  for (const auto& [number, name] : names) {
    Json pps_in = Json::array();
    Json bps_in = Json::array();
    Json pps_out = Json::array();
    Json bps_out = Json::array();
    bool any = false;
    for (const RatesRow& row : rows) {
      const auto at = row.rates.classes.find(number);
      const StoredClass volume = at == row.rates.classes.end() ? StoredClass{} : at->second;
      any |= at != row.rates.classes.end();
      pps_in.push_back(rate(volume.in.packets, row.rates.covered_ms, 1));
      bps_in.push_back(rate(volume.in.bytes, row.rates.covered_ms, 8));
      pps_out.push_back(rate(volume.out.packets, row.rates.covered_ms, 1));
      bps_out.push_back(rate(volume.out.bytes, row.rates.covered_ms, 8));
    }
    if (!any) continue;
    classes[name] = {
        {"pps_in", pps_in}, {"bps_in", bps_in}, {"pps_out", pps_out}, {"bps_out", bps_out}};
  }
  return classes;
}

Json limits_json(const std::vector<RatesRow>& rows,
                 const std::map<std::uint32_t, std::string>& names) {
  Json limits = Json::object();
  for (const auto& [number, name] : names) {
    Json host_rate = Json::array();
    Json host = Json::array();
    Json prefix_rate = Json::array();
    bool any = false;
    for (const RatesRow& row : rows) {
      const auto at = row.rates.limits.find(number);
      const LimitPeak peak = at == row.rates.limits.end() ? LimitPeak{} : at->second;
      any |= at != row.rates.limits.end();
      host_rate.push_back(rounded_rate(peak.host_rate));
      host.push_back(peak.host_rate > 0 ? Json(peak.host.text()) : Json(nullptr));
      prefix_rate.push_back(rounded_rate(peak.prefix_rate));
    }
    if (!any) continue;
    limits[name] = {{"host_rate", host_rate}, {"host", host}, {"prefix_rate", prefix_rate}};
  }
  return limits;
}

}  // namespace

HttpResponse rates_answer(const HttpRequest& request, const EngineSnapshot& snapshot,
                          const std::string& history) {
  if (history.empty()) {
    return HttpResponse::error(404, "no history is kept; set export.history");
  }
  Range range;
  const std::string wrong = read_range(request, snapshot.now, range);
  if (!wrong.empty()) return HttpResponse::error(400, wrong);
  try {
    HistoryReader reader(history);
    const std::vector<RatesRow> rows =
        reader.rates(range.level, range.prefix, range.from, range.to, kMostRates, range.together);
    Json starts = Json::array();
    for (const RatesRow& row : rows) starts.push_back(rfc3339(row.start));
    return HttpResponse::json(
        {{"prefix", range.prefix.empty() ? Json(nullptr) : Json(range.prefix)},
         {"step_seconds", range.together * step_of(range.level).count / whole_seconds(1).count},
         {"start", starts},
         {"classes", classes_json(rows, reader.names(HistoryNames::traffic_class))},
         {"limits", limits_json(rows, reader.names(HistoryNames::limit))}});
  } catch (const HistoryError& error) {
    return HttpResponse::error(503, error.what());
  }
}

}  // namespace floodgauge
