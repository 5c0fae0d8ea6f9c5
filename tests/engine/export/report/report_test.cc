// The report: its content, that text and JSON tell the same, and that JSON follows the schema.
#include "engine/export/report/report.h"

#include <filesystem>

#include <gtest/gtest.h>

#include "engine/export/report/incident_json.h"
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

#2  CRITICAL  DNS reflection 81 %, NTP reflection 19 % on 198.51.100.0/24
              (carpet, 254 addresses)
    when        18:31:00.0 - still open (11 min 10 s)
    peak        1.21 Mpps, 9.87 Gbit/s
    in all      3 M packets, 4 GB
    seen        after 300 ms: in all 2.5 Gbit/s, limit 1 Gbit/s
    sources     ~8.21 k

left alone  198.51.100.66 at 118 kpps, 940 Mbit/s: one TCP connection, handshake
            completed
not counted 12 packets malformed (ipv4 header length 9, tcp offset 3); 113
            packets not IP
)");
}

TEST(TextReport, IsOneLineWithoutIncidents) {
  const EngineSnapshot snapshot = sample::quiet();
  const ReportInput input{snapshot, sample::capture(), sample::engine(), "every address"};
  const std::vector<std::string> lines = lines_of(text_report(input, {}));
  ASSERT_EQ(lines.size(), 6u);
  EXPECT_EQ(lines.back(), "no flood found; busiest was 198.51.100.7: 1.2 kpps of 50 kpps");
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
        "20261121T181207-198.51.100.43-flood", "most from 203.0.113.5 (< 0.1 %)"}) {
    EXPECT_NE(text.find(detail), std::string::npos) << detail << "\n" << text;
  }
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
  EXPECT_NE(text.find("no packets, so no flood"), std::string::npos);
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
  EXPECT_EQ(keys,
            "id kind state severity target prefix name vectors start detected end quiet_since "
            "peak_pps peak_bps packets bytes sources_estimate top_sources top_source_ports "
            "top_destination_ports evidence effect mitigation signatures ");
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

}  // namespace
}  // namespace floodgauge
