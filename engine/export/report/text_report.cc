#include <algorithm>

#include "engine/base/number_text.h"
#include "engine/export/report/incident_text.h"
#include "engine/export/report/network_labels.h"
#include "engine/export/report/report.h"
#include "engine/export/report/stories.h"
#include "engine/export/report/time_text.h"
#include "engine/export/report/unopened_text.h"
#include "engine/model/one_way.h"

namespace floodgauge {
namespace {

constexpr std::size_t kSparkColumns = 40;
constexpr std::size_t kLabelWidth = 11;
constexpr std::size_t kTopShown = 3;
/// With --verbose, shares below this are left out too: they are those of packets that are spread
/// widely.
constexpr double kLeastShown = 0.001;

/// Collects lines, each within the style's width.
class Page {
 public:
  explicit Page(const TextStyle& style) : style_(style) {}

  void blank() { text_ += '\n'; }

  /// Wraps `text`; every line except the first is indented by `hanging`.
  void paragraph(const std::string& text, std::size_t hanging = 0) {
    bool first = true;
    for (const std::string& line : wrapped(text, style_.width - static_cast<int>(hanging))) {
      if (!first) text_ += std::string(hanging, ' ');
      text_ += line + '\n';
      first = false;
    }
  }

  /// A dim label in the first column with its text beside it. Nothing when the text is empty.
  void row(std::size_t indent, std::string label, const std::string& text) {
    if (text.empty()) return;
    label.resize(std::max(label.size(), kLabelWidth), ' ');
    text_ += std::string(indent, ' ') + inked(label, Ink::dim, style_) + " ";
    paragraph(text, indent + label.size() + 1);
  }

  void raw(const std::string& text) { text_ += text; }
  std::string take() { return std::move(text_); }

 private:
  const TextStyle& style_;
  std::string text_;
};

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

/// What was done to the times: "12 packets sorted by time; 1 time set aside, out by 2 s".
std::string times_text(const CaptureInfo& capture) {
  std::string text;
  const auto add = [&](const std::string& part) { text += (text.empty() ? "" : "; ") + part; };
  if (capture.timing == Timing::none) add("none, so no rate is known");
  if (capture.read_as_nanoseconds > 0) {
    add("read as nanoseconds, though the header says microseconds");
  }
  if (capture.reordered > 0) add(counted(capture.reordered, "packet") + " put in order");
  if (capture.jumps > 0) {
    const std::string what = capture.jumps == 1 ? " time or clock step" : " times or clock steps";
    add(grouped(capture.jumps) + what + " put right, by up to " +
        duration(from_seconds(capture.largest_step_seconds)));
  }
  return text;
}

void head(const ReportInput& input, Page& page) {
  const CaptureInfo& capture = input.capture;
  std::string files;
  for (const std::string& file : capture.files) {
    files += (files.empty() ? "" : " ") + (file == "-" ? "standard input" : terminal_safe(file));
  }
  page.row(0, "capture", files);
  std::string read = counted(capture.total.packets, "packet") + ", " +
                     scaled(static_cast<double>(capture.total.bytes), "B");
  if (capture.first && capture.last) {
    read += ", " + duration(*capture.last - *capture.first) + " from " +
            date_and_time(*capture.first) + " UTC";
  }
  page.row(0, "read", read);
  page.row(0, "times", times_text(capture));
  if (capture.truncated) page.row(0, "broken off", terminal_safe(capture.truncation));
  std::string protecting = terminal_safe(input.protecting);
  if (input.snapshot.protected_addresses_seen > 0) {
    protecting += " (" + counted(input.snapshot.protected_addresses_seen, "address") + " seen)";
  }
  page.row(0, "protecting", protecting);
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
  // Where even the largest share is tiny, the list is left out: the packets are spread over many
  // ports.
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

void details(const Incident& incident, Page& page) {
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

/// "198.51.100.53 silent, 18:00:08.0 - 18:00:20.1, 1,200 of 1,250 requests lost"
std::string server_text(const ServerImpact& server) {
  std::string text = server.address.text() + " " + name(server.condition) + ", " +
                     time_of_day(server.start) + " - ";
  text += server.end ? time_of_day(*server.end) : "still";
  return text + ", " + grouped(server.requests - server.answered) + " of " +
         counted(server.requests, "request") + " lost";
}

void impact_rows(const Incident& incident, const ReportInput& input, Page& page) {
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

void incident_block(const Incident& incident, const ReportInput& input, const TextStyle& style,
                    Page& page) {
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
             scaled(incident.peak_pps, "pps") + ", " + scaled(incident.peak_bps, "bit/s"));
    page.row(4, "in all",
             magnitude(static_cast<double>(incident.total.packets)) + " packets, " +
                 scaled(static_cast<double>(incident.total.bytes), "B"));
  }
  page.row(4, "seen", seen_text(incident));
  page.row(4, "sources", sources_text(incident, style.verbose));
  page.row(4, "towards", top_text(incident.towards, style.verbose ? 10 : kTopShown));
  page.row(4, "ports", ports_text(incident, style.verbose));
  page.row(4, "payload", top_text(incident.signatures, kTopShown));
  if (incident.effect) page.row(4, "effect", effect_text(*incident.effect));
  impact_rows(incident, input, page);
  if (style.utf8) page.row(4, "rate", sparkline(incident.rate_history, kSparkColumns));
  page.row(4, "note", terminal_safe(incident.note));
  if (style.verbose) details(incident, page);
  if (incident.mitigation) page.row(4, "block", terminal_safe(incident.mitigation->flowspec));
}

std::string not_examined_text(const ReportInput& input) {
  std::string text;
  for (const NotExamined& row : input.not_examined) {
    text += (text.empty() ? "" : "; ") + terminal_safe(row.text);
  }
  return text;
}

/// The line for a capture without incidents. It says "no flood" only of what was examined.
std::string quiet_text(const ReportInput& input) {
  const std::string left_out = not_examined_text(input);
  if (input.capture.total.packets == 0 && left_out.empty()) {
    return "nothing was examined: there are no packets";
  }
  if (input.nothing_examined) return "nothing was examined: " + left_out;
  if (input.capture.timing == Timing::none) return "nothing was judged: " + left_out;
  std::string text = "no flood found";
  if (!left_out.empty()) text += " in what was examined; not examined: " + left_out;
  // The rate of a few packets within one window says nothing about the traffic.
  constexpr std::uint64_t kTelling = 100;
  if (!input.snapshot.busiest.empty() && input.capture.total.packets >= kTelling) {
    text += "; busiest was " + terminal_safe(input.snapshot.busiest);
  }
  return text;
}

std::string summary_text(const std::vector<const Incident*>& incidents) {
  const auto open = std::count_if(incidents.begin(), incidents.end(),
                                  [](const Incident* incident) { return incident->open; });
  std::string text = kinds_text(incidents);
  if (open > 0) text += "; " + grouped(static_cast<std::uint64_t>(open)) + " open at the end";
  return text;
}

void stories(const EngineSnapshot& snapshot, Page& page) {
  for (const Story& story : stories_of(snapshot)) {
    page.blank();
    page.paragraph("the story of " + (story.prefix.length == 0 ? "the link" : story.prefix.text()));
    for (const StoryStep& step : story.steps) {
      page.row(2, time_of_day(step.time), terminal_safe(step.what));
    }
    page.row(2, "lost", terminal_safe(story.lost));
  }
}

/// Services whose answers never pass here cannot be judged; that is said once.
void not_judged(const EngineSnapshot& snapshot, Page& page) {
  constexpr std::uint64_t kAsked = 100;
  for (const PrefixSnapshot& prefix : snapshot.prefixes) {
    std::uint64_t requests = 0;
    std::uint64_t answers = 0;
    for (const ServiceSnapshot& service : prefix.services) {
      requests += service.requests;
      answers += service.answers;
    }
    if (requests < kAsked || answers > 0) continue;
    page.row(0, "not judged",
             "the services of " + prefix.prefix.text() + ": no answers are visible to " +
                 counted(requests, "request"));
  }
}

const char* noun_of(const Scan& scan) {
  return scan.kind == ScanKind::ports ? "port" : "host";
}

void left_alone(const EngineSnapshot& snapshot, Page& page) {
  bool first = true;
  for (const LeftAlone& host : snapshot.left_alone) {
    page.row(0, first ? "left alone" : "",
             host.address.text() + " at " + scaled(host.peak_pps, "pps") + ", " +
                 scaled(host.peak_bps, "bit/s") + ": " + terminal_safe(host.reason));
    first = false;
  }
}

void view(const EngineSnapshot& snapshot, Page& page) {
  bool first = true;
  for (const PrefixSnapshot& prefix : snapshot.prefixes) {
    const std::string_view text = one_way_text(prefix.total_in.packets, prefix.total_out.packets);
    if (text.empty()) continue;
    page.row(0, first ? "view" : "",
             prefix.prefix.text() + ": " + std::string(text) +
                 ", so that no packet is seen to be answered");
    first = false;
  }
}

/// One line for each of the scans that tried most, then how many more there were.
void scans(const EngineSnapshot& snapshot, const TextStyle& style, Page& page) {
  constexpr std::size_t kScansShown = 5;
  std::vector<Scan> shown = snapshot.scans;
  std::ranges::stable_sort(shown, std::ranges::greater(), &Scan::tried);
  if (!style.verbose && shown.size() > kScansShown) shown.resize(kScansShown);
  bool first = true;
  for (const Scan& scan : shown) {
    const bool host = scan.target == IpPrefix::host(scan.target.address);
    std::string text = scan.source.text() + " tried " + counted(scan.tried, noun_of(scan)) +
                       " of " + (host ? scan.target.address.text() : scan.target.text());
    if (scan.refused != 0) text += ", " + grouped(scan.refused) + " refused";
    text += ", peak " + scaled(scan.peak_pps, "pps");
    page.row(0, first ? "scans" : "", text);
    first = false;
  }
  const std::uint64_t more =
      snapshot.scans_total - std::min<std::uint64_t>(snapshot.scans_total, shown.size());
  if (more != 0) page.row(0, "", "and " + counted(more, "scan") + " more");
}

/// "12 packets malformed (ipv4 length 9, tcp offset 3)"; empty when no packet was malformed.
std::string malformed_text(const ParseCounts& parse) {
  std::uint64_t total = 0;
  std::string reasons;
  for (std::size_t fault = 1; fault < parse.malformed.size(); ++fault) {
    if (parse.malformed[fault] == 0) continue;
    total += parse.malformed[fault];
    std::string reason = fault_name(static_cast<Fault>(fault));
    std::replace(reason.begin(), reason.end(), '_', ' ');
    reasons += (reasons.empty() ? "" : ", ") + reason + " " + grouped(parse.malformed[fault]);
  }
  return total == 0 ? "" : counted(total, "packet") + " malformed (" + reasons + ")";
}

void not_counted(const ReportInput& input, Page& page) {
  std::string text = malformed_text(input.snapshot.parse);
  const auto add = [&](std::uint64_t count, const std::string& noun, std::string_view why) {
    if (count > 0)
      text += (text.empty() ? "" : "; ") + counted(count, noun) + " " + std::string(why);
  };
  for (const ParseCounter& counter : kParseCounters) {
    if (counter.not_counted.empty()) continue;
    add(input.snapshot.parse.*counter.packets, "packet", counter.not_counted);
  }
  add(input.engine.dropped, "packet", "dropped");
  page.row(0, "not counted", text);
}

}  // namespace

std::string text_report(const ReportInput& input, const TextStyle& style) {
  Page page(style);
  head(input, page);
  page.blank();
  const std::vector<const Incident*> incidents = in_report_order(input.snapshot);
  if (incidents.empty()) {
    page.paragraph(quiet_text(input));
  } else {
    const std::string left_out = not_examined_text(input);
    page.paragraph(summary_text(incidents) +
                   (left_out.empty() ? "" : "; not examined: " + left_out));
    for (const Incident* incident : incidents) {
      page.blank();
      incident_block(*incident, input, style, page);
    }
  }
  stories(input.snapshot, page);
  page.blank();
  not_judged(input.snapshot, page);
  scans(input.snapshot, style, page);
  left_alone(input.snapshot, page);
  page.row(0, "not opened", unopened_text(input.snapshot.unopened));
  view(input.snapshot, page);
  not_counted(input, page);
  if (style.verbose) {
    page.row(0, "engine",
             counted(input.engine.workers, "worker") + ", " +
                 scaled(input.engine.packets_per_second, "pps") + ", " +
                 duration(from_seconds(input.engine.wall_seconds)));
  }
  std::string text = page.take();
  // Without such rows there is no empty line at the end.
  while (text.ends_with("\n\n")) text.pop_back();
  return text;
}

}  // namespace floodgauge
