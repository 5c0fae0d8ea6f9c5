#include <algorithm>

#include "engine/base/number_text.h"
#include "engine/export/report/incident_text.h"
#include "engine/export/report/report.h"
#include "engine/export/report/time_text.h"
#include "engine/export/report/unopened_text.h"

namespace floodgauge {
namespace {

constexpr std::size_t kSparkColumns = 40;
constexpr std::size_t kLabelWidth = 11;
constexpr std::size_t kTopShown = 3;

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
  if (capture.truncated) page.row(0, "broken off", terminal_safe(capture.truncation));
  std::string protecting = terminal_safe(input.protecting);
  if (input.snapshot.protected_addresses_seen > 0) {
    protecting += " (" + counted(input.snapshot.protected_addresses_seen, "address") + " seen)";
  }
  page.row(0, "protecting", protecting);
}

std::string seen_text(const Incident& incident) {
  std::string text = "after " + duration(incident.detected - incident.start);
  if (!incident.evidence.empty()) text += ": " + evidence_text(incident.evidence.front());
  return text;
}

std::string sources_text(const Incident& incident, bool verbose) {
  if (incident.sources_estimate == 0 && incident.top_sources.empty()) return "";
  std::string text = "~" + magnitude(static_cast<double>(incident.sources_estimate));
  if (!incident.shape.empty()) text += " (" + terminal_safe(incident.shape) + ")";
  // A list of spoofed addresses with tiny shares is of no use to the reader.
  const bool telling = !incident.top_sources.empty() && incident.top_sources.front().share >= 0.01;
  if (telling || verbose) {
    const std::string top = top_text(incident.top_sources, verbose ? 10 : kTopShown);
    if (!top.empty()) text += "; most from " + top;
  }
  return text;
}

std::string ports_text(const Incident& incident, bool verbose) {
  const std::size_t most = verbose ? 10 : kTopShown;
  // Where even the largest share is tiny, the list is left out: the packets are spread over many
  // ports.
  const auto telling = [&](const std::vector<TopEntry>& entries) {
    return !entries.empty() && (verbose || entries.front().share >= 0.05);
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
  for (std::size_t i = 1; i < incident.evidence.size(); ++i) {
    page.row(4, i == 1 ? "also" : "", evidence_text(incident.evidence[i]));
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

void incident_block(const Incident& incident, const ReportInput& input, const TextStyle& style,
                    Page& page) {
  const std::string number = "#" + std::to_string(incident.number);
  const std::string severity = capitals(name(incident.severity));
  page.raw(inked(number, Ink::bold, style) + "  " +
           inked(severity, ink_of(incident.severity), style) + "  ");
  // The heading's line has begun with the words above; wrapping must count their columns.
  page.paragraph(what_it_is(incident) + " on " + what_it_hits(incident),
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
  page.row(4, "ports", ports_text(incident, style.verbose));
  page.row(4, "payload", top_text(incident.signatures, kTopShown));
  if (incident.effect) page.row(4, "effect", effect_text(*incident.effect));
  if (style.utf8) page.row(4, "rate", sparkline(incident.rate_history, kSparkColumns));
  page.row(4, "note", terminal_safe(incident.note));
  if (style.verbose) details(incident, page);
  if (incident.mitigation) page.row(4, "block", terminal_safe(incident.mitigation->flowspec));
}

/// The line for a capture without incidents.
std::string quiet_text(const ReportInput& input) {
  if (input.capture.total.packets == 0) return "no packets, so no flood";
  std::string text = "no flood found";
  if (!input.snapshot.busiest.empty()) {
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

void left_alone(const EngineSnapshot& snapshot, Page& page) {
  bool first = true;
  for (const LeftAlone& host : snapshot.left_alone) {
    page.row(0, first ? "left alone" : "",
             host.address.text() + " at " + scaled(host.peak_pps, "pps") + ", " +
                 scaled(host.peak_bps, "bit/s") + ": " + terminal_safe(host.reason));
    first = false;
  }
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
    page.paragraph(summary_text(incidents));
    for (const Incident* incident : incidents) {
      page.blank();
      incident_block(*incident, input, style, page);
    }
  }
  page.blank();
  left_alone(input.snapshot, page);
  if (const std::uint64_t twice = input.snapshot.duplicates; twice > 0) {
    page.row(0, "twice", counted(twice, "frame") + " came twice, as from a mirror of both sides");
  }
  page.row(0, "not opened", unopened_text(input.snapshot.unopened));
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
