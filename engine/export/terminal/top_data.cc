#include "engine/export/terminal/top_data.h"

#include <algorithm>
#include <set>

#include "engine/export/terminal/top_rows.h"

namespace floodgauge {
namespace {

constexpr const char* kOpen = "/api/v1/incidents?state=open&limit=1000";
constexpr const char* kLatest = "/api/v1/incidents?state=closed&order=latest&limit=200";
/// More rows than any terminal has lines. Where the user goes further down, more are fetched.
constexpr std::size_t kRows = 500;

/// As the API names it.
const char* order_name(TopView::Sort sort) {
  switch (sort) {
    case TopView::Sort::packets_in:
      return "pps_in";
    case TopView::Sort::bits_in:
      return "bps_in";
    case TopView::Sort::new_flows:
      return "new_flows_per_second";
    case TopView::Sort::syn:
      return "syn_per_second";
    case TopView::Sort::name:
      break;
  }
  return "prefix";
}

Json list_of(const Url& base, const std::string& path, const char* key) {
  return json_list(get_json(base, path), key);
}

/// Open incidents, then the latest closed ones.
Json incidents_of(const Url& base, bool closed) {
  Json list = list_of(base, kOpen, "incidents");
  if (!closed) return list;
  std::set<std::string> known;
  for (const Json& incident : list) known.insert(json_printable(incident, "id"));
  for (const Json& incident : list_of(base, kLatest, "incidents")) {
    if (known.insert(json_printable(incident, "id")).second) list.push_back(incident);
  }
  return list;
}

TopData fetch_one(const Url& base, const TopNeed& need) {
  TopData data;
  data.status = get_json(base, "/api/v1/status");
  data.prefixes = list_of(base, need.prefixes, "prefixes");
  data.hosts = need.hosts ? list_of(base, "/api/v1/hosts", "hosts") : Json::array();
  data.incidents = incidents_of(base, need.closed);
  return data;
}

void append(const Json& rows, const std::string& sensor, Json& all) {
  for (Json row : rows) {
    row["sensor"] = sensor;
    all.push_back(std::move(row));
  }
}

/// Sums what the page's head shows of the daemons, and lists their workers and ports together.
void add_status(const Json& status, const std::string& sensor, Json& all) {
  for (const char* key : {"workers", "ports"}) {
    append(json_list(status, key), sensor, all[key]);
  }
  for (const char* key : {"dropped", "incidents_open"}) {
    all[key] = json_number(all, key) + json_number(status, key);
  }
  for (const char* key : {"uptime_seconds", "loss_ratio"}) {
    all[key] = std::max(json_number(all, key), json_number(status, key));
  }
}

}  // namespace

TopNeed need_of(const TopView& view) {
  using Page = TopView::Page;
  TopNeed need;
  need.hosts = view.page == Page::hosts;
  need.closed = view.page == Page::incidents || view.page == Page::incident;
  if (view.page == Page::prefixes && (view.typing || !view.filter.empty())) return need;
  const bool lists = view.page == Page::prefixes;
  // By hundreds, so that not every step of the user's asks for another list.
  const std::size_t rows = lists ? std::max(kRows, (view.selected / 100 + 3) * 100) : 1;
  need.prefixes +=
      "?order=" + std::string(order_name(view.sort)) + "&limit=" + std::to_string(rows);
  return need;
}

TopData fetch_top(const std::vector<Url>& daemons, const TopNeed& need) {
  if (daemons.size() == 1) return fetch_one(daemons.front(), need);
  TopData all{.status = {{"workers", Json::array()}, {"ports", Json::array()}},
              .prefixes = Json::array(),
              .hosts = Json::array(),
              .incidents = Json::array(),
              .troubles = {}};
  for (const Url& daemon : daemons) {
    const std::string sensor = daemon.host + ":" + daemon.port;
    try {
      const TopData one = fetch_one(daemon, need);
      add_status(one.status, sensor, all.status);
      append(one.prefixes, sensor, all.prefixes);
      append(one.hosts, sensor, all.hosts);
      append(one.incidents, sensor, all.incidents);
    } catch (const NotReachable& error) {
      all.troubles.emplace_back(error.what());
    }
  }
  if (all.troubles.size() == daemons.size()) throw NotReachable(all.troubles.front());
  return all;
}

}  // namespace floodgauge
