#include "engine/export/page/live_figures.h"

#include <algorithm>
#include <set>
#include <vector>

#include "engine/export/report/snapshot_json.h"
#include "engine/export/report/time_text.h"

namespace floodgauge {
namespace {

Json classes_json(const std::array<double, kClasses>& rates) {
  Json json = Json::object();
  for (std::size_t c = 0; c < kClasses; ++c) {
    if (rates[c] > 0) {
      json[std::string(class_name(static_cast<TrafficClass>(c)))] = rounded_rate(rates[c]);
    }
  }
  return json;
}

Volume difference(const Volume& to, const Volume& from) {
  // A reload that removes a prefix lowers the sums.
  return {to.packets - std::min(from.packets, to.packets),
          to.bytes - std::min(from.bytes, to.bytes)};
}

/// Open incidents, the worst first.
std::vector<const Incident*> open_incidents(const EngineSnapshot& snapshot) {
  std::vector<const Incident*> open;
  for (const auto& incident : snapshot.incidents) {
    if (incident->open) open.push_back(incident.get());
  }
  std::stable_sort(open.begin(), open.end(), [](const Incident* a, const Incident* b) {
    return std::pair(a->severity, a->peak_pps) > std::pair(b->severity, b->peak_pps);
  });
  return open;
}

/// The lists that only an incident's own page shows are left out.
Json brief_json(const Incident& incident) {
  Json json = incident_json(incident);
  for (const char* key : {"top_source_ports", "top_destination_ports", "signatures", "evidence",
                          "mitigation", "towards"}) {
    json.erase(key);
  }
  json["number"] = incident.number;
  json["current_pps"] = rounded_rate(incident.current_pps);
  json["current_bps"] = rounded_rate(incident.current_bps);
  return json;
}

/// Prefixes with an open incident first, then the busiest.
Json prefixes_json(const EngineSnapshot& snapshot, const std::vector<const Incident*>& open) {
  std::set<IpPrefix> hit;
  for (const Incident* incident : open) hit.insert(incident->prefix);
  struct Row {
    bool hit;
    double bps;
    const PrefixSnapshot* prefix;
  };
  std::vector<Row> rows;
  for (const PrefixSnapshot& prefix : snapshot.prefixes) {
    rows.push_back({hit.contains(prefix.prefix), prefix.bps_in + prefix.bps_out, &prefix});
  }
  const std::size_t shown = std::min(rows.size(), LiveFigures::kPrefixRows);
  std::partial_sort(rows.begin(), rows.begin() + static_cast<std::ptrdiff_t>(shown), rows.end(),
                    [](const Row& a, const Row& b) {
                      if (a.hit != b.hit) return a.hit;
                      return a.bps != b.bps ? a.bps > b.bps : a.prefix->prefix < b.prefix->prefix;
                    });
  Json list = Json::array();
  for (std::size_t i = 0; i < shown; ++i) list.push_back(prefix_live_json(*rows[i].prefix));
  return list;
}

}  // namespace

Json link_point_json(const LinkPoint& point) {
  return {{"t", point.time.count / milliseconds(1).count},
          {"in", classes_json(point.bps_in)},
          {"out", classes_json(point.bps_out)},
          {"pps_in", rounded_rate(point.pps_in)},
          {"pps_out", rounded_rate(point.pps_out)}};
}

LiveFigures::Sums LiveFigures::sums_of(const EngineSnapshot& snapshot) {
  Sums sums;
  sums.time = snapshot.now;
  for (const PrefixSnapshot& prefix : snapshot.prefixes) {
    for (std::size_t c = 0; c < kClasses; ++c) {
      sums.in[c] += prefix.in[c];
      sums.out[c] += prefix.out[c];
    }
  }
  return sums;
}

LinkPoint LiveFigures::between(const Sums& from, const Sums& to) {
  LinkPoint point;
  point.time = to.time;
  const double seconds = (to.time - from.time).seconds();
  if (seconds <= 0) return point;
  for (std::size_t c = 0; c < kClasses; ++c) {
    const Volume in = difference(to.in[c], from.in[c]);
    const Volume out = difference(to.out[c], from.out[c]);
    point.bps_in[c] = static_cast<double>(in.bytes) * 8 / seconds;
    point.bps_out[c] = static_cast<double>(out.bytes) * 8 / seconds;
    point.pps_in += static_cast<double>(in.packets) / seconds;
    point.pps_out += static_cast<double>(out.packets) / seconds;
  }
  return point;
}

void LiveFigures::tick(const EngineSnapshot& snapshot) {
  if (snapshot.now.count == 0) return;
  const Sums sums = sums_of(snapshot);
  const std::vector<const Incident*> open = open_incidents(snapshot);
  Json incidents = Json::array();
  for (std::size_t i = 0; i < open.size() && i < kIncidentRows; ++i) {
    incidents.push_back(brief_json(*open[i]));
  }
  Json json = {{"now", rfc3339(snapshot.now)},
               {"healthy", snapshot.health.healthy},
               {"health_reason", snapshot.health.reason},
               {"status", status_json(snapshot)},
               {"prefixes", prefixes_json(snapshot, open)},
               {"prefixes_total", snapshot.prefixes.size()},
               {"incidents", incidents}};
  const std::lock_guard lock(mutex_);
  if (!begun_) {
    last_ = last_point_ = sums;
    begun_ = true;
  }
  if (sums.time > last_.time) {
    now_ = between(last_, sums);
    last_ = sums;
  }
  if (sums.time - last_point_.time >= kStep) {
    points_.push_back(between(last_point_, sums));
    if (points_.size() > kPoints) points_.pop_front();
    last_point_ = sums;
  }
  json["point"] = link_point_json(now_);
  figures_ = json_text(json);
}

std::string LiveFigures::figures() const {
  const std::lock_guard lock(mutex_);
  return figures_;
}

Json LiveFigures::points_json() const {
  Json points = Json::array();
  const std::lock_guard lock(mutex_);
  for (const LinkPoint& point : points_) points.push_back(link_point_json(point));
  return {{"step_seconds", kStep.seconds()}, {"points", points}};
}

}  // namespace floodgauge
