#include "engine/export/terminal/incident_view.h"

#include <algorithm>
#include <array>
#include <set>

#include "engine/base/number_text.h"
#include "engine/export/report/incident_text.h"
#include "engine/export/report/time_text.h"
#include "engine/export/terminal/announced_view.h"
#include "engine/export/terminal/top_rows.h"

namespace floodgauge {
namespace {

constexpr std::size_t kBriefSources = 3;
constexpr std::size_t kDetailSources = 10;
/// More flows than a sample can hold.
constexpr double kMostFlows = 1e9;
constexpr std::array<const char*, 4> kSeverities = {"low", "medium", "high", "critical"};

/// The members that detail_lines() has a line for.
const std::set<std::string>& known_members() {
  static const std::set<std::string> kKnown = {"id",
                                               "number",
                                               "kind",
                                               "direction",
                                               "state",
                                               "severity",
                                               "target",
                                               "prefix",
                                               "name",
                                               "vectors",
                                               "start",
                                               "detected",
                                               "end",
                                               "quiet_since",
                                               "peak_pps",
                                               "peak_bps",
                                               "packets",
                                               "bytes",
                                               "sources_estimate",
                                               "top_sources",
                                               "top_networks",
                                               "top_source_ports",
                                               "top_destination_ports",
                                               "evidence",
                                               "effect",
                                               "mitigation",
                                               "evidence_file",
                                               "towards",
                                               "merged_into",
                                               "maintenance",
                                               "sampling",
                                               "dns",
                                               "signatures",
                                               "note",
                                               "loss_ratio",
                                               "current_pps",
                                               "current_bps",
                                               "cause",
                                               "sensor",
                                               "service",
                                               "condition",
                                               "servers",
                                               "lost_requests",
                                               "lost_seconds",
                                               "approved",
                                               "approval",
                                               "announced",
                                               "not_announced"};
  return kKnown;
}

std::vector<TopEntry> entries_of(const Json& incident, const char* key) {
  std::vector<TopEntry> entries;
  for (const Json& entry : json_list(incident, key)) {
    std::string value = json_printable(entry, "value");
    std::string label;
    if (const double asn = json_number(entry, "asn"); asn > 0) {
      label = "AS" + std::to_string(static_cast<std::uint64_t>(asn));
    }
    for (const char* part : {"network", "country"}) {
      const std::string text = json_printable(entry, part);
      if (!text.empty() && text != value) label += (label.empty() ? "" : " ") + text;
    }
    if (!label.empty()) value += " " + label;
    entries.push_back({value, static_cast<std::uint64_t>(json_number(entry, "packets")),
                       json_number(entry, "share")});
  }
  return entries;
}

std::string upper(std::string text) {
  for (char& c : text) c = static_cast<char>(c >= 'a' && c <= 'z' ? c - 'a' + 'A' : c);
  return text;
}

std::string heading(const Json& incident, const TextStyle& style) {
  const bool open = json_printable(incident, "state") == "open";
  std::string text;
  if (const double number = json_number(incident, "number"); number > 0) {
    text = "#" + std::to_string(static_cast<std::uint64_t>(number)) + "  ";
  }
  text += inked(upper(json_printable(incident, "severity")), open ? Ink::red : Ink::bold, style);
  return text + "  ";
}

std::string subject(const Json& incident) {
  const std::string target = target_text(incident);
  const std::string name = json_printable(incident, "name");
  const bool out =
      json_printable(incident, "kind") == "flood" && json_printable(incident, "direction") == "out";
  return title_of(incident) + (out ? " from " : " on ") + target +
         (name.empty() ? "" : " (" + name + ")");
}

std::string when(const Json& incident, Zone zone) {
  const std::string start = json_printable(incident, "start");
  const std::string end = json_printable(incident, "end");
  const std::string quiet = json_printable(incident, "quiet_since");
  std::string text = zoned(start, zone);
  if (!end.empty()) {
    text += " - " + zoned(end, zone);
    const auto first = parse_time(start);
    const auto last = parse_time(end);
    if (first && last) text += " (" + duration(*last - *first) + ")";
  } else {
    text += quiet.empty() ? ", still open" : ", quiet since " + zoned(quiet, zone);
  }
  return text;
}

std::string rates(const Json& incident) {
  const std::string at_least = json_number(incident, "loss_ratio") > 0 ? ">" : "";
  std::string text;
  if (json_number(incident, "current_pps") > 0) {
    text = "now " + scaled(json_number(incident, "current_pps"), "pps") + ", " +
           scaled(json_number(incident, "current_bps"), "bit/s") + "; ";
  }
  return text + "peak " + at_least + scaled(json_number(incident, "peak_pps"), "pps") + ", " +
         at_least + scaled(json_number(incident, "peak_bps"), "bit/s");
}

std::string who(const Json& incident, std::size_t most) {
  const double sources = json_number(incident, "sources_estimate");
  if (sources <= 0) return "";
  std::string text = "from ~" + magnitude(sources) + (sources == 1 ? " source" : " sources");
  const std::string networks = top_text(entries_of(incident, "top_networks"), most);
  // A list of forged addresses with tiny shares is of no use.
  const std::vector<TopEntry> entries = entries_of(incident, "top_sources");
  const bool telling = !entries.empty() && entries.front().share >= 0.01;
  const std::string top = telling ? top_text(entries, most) : "";
  if (!networks.empty()) text += "; networks " + networks;
  if (!top.empty()) text += "; most from " + top;
  return text;
}

class Lines {
 public:
  explicit Lines(int width) : width_(width) {}

  /// Wrapped below the heading.
  void add(const std::string& text) {
    if (text.empty()) return;
    for (const std::string& line : wrapped(text, width_ - kIndent)) {
      // A word that is longer than the line, as an address of IPv6 with its share, is cut.
      lines_.push_back(std::string(kIndent, ' ') + line);
    }
  }
  void head(const std::string& ink_head, const std::string& text) {
    const auto parts = wrapped(text, width_ - kHead);
    lines_.push_back(ink_head + parts.front());
    for (std::size_t i = 1; i < parts.size(); ++i) {
      lines_.push_back(std::string(kIndent, ' ') + parts[i]);
    }
  }
  std::vector<std::string> take() { return std::move(lines_); }

 private:
  static constexpr int kIndent = 4;
  static constexpr int kHead = 20;  ///< "#12345  CRITICAL  "
  int width_;
  std::vector<std::string> lines_;
};

void add_evidence(const Json& incident, Lines& lines) {
  for (const Json& item : json_list(incident, "evidence")) {
    Evidence evidence{.measure = json_printable(item, "measure"),
                      .value = json_number(item, "value"),
                      .limit = json_number(item, "limit"),
                      .window_seconds = json_number(item, "window_seconds")};
    lines.add("seen: " + evidence_text(evidence));
  }
}

/// What an impact lost, and each of its servers.
void add_servers(const Json& incident, Zone zone, Lines& lines) {
  if (const double lost = json_number(incident, "lost_requests"); lost > 0) {
    const double seconds = json_number(incident, "lost_seconds");
    lines.add("lost: " + magnitude(lost) + " requests" +
              (seconds > 0 ? " in " + duration(from_seconds(seconds)) : ""));
  }
  for (const Json& server : json_list(incident, "servers")) {
    const std::string end = json_printable(server, "end");
    lines.add("server " + json_printable(server, "address") + " " +
              json_printable(server, "condition") + ", " +
              zoned(json_printable(server, "start"), zone) + " - " +
              (end.empty() ? "now" : zoned(end, zone)) + ": " +
              magnitude(json_number(server, "answered")) + " of " +
              magnitude(json_number(server, "requests")) + " requests answered");
  }
}

void add_effect(const Json& incident, Lines& lines) {
  const auto at = incident.find("effect");
  if (at == incident.end() || !at->is_object()) return;
  const auto number = [&](const char* key) -> std::optional<double> {
    const auto value = at->find(key);
    if (value == at->end() || !value->is_number()) return std::nullopt;
    return value->get<double>();
  };
  lines.add("effect: " +
            effect_text({number("answer_ratio_before"), number("answer_ratio_worst"),
                         number("response_seconds_before"), number("response_seconds_worst")}));
}

/// A rule's words, of what a sensor sent: nothing of it is taken on trust.
std::string take_text_of(const Json& rule) {
  MitigationRule known;
  known.flood_share = json_number(rule, "flood_share");
  known.answered_share = json_number(rule, "answered_share");
  known.answered_flows =
      static_cast<std::uint64_t>(std::clamp(json_number(rule, "answered_flows"), 0.0, kMostFlows));
  if (const auto services = rule.find("services"); services != rule.end()) {
    for (const Json& service : *services) {
      if (service.is_string()) known.services.push_back(service.get<std::string>());
    }
  }
  return take_text(known);
}

void add_mitigation(const Json& incident, Lines& lines) {
  const auto at = incident.find("mitigation");
  if (at == incident.end() || !at->is_object()) return;
  const std::string flowspec = json_printable(*at, "flowspec");
  const std::string blackhole = json_printable(*at, "blackhole");
  const auto rules = at->find("rules");
  if (rules != at->end() && rules->is_array() && !rules->empty()) {
    for (const Json& rule : *rules) {
      if (!rule.is_object()) continue;
      lines.add("block: " + json_printable(rule, "flowspec"));
      lines.add("  " + take_text_of(rule));
    }
  } else if (!flowspec.empty()) {
    lines.add("block: " + flowspec);
  }
  if (!blackhole.empty()) lines.add("or: " + blackhole);
  if (const std::string advice = json_printable(*at, "advice"); !advice.empty()) {
    lines.add("advice: " + advice);
  }
}

/// What concerns few incidents.
void add_remarks(const Json& incident, Lines& lines) {
  if (const std::string whole = json_printable(incident, "merged_into"); !whole.empty()) {
    lines.add("part of incident " + whole);
  }
  if (const auto at = incident.find("maintenance"); at != incident.end() && *at == true) {
    lines.add("in maintenance: alarms nobody");
  }
  if (const auto at = incident.find("dns"); at != incident.end() && at->is_object()) {
    if (const std::string zone = json_printable(*at, "zone"); !zone.empty()) {
      lines.add("random names in " + zone + " (" + percent(json_number(*at, "zone_share")) +
                " of the sampled)");
    }
  }
  if (const auto at = incident.find("sampling"); at != incident.end() && at->is_object()) {
    lines.add("estimated from 1 packet in " + magnitude(json_number(*at, "one_in")) + ": +-" +
              percent(json_number(*at, "error")) + " in all");
  }
  if (const auto at = incident.find("evidence_file"); at != incident.end() && at->is_object()) {
    lines.add("evidence: " + json_printable(*at, "path") + ", " +
              magnitude(json_number(*at, "packets")) + " packets");
  }
}

void add_unknown(const Json& incident, Lines& lines) {
  for (const auto& [key, value] : incident.items()) {
    const bool empty = value.is_null() || (value.is_structured() && value.empty());
    if (empty || known_members().contains(key)) continue;
    const std::string text = value.is_string() ? value.get<std::string>() : json_text(value);
    lines.add(terminal_safe(key) + ": " + terminal_safe(text));
  }
}

}  // namespace

std::string target_text(const Json& incident) {
  const std::string target = json_printable(incident, "target");
  const auto prefix = IpPrefix::parse(target);
  const bool host = prefix && *prefix == IpPrefix::host(prefix->address);
  return host ? prefix->address.text() : target;
}

std::string title_of(const Json& json) {
  Incident incident;
  const std::string kind = json_printable(json, "kind");
  for (const IncidentKind candidate :
       {IncidentKind::impact, IncidentKind::blackout, IncidentKind::saturation}) {
    if (kind == name(candidate)) incident.kind = candidate;
  }
  for (const Json& vector : json_list(json, "vectors")) {
    incident.vectors.push_back({json_printable(vector, "name"), json_number(vector, "share")});
  }
  const std::string service = json_printable(json, "service");
  if (!service.empty()) return service + " " + json_printable(json, "condition");
  const std::string direction = json_printable(json, "direction");
  if (incident.kind == IncidentKind::blackout && direction != "both" && !direction.empty()) {
    return "blackout (nothing " + std::string(direction == "in" ? "comes in)" : "goes out)");
  }
  const bool out = incident.kind == IncidentKind::flood && direction == name(Direction::out);
  return (out ? "out: " : "") + what_it_is(incident);
}

double badness(const Json& incident) {
  const std::string severity = json_printable(incident, "severity");
  const auto at = std::find(kSeverities.begin(), kSeverities.end(), severity);
  const auto rank =
      static_cast<double>(at - kSeverities.begin()) * (at == kSeverities.end() ? 0 : 1);
  // A rate of packets is far below 10^12.
  return rank * 1e12 + std::min(json_number(incident, "peak_pps"), 1e12 - 1);
}

std::vector<std::string> brief_lines(const Json& incident, Zone zone, const TextStyle& style) {
  Lines lines(style.width);
  lines.head(heading(incident, style), subject(incident));
  lines.add(when(incident, zone));
  lines.add(rates(incident));
  lines.add(who(incident, kBriefSources));
  lines.add(json_printable(incident, "note"));
  std::string id = "id " + json_printable(incident, "id");
  const std::string sensor = json_printable(incident, "sensor");
  lines.add(sensor.empty() ? id : id + " at " + sensor);
  return lines.take();
}

std::vector<std::string> detail_lines(const Json& incident, Zone zone, const TextStyle& style) {
  Lines lines(style.width);
  lines.head(heading(incident, style), subject(incident));
  lines.add(when(incident, zone));
  if (const auto detected = parse_time(json_printable(incident, "detected"))) {
    const auto start = parse_time(json_printable(incident, "start"));
    const std::string after = start ? ", after " + duration(*detected - *start) : "";
    lines.add("detected " + zoned(*detected, zone) + after);
  }
  lines.add("in protected prefix " + json_printable(incident, "prefix"));
  lines.add(rates(incident));
  lines.add("total " + grouped(static_cast<std::uint64_t>(json_number(incident, "packets"))) +
            " packets, " + scaled(json_number(incident, "bytes"), "B"));
  for (const Json& vector : json_list(incident, "vectors")) {
    lines.add("vector " + json_printable(vector, "name") + " " +
              percent(json_number(vector, "share")));
  }
  lines.add(who(incident, kDetailSources));
  for (const auto& [key, label] :
       {std::pair{"top_source_ports", "source ports: "},
        std::pair{"top_destination_ports", "to ports: "}, std::pair{"towards", "towards: "},
        std::pair{"signatures", "payload: "}}) {
    const std::string text = top_text(entries_of(incident, key), kDetailSources);
    if (!text.empty()) lines.add(label + text);
  }
  add_evidence(incident, lines);
  add_servers(incident, zone, lines);
  add_effect(incident, lines);
  if (const std::string cause = json_printable(incident, "cause"); !cause.empty()) {
    lines.add("cause: incident " + cause);
  }
  add_mitigation(incident, lines);
  for (const std::string& line : announced_lines(incident, zone)) lines.add(line);
  if (const double lost = json_number(incident, "loss_ratio"); lost > 0) {
    lines.add(percent(lost) + " of the packets were lost before counting: rates were higher");
  }
  add_remarks(incident, lines);
  lines.add(json_printable(incident, "note"));
  add_unknown(incident, lines);
  lines.add("id " + json_printable(incident, "id"));
  return lines.take();
}

}  // namespace floodgauge
