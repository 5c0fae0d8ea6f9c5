#include "engine/export/terminal/top_rows.h"

#include <algorithm>
#include <map>

#include "engine/base/number_text.h"
#include "engine/export/report/incident_text.h"
#include "engine/export/report/time_text.h"
#include "engine/export/terminal/incident_view.h"
#include "engine/model/one_way.h"

namespace floodgauge {
namespace {

using Page = TopView::Page;
using Sort = TopView::Sort;

/// " @core1:9733" where several daemons are shown.
std::string at_sensor(const Json& row) {
  const std::string sensor = json_printable(row, "sensor");
  return sensor.empty() ? "" : " @" + sensor;
}

/// The most severe open incident of each prefix: "FLOOD tcp_syn".
std::map<std::string, std::string> states(const Json& incidents) {
  std::map<std::string, std::string> result;
  std::map<std::string, double> worst;
  for (const Json& incident : incidents) {
    if (json_printable(incident, "state") != "open") continue;
    std::string state = json_printable(incident, "kind");
    for (char& c : state) c = static_cast<char>(c >= 'a' && c <= 'z' ? c - 'a' + 'A' : c);
    const Json& vectors = json_list(incident, "vectors");
    if (!vectors.empty()) state += " " + json_printable(vectors.front(), "name");
    const std::string prefix = json_printable(incident, "prefix");
    const auto [at, first] = worst.try_emplace(prefix, badness(incident));
    if (!first && at->second >= badness(incident)) continue;
    at->second = badness(incident);
    result[prefix] = state;
  }
  return result;
}

double order_of(const Json& row, Sort sort) {
  switch (sort) {
    case Sort::packets_in:
      return json_number(row, "pps_in");
    case Sort::bits_in:
      return json_number(row, "bps_in");
    case Sort::new_flows:
      return json_number(row, "new_flows_per_second");
    case Sort::syn:
      return json_number(row, "syn_per_second");
    case Sort::name:
      return 0;
  }
  return 0;
}

std::vector<TopRow> prefix_rows(const TopData& data, Sort sort) {
  const auto state_of = states(data.incidents);
  std::vector<TopRow> rows;
  for (const Json& prefix : data.prefixes) {
    const std::string about = json_printable(prefix, "prefix");
    const auto state = state_of.find(about);
    const bool alarm = state != state_of.end();
    const std::string_view one_way =
        one_way_text(static_cast<std::uint64_t>(json_number(prefix, "packets_in")),
                     static_cast<std::uint64_t>(json_number(prefix, "packets_out")));
    const std::string calm(one_way.empty() ? "ok" : one_way);
    rows.push_back(
        {about,
         order_of(prefix, sort),
         {about, json_printable(prefix, "name"), magnitude(json_number(prefix, "pps_in")),
          magnitude(json_number(prefix, "bps_in")),
          magnitude(json_number(prefix, "new_flows_per_second")),
          magnitude(json_number(prefix, "syn_per_second")),
          percent(json_number(prefix, "handshakes_done_ratio")),
          magnitude(json_number(prefix, "sources_last_window")),
          (alarm ? state->second : calm) + at_sensor(prefix)},
         alarm});
  }
  return rows;
}

std::vector<TopRow> host_rows(const TopData& data, const TopView& view) {
  std::vector<TopRow> rows;
  for (const Json& host : data.hosts) {
    if (!view.prefix.empty() && json_printable(host, "prefix") != view.prefix) continue;
    const std::string about = json_printable(host, "address");
    rows.push_back(
        {about,
         order_of(host, view.sort),
         {about, magnitude(json_number(host, "pps_in")), magnitude(json_number(host, "bps_in")),
          magnitude(json_number(host, "pps_out")), magnitude(json_number(host, "bps_out")),
          magnitude(json_number(host, "new_flows_per_second")),
          magnitude(json_number(host, "syn_per_second"))},
         false});
  }
  return rows;
}

std::vector<TopRow> incident_rows(const TopData& data) {
  std::vector<TopRow> rows;
  for (const Json& incident : data.incidents) {
    const bool open = json_printable(incident, "state") == "open";
    // Packets were lost during the incident, so the true rate was higher.
    const std::string at_least = json_number(incident, "loss_ratio") > 0 ? ">" : "";
    // Open incidents first and the worst of them on top, then the latest.
    const auto start = parse_time(json_printable(incident, "start"));
    rows.push_back({json_printable(incident, "id"),
                    open ? 1e12 + badness(incident) : start.value_or(Nanoseconds{}).seconds(),
                    {json_printable(incident, "severity"), json_printable(incident, "state"),
                     json_printable(incident, "target"),
                     at_least + magnitude(json_number(incident, "peak_pps")),
                     at_least + magnitude(json_number(incident, "peak_bps")),
                     title_of(incident) + at_sensor(incident)},
                    open});
  }
  return rows;
}

std::vector<TopRow> worker_rows(const TopData& data) {
  std::vector<TopRow> rows;
  std::size_t at = 0;
  for (const Json& worker : json_list(data.status, "workers")) {
    std::string shedding;
    for (const Json& step : json_list(worker, "shedding")) {
      if (step.is_string()) shedding += (shedding.empty() ? "" : ", ") + step.get<std::string>();
    }
    const std::string about = std::to_string(at++);
    rows.push_back(
        {about,
         0,
         {about, percent(json_number(worker, "busy_ratio")),
          magnitude(json_number(worker, "cycles_per_packet")),
          magnitude(json_number(worker, "packets")), magnitude(json_number(worker, "flow_entries")),
          magnitude(json_number(worker, "flow_evictions")),
          (shedding.empty() ? "nothing" : shedding) + at_sensor(worker)},
         !shedding.empty()});
  }
  return rows;
}

}  // namespace

double json_number(const Json& object, const char* key) {
  const auto value = object.is_object() ? object.find(key) : object.end();
  return object.is_object() && value != object.end() && value->is_number() ? value->get<double>()
                                                                           : 0;
}
std::string json_printable(const Json& object, const char* key) {
  if (!object.is_object()) return "";
  const auto value = object.find(key);
  return value != object.end() && value->is_string() ? terminal_safe(value->get<std::string>())
                                                     : "";
}
const Json& json_list(const Json& object, const char* key) {
  static const Json kNone = Json::array();
  if (!object.is_object()) return kNone;
  const auto value = object.find(key);
  return value != object.end() && value->is_array() ? *value : kNone;
}

const std::vector<TopColumn>& top_columns(Page page) {
  static const std::vector<TopColumn> kPrefixes = {
      {"PREFIX", 18, true},   {"NAME", 12, true, 92},     {"IN pps", 7, false},
      {"IN bit/s", 8, false}, {"NEW/s", 7, false, 100},   {"SYN/s", 7, false},
      {"DONE", 5, false},     {"SOURCES", 7, false, 108}, {"STATE", TopColumn::kRest, true},
  };
  static const std::vector<TopColumn> kHosts = {
      {"ADDRESS", 26, true},   {"IN pps", 7, false}, {"IN bit/s", 8, false}, {"OUT pps", 7, false},
      {"OUT bit/s", 9, false}, {"NEW/s", 7, false},  {"SYN/s", 7, false},
  };
  static const std::vector<TopColumn> kIncidents = {
      {"SEVERITY", 8, true},  {"STATE", 6, true},        {"TARGET", 19, true},
      {"PEAK pps", 8, false}, {"PEAK bit/s", 10, false}, {"WHAT", TopColumn::kRest, true},
  };
  static const std::vector<TopColumn> kWorkers = {
      {"WORKER", 6, true},
      {"BUSY", 6, false},
      {"CYCLES", 7, false},
      {"PACKETS", 8, false},
      {"FLOWS", 7, false},
      {"EVICTED", 8, false},
      {"GIVING UP", TopColumn::kRest, true},
  };
  switch (page) {
    case Page::prefixes:
      return kPrefixes;
    case Page::hosts:
      return kHosts;
    case Page::incidents:
      return kIncidents;
    case Page::incident:
    case Page::workers:
      break;
  }
  return kWorkers;
}

std::vector<TopRow> make_top_rows(const TopData& data, const TopView& view) {
  std::vector<TopRow> rows;
  switch (view.page) {
    case Page::prefixes:
      rows = prefix_rows(data, view.sort);
      break;
    case Page::hosts:
      rows = host_rows(data, view);
      break;
    case Page::incidents:
      rows = incident_rows(data);
      break;
    case Page::workers:
      rows = worker_rows(data);
      break;
    case Page::incident:
      break;
  }
  if (!view.filter.empty()) {
    std::erase_if(rows, [&](const TopRow& row) {
      return std::none_of(row.cells.begin(), row.cells.end(), [&](const std::string& cell) {
        return cell.find(view.filter) != std::string::npos;
      });
    });
  }
  const bool by_name = view.sort == Sort::name && view.page != Page::incidents;
  std::stable_sort(rows.begin(), rows.end(), [by_name](const TopRow& a, const TopRow& b) {
    return by_name ? a.about < b.about : a.order > b.order;
  });
  return rows;
}

}  // namespace floodgauge
