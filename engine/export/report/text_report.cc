#include <algorithm>

#include "engine/base/number_text.h"
#include "engine/export/report/incident_block.h"
#include "engine/export/report/incident_text.h"
#include "engine/export/report/report.h"
#include "engine/export/report/stories.h"
#include "engine/export/report/time_text.h"
#include "engine/export/report/unopened_text.h"
#include "engine/model/one_way.h"

namespace floodgauge {
namespace {

/// What was done to the times: "12 packets put in order; 1 time or clock step put right, by up to
/// 2 s".
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

void head(const ReportInput& input, TextPage& page) {
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
  if (input.snapshot.sampling > 1) {
    page.row(0, "sampled",
             "1 packet in " + grouped(input.snapshot.sampling) +
                 "; rates, counts and limits are scaled, and are estimates");
  }
  if (capture.truncated) page.row(0, "broken off", terminal_safe(capture.truncation));
  std::string protecting = terminal_safe(input.protecting);
  if (input.snapshot.protected_addresses_seen > 0) {
    protecting += " (" + counted(input.snapshot.protected_addresses_seen, "address") + " seen)";
  }
  page.row(0, "protecting", protecting);
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

void stories(const EngineSnapshot& snapshot, TextPage& page) {
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
void not_judged(const EngineSnapshot& snapshot, TextPage& page) {
  constexpr std::uint64_t kAsked = 100;
  for (const PrefixSnapshot& prefix : snapshot.prefixes) {
    std::uint64_t requests = 0;
    std::uint64_t answers = 0;
    for (const ServiceSnapshot& service : prefix.services) {
      requests += service.requests;
      answers += service.answers;
    }
    if (requests < kAsked || answers > 0) continue;
    // Said of the whole prefix below.
    if (!one_way_text(prefix.total_in.packets, prefix.total_out.packets).empty()) continue;
    page.row(0, "not judged",
             "the services of " + prefix.prefix.text() + ": no answers are visible to " +
                 counted(requests, "request"));
  }
}

const char* noun_of(const Scan& scan) {
  return scan.kind == ScanKind::ports ? "port" : "host";
}

void left_alone(const EngineSnapshot& snapshot, TextPage& page) {
  bool first = true;
  for (const LeftAlone& host : snapshot.left_alone) {
    page.row(0, first ? "left alone" : "",
             host.address.text() + " at " + scaled(host.peak_pps, "pps") + ", " +
                 scaled(host.peak_bps, "bit/s") + ": " + terminal_safe(host.reason));
    first = false;
  }
}

void view(const EngineSnapshot& snapshot, TextPage& page) {
  bool first = true;
  for (const PrefixSnapshot& prefix : snapshot.prefixes) {
    const std::string_view text = one_way_text(prefix.total_in.packets, prefix.total_out.packets);
    if (text.empty()) continue;
    const std::string of = prefix.prefix.length == 0 ? "" : "of " + prefix.prefix.text() + " ";
    page.row(0, first ? "view" : "",
             of + std::string(text) + ": no answer is seen, and services are not judged");
    first = false;
  }
}

/// One line for each of the scans that tried most, then how many more there were.
void scans(const EngineSnapshot& snapshot, const TextStyle& style, TextPage& page) {
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

/// Frames that a kernel or a NIC put together, or has yet to divide.
std::string superframes_text(const ParseCounts& parse) {
  if (parse.superframes == 0) return "";
  return counted(parse.superframes, "frame") +
         " of several packets each (GRO, LRO or TSO), counted as " +
         counted(parse.superframe_packets, "packet") + ": estimated from their lengths";
}

void not_counted(const ReportInput& input, TextPage& page) {
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
  TextPage page(style);
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
      add_incident(*incident, input, style, page);
    }
  }
  stories(input.snapshot, page);
  page.blank();
  not_judged(input.snapshot, page);
  scans(input.snapshot, style, page);
  left_alone(input.snapshot, page);
  if (const std::uint64_t twice = input.snapshot.duplicates; twice > 0) {
    page.row(0, "twice", counted(twice, "frame") + " came twice, as from a mirror of both sides");
  }
  page.row(0, "superframes", superframes_text(input.snapshot.parse));
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
