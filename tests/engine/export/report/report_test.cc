// The report: its content, that text and JSON tell the same, and that JSON follows the schema.
#include "engine/export/report/report.h"

#include <filesystem>

#include <gtest/gtest.h>

#include "engine/export/report/incident_json.h"
#include "engine/export/report/incident_text.h"
#include "tests/engine/export/sample.h"
#include "tests/support/json_schema.h"

namespace floodgauge {
namespace {

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::size_t at = 0;
  while (at < text.size()) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    lines.push_back(text.substr(at, end - at));
    at = end + 1;
  }
  return lines;
}

/// The first line below the head of a report: what was found, or why nothing was.
std::string verdict_of(const std::string& text) {
  const std::size_t blank = text.find("\n\n");
  if (blank == std::string::npos) return "";
  return text.substr(blank + 2, text.find('\n', blank + 2) - blank - 2);
}

support::JsonSchema schema(const char* name) {
  return support::JsonSchema(std::filesystem::path(SOURCE_ROOT) / "deploy" / "schema" / name);
}

TEST(TextReport, FitsOneScreen) {
  const EngineSnapshot snapshot = sample::link();
  const ReportInput input{snapshot, sample::capture(), sample::engine(), "2 prefixes of link.yaml"};
  EXPECT_EQ(text_report(input, {}), R"(capture     evening.pcap
read        12,408,113 packets, 8.21 GB, 42 min 10 s from 2026-11-21 18:00:02
            UTC
protecting  2 prefixes of link.yaml (211 addresses seen)

2 floods; 1 open at the end

#1  HIGH  SYN flood on 198.51.100.43 (web)
    when        18:12:07.3 - 18:19:41.0 (7 min 34 s)
    peak        412 kpps, 211 Mbit/s
    in all      98.2 M packets, 6.28 GB
    seen        after 100 ms: tcp syn packets 41,200/s, limit 5,000/s
    sources     ~1.9 M (spoofed: spread evenly over all networks)
    ports       to 443 (100 %)
    effect      2 % of requests answered (99 % before)
    block       match destination 198.51.100.43/32; protocol =6; tcp-flags =syn;
                destination-port =443; then discard
                takes 100 % of the flood, 9 % of what is answered (373 flows;
                https)
    advice      Let the servers answer SYNs with cookies (RFC 4987).

#2  CRITICAL  DNS reflection 81 %, NTP reflection 19 % on 198.51.100.0/24
              (carpet, 254 addresses)
    when        18:31:00.0 - still open (11 min 10 s)
    peak        1.21 Mpps, 9.87 Gbit/s
    in all      3 M packets, 4 GB
    seen        after 300 ms: in all 2.5 Gbit/s, limit 1 Gbit/s
    sources     ~8.21 k

left alone  198.51.100.66 at 118 kpps, 940 Mbit/s: one TCP connection, handshake
            completed
not opened  120,000 packets of link type 147 (user 0) were not opened, nor 12 of
            EtherType 0x0806 (ARP), nor 1 of the tunnel at UDP port 4789 (VXLAN)
not counted 12 packets malformed (ipv4 header length 9, tcp offset 3);
            113 packets not IP
)");
}

TEST(TextReport, IsOneLineWithoutIncidents) {
  const EngineSnapshot snapshot = sample::quiet();
  const ReportInput input{snapshot, sample::capture(), sample::engine(), "every address"};
  const std::vector<std::string> lines = lines_of(text_report(input, {}));
  ASSERT_EQ(lines.size(), 6u);
  EXPECT_EQ(lines.back(), "no flood found; busiest was 198.51.100.7 at 1.2 kpps, limit 50 kpps");
}

TEST(TextReport, StaysWithinItsWidthInEveryStyle) {
  const EngineSnapshot snapshot = sample::link();
  const ReportInput input{snapshot, sample::capture(), sample::engine(), "2 prefixes of link.yaml"};
  for (const int width : {60, 80, 120}) {
    for (const std::string& line : lines_of(text_report(input, {false, width, true, false}))) {
      EXPECT_LE(line.size(), static_cast<std::size_t>(width)) << line;
    }
  }
}

TEST(TextReport, DrawsAndColoursOnlyWhenAsked) {
  const EngineSnapshot snapshot = sample::link();
  const ReportInput input{snapshot, sample::capture(), sample::engine(), "2 prefixes of link.yaml"};
  const std::string plain = text_report(input, {});
  EXPECT_EQ(plain.find('\033'), std::string::npos);
  EXPECT_EQ(plain.find("▁"), std::string::npos);
  const std::string rich = text_report(input, {true, 80, false, true});
  EXPECT_NE(rich.find("\033[1;31mHIGH\033[0m"), std::string::npos);
  EXPECT_NE(rich.find("▁▂▅██▃"), std::string::npos) << rich;
}

TEST(TextReport, HasDetailsWithVerbose) {
  const EngineSnapshot snapshot = sample::link();
  const ReportInput input{snapshot, sample::capture(), sample::engine(), "2 prefixes of link.yaml"};
  const std::string text = text_report(input, {false, 100, true, false});
  for (const char* detail :
       {"also        in all 210 Mbit/s, limit 100 Mbit/s", "handshakes completed 2 %, limit 20 %",
        "tcp_syn 99 %, udp 0.9 %", "blackhole   route 198.51.100.43/32",
        "20261121T181207-198.51.100.43-flood"}) {
    EXPECT_NE(text.find(detail), std::string::npos) << detail << "\n" << text;
  }
}

TEST(TextReport, LeavesOutSharesThatTellNothing) {
  EngineSnapshot snapshot = sample::link();
  const ReportInput input{snapshot, sample::capture(), sample::engine(), "2 prefixes of link.yaml"};
  EXPECT_EQ(text_report(input, {false, 100, true, false}).find("< 0.1 %"), std::string::npos);
  EXPECT_EQ(top_text({{"443", 90, 0.9}, {"80", 1, 0.001}, {"7", 1, 0.0009}}, 10),
            "443 (90 %), 80 (0.1 %)");
}

TEST(TextReport, TellsTheLimitOfTheFloodsOwnKindFirst) {
  Incident incident = sample::carpet();
  incident.vectors = {{"tcp_syn", 1}};
  incident.evidence = {{"one_sided_packets_per_second", 99990, 50000, 0.1},
                       {"tcp_syn_packets_per_second", 99990, 5000, 0.1}};
  EngineSnapshot snapshot = sample::quiet();
  snapshot.incidents = {std::make_shared<Incident>(incident)};
  const ReportInput input{snapshot, sample::capture(), sample::engine(), "every address"};
  const std::string text = text_report(input, {false, 100, true, false});
  EXPECT_NE(text.find(": tcp syn packets 99,990/s, limit 5,000/s"), std::string::npos) << text;
  EXPECT_NE(text.find("also        one sided packets 99,990/s, limit 50,000/s"), std::string::npos)
      << text;
}

TEST(TextReport, TheBusiestOfAFewPacketsIsNotNamed) {
  const EngineSnapshot snapshot = sample::quiet();
  CaptureInfo capture = sample::capture();
  capture.total.packets = 99;
  const ReportInput few{snapshot, capture, sample::engine(), "every address"};
  EXPECT_EQ(lines_of(text_report(few, {})).back(), "no flood found");
}

TEST(TextReport, NamesCannotControlTheTerminal) {
  EngineSnapshot snapshot = sample::quiet();
  Incident incident = sample::carpet();
  incident.name = "web\033[2J\xc2\x9b";
  snapshot.incidents = {std::make_shared<const Incident>(incident)};
  CaptureInfo capture = sample::capture();
  capture.files = {"a\r\n\033]0;x\a.pcap"};
  const std::string text = text_report({snapshot, capture, sample::engine(), "\x1b"}, {});
  EXPECT_EQ(text.find_first_of("\033\r\a"), std::string::npos);
  EXPECT_EQ(text.find("\xc2\x9b"), std::string::npos);
}

TEST(TextReport, TellsWhereACaptureBrokeOff) {
  EngineSnapshot snapshot;
  CaptureInfo capture;
  capture.files = {"-"};
  capture.truncated = true;
  capture.truncation = "standard input: ends inside a packet at offset 24";
  const std::string text = text_report({snapshot, capture, sample::engine(), "every address"}, {});
  EXPECT_NE(text.find("broken off  standard input: ends inside a packet at offset 24"),
            std::string::npos);
  EXPECT_NE(text.find("nothing was examined: there are no packets"), std::string::npos);
  EXPECT_EQ(text.find("no flood"), std::string::npos);
}

TEST(TextReport, NeverSaysNoFloodOfWhatWasNotExamined) {
  const EngineSnapshot snapshot = sample::quiet();
  ReportInput input{snapshot, sample::capture(), sample::engine(), "every address"};
  input.not_examined = {{"group_addresses", 20'000, "20,000 packets to multicast addresses"}};
  EXPECT_EQ(verdict_of(text_report(input, {})),
            "no flood found in what was examined; not examined: 20,000 packets to multicast");
  input.not_examined = {{"no_times", 20'000, "no packet has a time"}};
  input.capture.timing = Timing::none;
  EXPECT_EQ(verdict_of(text_report(input, {})), "nothing was judged: no packet has a time");
  input.not_examined = {{"nothing_protected", 20'000, "none of 20,000 packets is protected"}};
  input.nothing_examined = true;
  EXPECT_EQ(verdict_of(text_report(input, {})),
            "nothing was examined: none of 20,000 packets is protected");

  const EngineSnapshot link = sample::link();
  ReportInput flooded{link, sample::capture(), sample::engine(), "every address"};
  flooded.not_examined = {{"interrupted", 0, "what follows"}};
  EXPECT_NE(
      text_report(flooded, {}).find("2 floods; 1 open at the end; not examined: what follows"),
      std::string::npos);
}

TEST(TextReport, SaysOnceWhereOneDirectionAloneIsVisible) {
  EngineSnapshot snapshot = sample::quiet();
  PrefixSnapshot& web = snapshot.prefixes.front();
  web.total_out = {};
  web.services.emplace_back();
  web.services.front().requests = 5000;
  const auto told = [&] {
    return text_report({snapshot, sample::capture(), sample::engine(), "every address"},
                       {.width = 160});
  };
  EXPECT_NE(
      told().find("view        of 198.51.100.0/24 only inbound is visible: no answer is seen, "
                  "and services are not judged\n"),
      std::string::npos);
  EXPECT_EQ(told().find("not judged  "), std::string::npos);
  web.prefix = sample::prefix("0.0.0.0/0");
  EXPECT_NE(told().find("view        only inbound is visible: "), std::string::npos);
  web.total_out = {1, 64};
  EXPECT_EQ(told().find("view "), std::string::npos);
  EXPECT_NE(told().find("not judged  the services of 0.0.0.0/0: no answers are visible to 5,000 "
                        "requests\n"),
            std::string::npos);
}

TEST(TextReport, TellsInOneLineWhatWasDoneToTheTimes) {
  const EngineSnapshot snapshot = sample::quiet();
  ReportInput input{snapshot, sample::capture(), sample::engine(), "every address"};
  EXPECT_EQ(text_report(input, {}).find("times "), std::string::npos);
  input.capture.jumps = 1;
  input.capture.largest_step_seconds = 2;
  EXPECT_NE(
      text_report(input, {}).find("times       1 time or clock step put right, by up to 2 s\n"),
      std::string::npos);
  input.capture.timing = Timing::reordered;
  input.capture.reordered = 1200;
  input.capture.jumps = 2;
  input.capture.largest_step_seconds = 3600;
  input.capture.read_as_nanoseconds = 1;
  const std::string text = text_report(input, {.width = 160});
  EXPECT_NE(text.find("times       read as nanoseconds, though the header says microseconds; 1,200 "
                      "packets put in order; 2 times or clock steps put right, by up to 1 h\n"),
            std::string::npos)
      << text;
}

TEST(JsonReport, FollowsItsSchema) {
  const EngineSnapshot snapshots[] = {sample::link(), sample::quiet(), EngineSnapshot{}};
  for (const EngineSnapshot& snapshot : snapshots) {
    CaptureInfo capture = sample::capture();
    capture.truncated = snapshot.prefixes.empty();
    if (capture.truncated) capture.first = capture.last = std::nullopt;
    const std::string text =
        json_report({snapshot, capture, sample::engine(), "2 prefixes of link.yaml"});
    const auto errors = schema("report.schema.json").errors(nlohmann::json::parse(text));
    EXPECT_TRUE(errors.empty()) << errors.front();
  }
}

TEST(JsonReport, SchemaRefusesWhatIsNotAReport) {
  const EngineSnapshot snapshot = sample::link();
  const auto good = nlohmann::json::parse(
      json_report({snapshot, sample::capture(), sample::engine(), "every address"}));
  struct Case {
    const char* what;
    const char* pointer;
    nlohmann::json value;
  };
  const Case cases[] = {
      {"a time without nanoseconds", "/capture/first", "2026-11-21T18:00:02Z"},
      {"a kind that does not exist", "/incidents/0/kind", "storm"},
      {"a negative count", "/prefixes/0/packets_in", -1},
      {"a key that nobody agreed on", "/engine/colour", "red"},
      {"a share above one", "/incidents/0/vectors/0/share", 1.5},
      {"effect neither null nor whole", "/incidents/0/effect", nlohmann::json::object()},
  };
  for (const Case& c : cases) {
    nlohmann::json bad = good;
    bad[nlohmann::json::json_pointer(c.pointer)] = c.value;
    EXPECT_EQ(schema("report.schema.json").errors(bad).size(), 1u) << c.what;
  }
}

TEST(JsonReport, ListsIncidentsByStartThenTarget) {
  EngineSnapshot snapshot = sample::link();
  Incident third = sample::syn_flood();
  third.id = "third";
  third.target = sample::prefix("198.51.100.9/32");
  snapshot.incidents.push_back(std::make_shared<const Incident>(third));
  const auto report = nlohmann::json::parse(
      json_report({snapshot, sample::capture(), sample::engine(), "every address"}));
  std::vector<std::string> targets;
  for (const auto& incident : report["incidents"]) targets.push_back(incident["target"]);
  EXPECT_EQ(targets,
            (std::vector<std::string>{"198.51.100.9/32", "198.51.100.43/32", "198.51.100.0/24"}));
}

TEST(JsonReport, SurvivesAFileNameThatIsNotUtf8) {
  const EngineSnapshot snapshot = sample::quiet();
  CaptureInfo capture = sample::capture();
  capture.files = {"caf\xe9.pcap"};
  const std::string text = json_report({snapshot, capture, sample::engine(), "every address"});
  EXPECT_EQ(nlohmann::json::parse(text)["capture"]["files"][0], "caf\xef\xbf\xbd.pcap");
}

TEST(IncidentJson, HasItsKeysInAFixedOrder) {
  const Json json = incident_json(sample::carpet());
  std::string keys;
  for (const auto& [key, value] : json.items()) keys += key + " ";
  EXPECT_EQ(
      keys,
      "id kind direction state severity target prefix name vectors start detected end quiet_since "
      "peak_pps peak_bps packets bytes sources_estimate top_sources top_networks "
      "top_source_ports "
      "top_destination_ports towards evidence effect mitigation evidence_file signatures ");
  EXPECT_TRUE(json["end"].is_null());
  EXPECT_TRUE(json["effect"].is_null());
  EXPECT_TRUE(json["mitigation"].is_null());
}

TEST(IncidentJson, RoundsItsFigures) {
  const std::string text = json_text(incident_json(sample::syn_flood()));
  EXPECT_NE(text.find(R"("end":"2026-11-21T18:19:41.000000000Z")"), std::string::npos);
  EXPECT_NE(text.find(R"({"name":"tcp_syn","share":0.9912})"), std::string::npos);
  EXPECT_NE(text.find(R"("response_seconds_worst":null)"), std::string::npos);
  EXPECT_EQ(json_text(Json(rounded_rate(1.0 / 0.0))), "0.0");
  EXPECT_EQ(json_text(Json(rounded_rate(-0.001))), "0.0");
  EXPECT_EQ(json_text(Json(rounded_rate(0.1 + 0.2))), "0.3");
}

TEST(EventJson, FollowsItsSchema) {
  for (const Transition transition :
       {Transition::opened, Transition::updated, Transition::escalated, Transition::closed}) {
    const std::string line =
        json_text(event_json(sample::kEvening, transition, sample::syn_flood()));
    const auto errors = schema("event.schema.json").errors(nlohmann::json::parse(line));
    EXPECT_TRUE(errors.empty()) << errors.front();
    EXPECT_EQ(line.find('\n'), std::string::npos);
  }
}

Scan scan_of(const char* source, const char* target, ScanKind kind, std::uint64_t tried) {
  return {.source = sample::address(source),
          .target = sample::prefix(target),
          .kind = kind,
          .tried = tried,
          .refused = 0,
          .start = sample::kEvening,
          .end = sample::kEvening + whole_seconds(4),
          .peak_pps = 9000};
}

TEST(Scans, AreToldInTextAndInJson) {
  EngineSnapshot snapshot = sample::quiet();
  snapshot.scans = {scan_of("192.0.2.9", "198.51.100.43/32", ScanKind::ports, 36000),
                    scan_of("192.0.2.10", "198.51.100.0/24", ScanKind::hosts, 256)};
  snapshot.scans[0].refused = 35990;
  snapshot.scans_total = 3;
  const ReportInput input{snapshot, sample::capture(), sample::engine(), "every address"};
  const std::string text = text_report(input, {});
  EXPECT_NE(text.find("scans       192.0.2.9 tried 36,000 ports of 198.51.100.43, 35,990 refused"),
            std::string::npos)
      << text;
  EXPECT_NE(text.find("192.0.2.10 tried 256 hosts of 198.51.100.0/24, peak 9 kpps"),
            std::string::npos)
      << text;
  EXPECT_NE(text.find("and 1 scan more"), std::string::npos) << text;
  const Json json = Json::parse(json_report(input));
  EXPECT_EQ(schema("report.schema.json").errors(nlohmann::json::parse(json.dump())),
            std::vector<std::string>{});
  EXPECT_EQ(json["scans_total"], 3);
  ASSERT_EQ(json["scans"].size(), 2u);
  EXPECT_EQ(json["scans"][0]["kind"], "ports");
  EXPECT_EQ(json["scans"][0]["target"], "198.51.100.43/32");
  EXPECT_EQ(json["scans"][0]["refused"], 35990);
  EXPECT_EQ(json["scans"][0]["peak_pps"], 9000);
}

TEST(FloodOut, NamesTheSenderAndTowardsWhom) {
  EngineSnapshot snapshot = sample::quiet();
  Incident incident = sample::syn_flood();
  incident.direction = Direction::out;
  incident.sources_estimate = 1;
  incident.towards = {{"192.0.2.1", 990, 0.99}};
  incident.mitigation.emplace();
  incident.mitigation->flowspec = "flow route";
  snapshot.incidents = {std::make_shared<const Incident>(incident)};
  const ReportInput input{snapshot, sample::capture(), sample::engine(), "every address"};
  const std::string text = text_report(input, {});
  EXPECT_NE(text.find("SYN flood from 198.51.100.43 (web)"), std::string::npos) << text;
  EXPECT_NE(text.find("towards     192.0.2.1 (99 %)"), std::string::npos) << text;
  EXPECT_EQ(text.find("sources"), std::string::npos) << text;
  const Json json = incident_json(incident);
  EXPECT_EQ(schema("incident.schema.json").errors(nlohmann::json::parse(json.dump())),
            std::vector<std::string>{});
  EXPECT_EQ(json["direction"], "out");
  EXPECT_EQ(json["towards"][0]["value"], "192.0.2.1");
  EXPECT_TRUE(json["mitigation"]["blackhole"].is_null());
}

}  // namespace
}  // namespace floodgauge
