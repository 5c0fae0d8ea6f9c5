#include "engine/export/report/incident_block.h"

#include <algorithm>

#include "engine/base/number_text.h"
#include "engine/export/report/incident_text.h"
#include "engine/export/report/network_labels.h"
#include "engine/export/report/time_text.h"

namespace floodgauge {
namespace {

constexpr std::size_t kSparkColumns = 40;
constexpr std::size_t kTopShown = 3;
/// With --verbose, shares below this are left out too: they are those of packets that are spread
/// widely.
constexpr double kLeastShown = 0.001;

Ink ink_of(Severity severity) {
  switch (severity) {
    case Severity::low:
      return Ink::cyan;
    case Severity::medium:
      return Ink::yellow;
    case Severity::high:
      return Ink::red;
    case Severity::critical:
      return Ink::alarm;
  }
  return Ink::bold;
}

std::string capitals(std::string text) {
  for (char& c : text) {
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  }
  return text;
}

/// The evidence that people know best: the limit of the flood's own kind of traffic, where it was
/// exceeded. nullptr without evidence.
const Evidence* best_known(const Incident& incident) {
  if (incident.evidence.empty()) return nullptr;
  std::string kind = incident.vectors.empty() ? "" : incident.vectors.front().name;
  if (kind.starts_with("reflection_")) kind = "reflection";
  for (const Evidence& evidence : incident.evidence) {
    if (!kind.empty() && evidence.measure.starts_with(kind + "_")) return &evidence;
  }
  return &incident.evidence.front();
}

std::string seen_text(const Incident& incident) {
  std::string text = "after " + duration(incident.detected - incident.start);
  if (const Evidence* evidence = best_known(incident)) text += ": " + evidence_text(*evidence);
  return text;
}

std::string sources_text(const Incident& incident, bool verbose) {
  if (incident.sources_estimate == 0 && incident.top_sources.empty()) return "";
  if (incident.direction == Direction::out) return "";  // the heading names the one that there is
  std::string text = "~" + magnitude(static_cast<double>(incident.sources_estimate));
  if (!incident.shape.empty()) text += " (" + terminal_safe(incident.shape) + ")";
  // A list of spoofed addresses with tiny shares is of no use to the reader.
  const bool telling = !incident.top_sources.empty() &&
                       incident.top_sources.front().share >= (verbose ? kLeastShown : 0.01);
  if (telling) {
    const std::string top = top_text(incident.top_sources, verbose ? 10 : kTopShown);
    if (!top.empty()) text += "; most from " + top;
  }
  std::vector<TopEntry> networks = networks_by_name(incident.top_sources);
  if (networks.empty()) networks = incident.top_networks;
  double known = 0;
  for (const TopEntry& network : networks) known += network.share;
  if (known >= 0.01) {
    text += "; " + percent(known) + " from " + counted(networks.size(), "network") + ": " +
            top_text(networks, verbose ? 10 : kTopShown);
  }
  return text;
}

std::string ports_text(const Incident& incident, bool verbose) {
  const std::size_t most = verbose ? 10 : kTopShown;
  // When even the largest share is tiny, the packets are spread over many ports, and no list is
  // shown.
  const auto telling = [&](const std::vector<TopEntry>& entries) {
    return !entries.empty() && entries.front().share >= (verbose ? kLeastShown : 0.05);
  };
  std::string text;
  if (telling(incident.top_source_ports)) {
    text = "from " + top_text(incident.top_source_ports, most);
  }
  if (telling(incident.top_destination_ports)) {
    text += (text.empty() ? "to " : "; to ") + top_text(incident.top_destination_ports, most);
  }
  return text;
}

/// "random names in example.net (98 % of 512 sampled); 93 % of the answers are NXDOMAIN"
std::string queried_text(const QueriedNames& queried) {
  std::string text;
  if (!queried.zone.empty()) {
    text = "random names in " + terminal_safe(queried.zone) + " (" + percent(queried.zone_share) +
           " of " + grouped(queried.sampled_names) + " sampled)";
  }
  if (queried.answers() == 0) return text;
  return text + (text.empty() ? "" : "; ") + percent(queried.nxdomain_share()) +
         " of the answers are NXDOMAIN";
}

void details(const Incident& incident, TextPage& page) {
  bool first = true;
  for (const Evidence& evidence : incident.evidence) {
    if (&evidence == best_known(incident)) continue;  // told above
    page.row(4, first ? "also" : "", evidence_text(evidence));
    first = false;
  }
  std::string vectors;
  for (const VectorShare& vector : incident.vectors) {
    vectors +=
        (vectors.empty() ? "" : ", ") + terminal_safe(vector.name) + " " + percent(vector.share);
  }
  page.row(4, "vectors", vectors);
  page.row(4, "inside", incident.prefix.text());
  if (incident.mitigation) page.row(4, "blackhole", terminal_safe(incident.mitigation->blackhole));
  page.row(4, "id", terminal_safe(incident.id));
}

/// The rules, each with what it would take, and what to do where they are not enough.
void mitigation_rows(const Incident& incident, TextPage& page) {
  if (!incident.mitigation) return;
  for (const MitigationRule& rule : incident.mitigation->rules) {
    page.row(4, "block", terminal_safe(rule.flowspec));
    page.row(4, "", take_text(rule));
  }
  page.row(4, "advice", terminal_safe(incident.mitigation->advice));
}

/// "198.51.100.53 silent, 18:00:08.0 - 18:00:20.1, 1,200 of 1,250 requests lost"
std::string server_text(const ServerImpact& server) {
  std::string text = server.address.text() + " " + name(server.condition) + ", " +
                     time_of_day(server.start) + " - ";
  text += server.end ? time_of_day(*server.end) : "still";
  return text + ", " + grouped(server.requests - server.answered) + " of " +
         counted(server.requests, "request") + " lost";
}

void impact_rows(const Incident& incident, const ReportInput& input, TextPage& page) {
  constexpr std::size_t kServersShown = 8;
  if (!incident.cause.empty()) {
    for (const auto& other : input.snapshot.incidents) {
      if (other->id != incident.cause) continue;
      page.row(4, "cause",
               "#" + std::to_string(other->number) + " " + what_it_is(*other) + " on " +
                   what_it_hits(*other));
    }
  }
  if (incident.maintenance) page.row(4, "note", "in maintenance: alarms nobody");
  if (!incident.impact) return;
  const ImpactDetail& detail = *incident.impact;
  page.row(4, "lost",
           grouped(detail.lost_requests()) + " of " + counted(detail.requests, "request") + " in " +
               duration(from_seconds(detail.lost_seconds)));
  if (!detail.merged_into.empty()) {
    page.row(4, "note", "part of the impact of the whole prefix");
  }
  if (detail.servers.size() < 2) return;
  for (std::size_t s = 0; s < std::min(kServersShown, detail.servers.size()); ++s) {
    page.row(4, s == 0 ? "servers" : "", server_text(detail.servers[s]));
  }
  if (detail.servers.size() > kServersShown) {
    page.row(4, "", "and " + counted(detail.servers.size() - kServersShown, "other server"));
  }
}

std::string evidence_file_text(const Incident& incident) {
  if (!incident.evidence_file) return "";
  const EvidenceFile& file = *incident.evidence_file;
  std::string text = terminal_safe(file.path) + ", " + counted(file.packets, "packet");
  if (file.sampled_one_in > 1) text += " (of its own 1 in " + magnitude(file.sampled_one_in) + ")";
  return text;
}

/// " (estimated from 1 packet in 100: +-3 %)"; empty when every packet arrived.
std::string sampled_text(const Incident& incident) {
  if (incident.sampling <= 1) return "";
  return " (estimated from 1 packet in " + grouped(incident.sampling) + ": +-" +
         percent(incident.sampling_error) + " in all)";
}

}  // namespace

void add_incident(const Incident& incident, const ReportInput& input, const TextStyle& style,
                  TextPage& page) {
  const std::string number = "#" + std::to_string(incident.number);
  const std::string severity = capitals(name(incident.severity));
  page.raw(inked(number, Ink::bold, style) + "  " +
           inked(severity, ink_of(incident.severity), style) + "  ");
  // The heading's line has begun with the words above; wrapping must count their columns.
  const char* const of = incident.direction == Direction::out ? " from " : " on ";
  page.paragraph(what_it_is(incident) + of + what_it_hits(incident),
                 number.size() + severity.size() + 4);
  const Nanoseconds day = input.capture.first.value_or(incident.start);
  page.row(4, "when", when_it_was(incident, day, input.snapshot.now));
  if (incident.kind == IncidentKind::flood) {
    page.row(4, "peak",
             scaled(incident.peak_pps, "pps") + ", " + scaled(incident.peak_bps, "bit/s") +
                 sampled_text(incident));
    page.row(4, "in all",
             magnitude(static_cast<double>(incident.total.packets)) + " packets, " +
                 scaled(static_cast<double>(incident.total.bytes), "B"));
  }
  page.row(4, "seen", seen_text(incident));
  page.row(4, "sources", sources_text(incident, style.verbose));
  page.row(4, "towards", top_text(incident.towards, style.verbose ? 10 : kTopShown));
  page.row(4, "ports", ports_text(incident, style.verbose));
  page.row(4, "payload", top_text(incident.signatures, kTopShown));
  if (incident.queried) page.row(4, "queries", queried_text(*incident.queried));
  if (incident.effect) page.row(4, "effect", effect_text(*incident.effect));
  impact_rows(incident, input, page);
  if (style.utf8) page.row(4, "rate", sparkline(incident.rate_history, kSparkColumns));
  page.row(4, "note", terminal_safe(incident.note));
  page.row(4, "evidence", evidence_file_text(incident));
  if (style.verbose) details(incident, page);
  mitigation_rows(incident, page);
}

}  // namespace floodgauge
