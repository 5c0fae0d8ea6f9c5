#include "engine/export/report/incident_text.h"

#include <array>
#include <cmath>

#include "engine/base/number_text.h"
#include "engine/export/report/text_style.h"
#include "engine/export/report/time_text.h"
#include "engine/model/vector.h"

namespace floodgauge {
namespace {

/// A vector with a smaller share of an incident's packets is not named in its title.
constexpr double kTitleShare = 0.05;
/// A vector with a larger share is named alone in the title.
constexpr double kWholeShare = 0.95;

/// Removes `suffix` from the end of `text`; false when `text` does not end with it.
bool cut_suffix(std::string& text, std::string_view suffix) {
  if (!text.ends_with(suffix)) return false;
  text.resize(text.size() - suffix.size());
  return true;
}

std::string with_blanks(std::string text) {
  for (char& c : text) {
    if (c == '_') c = ' ';
  }
  return terminal_safe(text);
}

/// Small rates in full ("41,200"), larger ones with a unit.
std::string figure(double value) {
  if (!std::isfinite(value)) return "-";
  if (value >= 100 && value < 1e6) return grouped(static_cast<std::uint64_t>(std::llround(value)));
  return magnitude(value);
}

std::string compared(const std::string& what, const std::string& value, const std::string& limit) {
  return what + " " + value + ", limit " + limit;
}

/// How long answers take. Below a millisecond a tap cannot tell much.
std::string answer_time(double seconds) {
  return seconds < 0.001 ? "under 1 ms" : duration(from_seconds(seconds));
}

}  // namespace

std::string vector_label(const std::string& vector_name) {
  for (const VectorInfo& row : vector_table()) {
    if (row.name == vector_name && row.vector != Vector::reflection_port) {
      return std::string(row.label);
    }
  }
  constexpr std::string_view kByPort = "reflection_port_";
  if (vector_name.starts_with(kByPort)) {
    return "reflection from port " + terminal_safe(vector_name.substr(kByPort.size()));
  }
  return with_blanks(vector_name);
}

std::string what_it_is(const Incident& incident) {
  switch (incident.kind) {
    case IncidentKind::impact:
      if (!incident.impact) return "service impact";
      return terminal_safe(incident.impact->service) + " " + name(incident.impact->condition);
    case IncidentKind::blackout:
      if (!incident.dark || *incident.dark == Dark::both) return "blackout";
      return *incident.dark == Dark::in ? "blackout (nothing comes in)"
                                        : "blackout (nothing goes out)";
    case IncidentKind::saturation:
      return "link saturation";
    case IncidentKind::flood:
      break;
  }
  const std::vector<VectorShare>& vectors = incident.vectors;
  if (vectors.empty()) return "flood";
  if (vectors.size() == 1 || vectors.front().share >= kWholeShare) {
    return vector_label(vectors.front().name);
  }
  std::string text;
  for (const VectorShare& vector : vectors) {
    if (vector.share < kTitleShare && !text.empty()) continue;
    if (!text.empty()) text += ", ";
    text += vector_label(vector.name) + " " + percent(vector.share);
  }
  return text;
}

std::string what_it_hits(const Incident& incident) {
  const bool host = incident.target == IpPrefix::host(incident.target.address);
  std::string text = host ? incident.target.address.text() : incident.target.text();
  std::string remark = terminal_safe(incident.name);
  if (!host && incident.kind == IncidentKind::flood) {
    if (!remark.empty()) remark += ", ";
    remark += "carpet, " + counted(incident.hosts, "address");
  }
  return remark.empty() ? text : text + " (" + remark + ")";
}

std::string when_it_was(const Incident& incident, Nanoseconds day, Nanoseconds now) {
  const auto moment = [&](Nanoseconds time) {
    return same_day(time, day) ? time_of_day(time) : date_and_time(time);
  };
  const bool over = incident.end && !incident.open;
  const Nanoseconds end = over ? *incident.end : now;
  std::string text = moment(incident.start) + " - ";
  if (!over && incident.quiet_since) {
    return text + "quiet since " + moment(*incident.quiet_since) + " (" +
           duration(*incident.quiet_since - incident.start) + ")";
  }
  text += over ? moment(end) : "still open";
  if (end > incident.start) text += " (" + duration(end - incident.start) + ")";
  return text;
}

std::string evidence_text(const Evidence& evidence) {
  std::string what = evidence.measure;
  if (cut_suffix(what, "bits_per_second")) {
    cut_suffix(what, "_");
    return compared(what.empty() ? "in all" : with_blanks(what), scaled(evidence.value, "bit/s"),
                    scaled(evidence.limit, "bit/s"));
  }
  if (what.ends_with("_ratio") || what.ends_with("_share")) {
    return compared(with_blanks(what.substr(0, what.size() - 6)), percent(evidence.value),
                    percent(evidence.limit));
  }
  if (what.ends_with("_seconds")) {
    return compared(with_blanks(what.substr(0, what.size() - 8)),
                    duration(from_seconds(evidence.value)), duration(from_seconds(evidence.limit)));
  }
  std::string unit;
  if (cut_suffix(what, "_per_second")) unit = "/s";
  return compared(with_blanks(what), figure(evidence.value) + unit, figure(evidence.limit) + unit);
}

std::string effect_text(const Effect& effect) {
  std::string text;
  if (effect.answer_ratio_worst) {
    text = percent(*effect.answer_ratio_worst) + " of requests answered";
    if (effect.answer_ratio_before)
      text += " (" + percent(*effect.answer_ratio_before) + " before)";
  }
  if (effect.response_seconds_worst) {
    if (!text.empty()) text += "; ";
    const std::string worst = answer_time(*effect.response_seconds_worst);
    text += "answers take " + worst;
    if (effect.response_seconds_before) {
      const std::string before = answer_time(*effect.response_seconds_before);
      text += before == worst ? ", as before" : " (" + before + " before)";
    }
  }
  return text;
}

std::string take_text(const MitigationRule& rule) {
  std::string text = "takes " + percent(rule.flood_share) + " of the flood, " +
                     percent(rule.answered_share) + " of what is answered";
  if (rule.answered_flows == 0) return text;
  text += " (" + counted(rule.answered_flows, "flow");
  for (std::size_t i = 0; i < rule.services.size(); ++i) {
    text += (i == 0 ? "; " : ", ") + terminal_safe(rule.services[i]);
  }
  return text + ")";
}

std::string top_text(const std::vector<TopEntry>& entries, std::size_t most) {
  std::string text;
  for (std::size_t i = 0; i < entries.size() && i < most; ++i) {
    // Beside larger shares, those below a thousandth tell nothing.
    if (i != 0 && entries[i].share < 0.001) break;
    if (i != 0) text += ", ";
    text += terminal_safe(entries[i].value) + " (" + percent(entries[i].share) + ")";
  }
  return text;
}

std::string kinds_text(const std::vector<const Incident*>& incidents) {
  static constexpr std::array<const char*, 4> kNouns = {"flood", "service impact", "blackout",
                                                        "saturation"};
  std::array<std::uint64_t, kNouns.size()> counts{};
  for (const Incident* incident : incidents) ++counts[static_cast<std::size_t>(incident->kind)];
  std::string text;
  for (std::size_t kind = 0; kind < counts.size(); ++kind) {
    if (counts[kind] == 0) continue;
    if (!text.empty()) text += ", ";
    text += counted(counts[kind], kNouns[kind]);
  }
  return text;
}

}  // namespace floodgauge
