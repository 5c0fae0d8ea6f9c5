#include "engine/export/report/explanation_json.h"

#include <algorithm>
#include <optional>
#include <vector>

#include "config/quantity.h"
#include "config/threshold_table.h"
#include "detectors/target.h"
#include "engine/base/number_text.h"
#include "engine/export/report/time_text.h"

namespace floodgauge {
namespace {

constexpr std::size_t kMostIncidents = 5;

const ThresholdRow* row_of(LimitMember key) {
  for (const ThresholdRow& row : kThresholdTable) {
    if (row.member == key) return &row;
  }
  return nullptr;
}

const char* unit_of(const Measured& row) {
  if (const ThresholdRow* known = row.key == nullptr ? nullptr : row_of(row.key)) {
    return known->kind == RateKind::bits      ? "bits/s"
           : known->kind == RateKind::packets ? "packets/s"
                                              : "events/s";
  }
  if (row.measure.ends_with("_per_second")) return "packets/s";
  if (row.measure == "sources" || row.measure == "servers") return "addresses";
  return row.needs == Measured::Needs::at_most ? "ratio" : "packets";
}

bool is_scaled(const char* unit) {
  return std::string_view(unit) != "addresses" && std::string_view(unit) != "ratio";
}

const char* name_of(Measured::Needs needs) {
  switch (needs) {
    case Measured::Needs::above:
      return "above";
    case Measured::Needs::at_least:
      return "at_least";
    case Measured::Needs::at_most:
      break;
  }
  return "at_most";
}

const char* name_of(Look::Over over) {
  switch (over) {
    case Look::Over::window:
      return "window";
    case Look::Over::second:
      return "second";
    case Look::Over::ten_seconds:
      return "ten_seconds";
    case Look::Over::sent:
      break;
  }
  return "sent";
}

/// The values of an explanation as they are told: of all packets, where a sample arrived.
class Teller {
 public:
  Teller(const Explanation& explanation, std::uint32_t sampling)
      : explanation_(explanation), sampling_(sampling) {}

  const char* scope(const Look& look) const {
    if (look.over == Look::Over::sent) return "outbound";
    return is_host(explanation_.target) ? "thresholds" : "prefix_thresholds";
  }
  std::string path(const Look& look, LimitMember key) const {
    return limit_path(explanation_.profile, scope(look), key);
  }
  double told(double value, const char* unit) const {
    return is_scaled(unit) ? rounded_rate(value * sampling_) : rounded(value, 3);
  }

  /// Which limit would have changed what was found.
  std::string change(const Look& look, const Measured& row) const {
    if (row.key == nullptr) return row.value > 0 ? "no key sets this" : "";
    if (row.value <= 0) return "";
    const RateKind kind = row_of(row.key)->kind;
    const std::string at = rate_text(rounded_rate(row.value * sampling_), kind);
    if (row.met) return path(look, row.key) + " of " + at + " or more: no flood by this";
    if (!row.why.empty()) return "no limit changes this";
    return path(look, row.key) + " below " + at + ": above the limit";
  }

  Json row(const Look& look, const Measured& row) const {
    const char* const unit = unit_of(row);
    return {{"detector", row.detector},
            {"measure", row.measure},
            {"vector", info(row.vector).name},
            {"value", told(row.value, unit)},
            {"limit", told(row.limit, unit)},
            {"unit", unit},
            {"needs", name_of(row.needs)},
            {"near", row.limit > 0 ? Json(rounded(row.value / row.limit, 3)) : Json(nullptr)},
            {"met", row.met},
            {"why", row.why},
            {"key", row.key == nullptr ? Json(nullptr) : Json(path(look, row.key))},
            {"change", change(look, row)}};
  }

  Json look(const Look& look) const {
    Json rows = Json::array();
    for (const Measured& one : look.rows) rows.push_back(row(look, one));
    return {{"over", name_of(look.over)},
            {"start", rfc3339(look.start)},
            {"seconds", rounded(look.seconds, 3)},
            {"flood_open", look.flood_open},
            {"found", look.found},
            {"left_alone", look.left_alone},
            {"measures", rows}};
  }

  Json optional(const std::optional<Look>& one) const { return one ? look(*one) : Json(nullptr); }

 private:
  const Explanation& explanation_;
  std::uint32_t sampling_;
};

const Measured* nearest_row(const Look& look) {
  const Measured* nearest = nullptr;
  for (const Measured& row : look.rows) {
    if (row.key == nullptr || row.value <= 0) continue;
    if (nearest == nullptr || row.near() > nearest->near()) nearest = &row;
  }
  return nearest;
}

std::string amount(double value, RateKind kind) {
  return scaled(value, kind == RateKind::bits ? "bit/s" : kind == RateKind::packets ? "pps" : "/s");
}

/// "udp_packets 21 kpps, limit 20 kpps": the row that decided a look.
std::string row_text(const Measured& row, std::uint32_t sampling) {
  const RateKind kind = row.key == nullptr ? RateKind::packets : row_of(row.key)->kind;
  return std::string(row.measure) + " " + amount(row.value * sampling, kind) + ", limit " +
         amount(row.limit * sampling, kind);
}

struct Said {
  const char* verdict;
  std::string why;
};

/// What one look says by itself.
Said said_of(const Look& look, std::uint32_t sampling) {
  if (look.found) {
    for (const Measured& row : look.rows) {
      if (row.met && row.key != nullptr) return {"flood", row_text(row, sampling)};
    }
    return {"flood", "its shape over time, below the limits"};
  }
  const Measured* const nearest = nearest_row(look);
  if (!look.left_alone.empty()) return {"left_alone", look.left_alone};
  if (nearest == nullptr) return {"below", "nothing that has a limit came"};
  if (nearest->near() > 1 && !nearest->why.empty()) {
    return {"left_alone", row_text(*nearest, sampling) + ": " + std::string(nearest->why)};
  }
  return {"below", "nearest was " + row_text(*nearest, sampling)};
}

Said said_of(const Explanation& explanation, bool open, std::uint32_t sampling) {
  for (const Look& look : explanation.looks) {
    if (look.found && explanation.note.empty()) return said_of(look, sampling);
  }
  const std::string incident = open ? "an incident is open on it; in this window: " : "";
  for (const Look& look : explanation.looks) {
    if (look.over != Look::Over::window) continue;
    Said said = said_of(look, sampling);
    // The rows are shown to what is not judged as well.
    if (!explanation.note.empty()) said = {look.found ? "left_alone" : "below", explanation.note};
    return {open ? "flood" : said.verdict, incident + said.why};
  }
  if (!explanation.note.empty()) {
    return {open ? "flood" : "unseen", incident + explanation.note};
  }
  if (explanation.slow) return {"flood", said_of(*explanation.slow, sampling).why};
  if (explanation.nearest) return said_of(*explanation.nearest, sampling);
  return {"unseen", "it came near no limit in the last day"};
}

bool concerns(const Incident& incident, const IpPrefix& target) {
  return incident.target.length <= target.length && incident.target.contains(target.address);
}

Json incidents_json(const EngineSnapshot& snapshot, const IpPrefix& target, bool& open) {
  Json list = Json::array();
  for (auto at = snapshot.incidents.rbegin(); at != snapshot.incidents.rend(); ++at) {
    const Incident& incident = **at;
    if (!concerns(incident, target)) continue;
    open = open || (incident.open && incident.kind == IncidentKind::flood);
    if (list.size() >= kMostIncidents) continue;
    list.push_back({{"id", incident.id},
                    {"kind", name(incident.kind)},
                    {"state", incident.open ? "open" : "closed"},
                    {"target", incident.target.text()},
                    {"start", rfc3339(incident.start)},
                    {"end", incident.end ? Json(rfc3339(*incident.end)) : Json(nullptr)}});
  }
  return list;
}

Json usual_json(const Explanation& explanation, std::uint32_t sampling) {
  Json rows = Json::array();
  for (const UsualLook& row : explanation.usual) {
    rows.push_back(
        {{"class", class_name(row.traffic_class)},
         {"rate", rounded_rate(row.rate * sampling)},
         {"usual", rounded_rate(row.level * sampling)},
         {"limit", rounded_rate(row.limit * sampling)},
         {"near", row.limit > 0 ? Json(rounded(row.rate / row.limit, 3)) : Json(nullptr)},
         {"learnt_seconds", row.learnt},
         {"state", row.state}});
  }
  return rows;
}

}  // namespace

std::string limit_path(const std::string& profile, const char* scope, LimitMember key) {
  const ThresholdRow* const row = row_of(key);
  return "profiles." + profile + "." + scope + "." + (row == nullptr ? "" : std::string(row->key));
}

Json explanation_json(const Explanation& explanation, const EngineSnapshot& snapshot,
                      std::uint32_t sampling) {
  const Teller teller(explanation, sampling);
  bool open = false;
  const Json incidents = incidents_json(snapshot, explanation.target, open);
  const Said said = said_of(explanation, open, sampling);
  Json looks = Json::array();
  for (const Look& look : explanation.looks) looks.push_back(teller.look(look));
  return {{"target", explanation.target.text()},
          {"prefix", explanation.prefix.text()},
          {"name", explanation.name},
          {"profile", explanation.profile},
          {"time", rfc3339(explanation.now)},
          {"verdict", said.verdict},
          {"why", said.why},
          {"note", explanation.note},
          {"looks", looks},
          {"nearest", teller.optional(explanation.nearest)},
          {"slow", teller.optional(explanation.slow)},
          {"sent", teller.optional(explanation.sent)},
          {"usual", usual_json(explanation, sampling)},
          {"incidents", incidents}};
}

}  // namespace floodgauge
