// The scrape: that it holds every metric of the table, says the same as prometheus-cpp's
// serializer, and stays bounded and well-formed whatever the snapshot holds.
#include "engine/export/metrics.h"

#include <cstdlib>
#include <fstream>
#include <map>
#include <set>
#include <sstream>

#include <gtest/gtest.h>
#include <prometheus/text_serializer.h>

#include "engine/export/utf8.h"
#include "tests/engine/export/sample.h"

namespace floodgauge {
namespace {

MetricsInput input() {
  return {{"0.1.0", "abc", "DPDK 22.11"}, 100, [] {
            ExportCounters counters;
            counters.events_written = 5;
            counters.hook.timed_out = 2;
            return counters;
          }};
}

std::vector<std::string> lines_of(const std::string& text) {
  std::istringstream in(text);
  std::vector<std::string> lines;
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

/// Series to value; a series that is there twice fails the test.
std::map<std::string, double> series_of(const std::string& text) {
  std::map<std::string, double> series;
  for (const std::string& line : lines_of(text)) {
    if (line.starts_with("#")) continue;
    const std::size_t blank = line.rfind(' ');
    const bool added =
        series.emplace(line.substr(0, blank), std::stod(line.substr(blank + 1))).second;
    EXPECT_TRUE(added) << "twice: " << line;
  }
  return series;
}

TEST(Metrics, HoldEveryMetricOfTheTable) {
  const EngineSnapshot snapshot = sample::link();
  const std::string text = metrics_text(&snapshot, input());
  for (const MetricInfo& row : metric_table()) {
    const std::string type =
        "# TYPE " + std::string(row.name) + " " + std::string(name(row.kind)) + "\n";
    const std::size_t at = text.find(type);
    ASSERT_NE(at, std::string::npos) << type;
    // And a sample of it, with the labels that the table names.
    std::string start =
        "\n" + std::string(row.name) + (row.kind == MetricKind::histogram ? "_bucket" : "");
    if (!row.labels.empty()) start += "{" + std::string(row.labels.front()) + "=\"";
    EXPECT_NE(text.find(start), std::string::npos) << start;
  }
}

TEST(Metrics, AreNamedByPrometheusRules) {
  std::set<std::string_view> names;
  for (std::size_t i = 0; i < metric_table().size(); ++i) {
    const MetricInfo& row = metric_table()[i];
    EXPECT_EQ(static_cast<std::size_t>(row.metric), i) << row.name;
    EXPECT_TRUE(names.insert(row.name).second) << row.name;
    EXPECT_TRUE(row.name.starts_with("floodgauge_"));
    EXPECT_EQ(row.kind == MetricKind::counter, row.name.ends_with("_total")) << row.name;
    EXPECT_TRUE(row.help.ends_with(".")) << row.name;
    EXPECT_EQ(row.help.find_first_of("\n\\|"), std::string_view::npos) << row.name;
  }
  EXPECT_EQ(names.size(), static_cast<std::size_t>(Metric::count_));
}

TEST(Metrics, PageIsTheTable) {
  const std::string path = std::string(SOURCE_ROOT) + "/engine/export/METRICS.md";
  if (std::getenv("UPDATE_GOLDEN") != nullptr) std::ofstream(path) << metrics_markdown();
  std::ifstream in(path);
  const std::string page((std::istreambuf_iterator<char>(in)), {});
  EXPECT_EQ(page, metrics_markdown()) << "run the test once with UPDATE_GOLDEN=1";
}

TEST(Metrics, ShowWhatTheSnapshotHolds) {
  const EngineSnapshot snapshot = sample::link();
  auto series = series_of(metrics_text(&snapshot, input()));
  const std::map<std::string, double> expected = {
      {R"(floodgauge_build_info{version="0.1.0",revision="abc",dpdk="DPDK 22.11"})", 1},
      {R"(floodgauge_packets_total{prefix="198.51.100.0/24",direction="in",class="tcp_syn"})",
       98.2e6},
      {R"(floodgauge_bytes_total{prefix="198.51.100.0/24",direction="out",class="tcp"})", 3e9},
      {R"(floodgauge_prefix_info{prefix="2001:db8:25::/48",name="mail"})", 1},
      {R"(floodgauge_incidents_open{kind="flood",severity="critical"})", 1},
      {R"(floodgauge_incidents_open{kind="flood",severity="high"})", 0},
      {R"(floodgauge_incidents_total{kind="flood",vector="tcp_syn"})", 1},
      {R"(floodgauge_incidents_total{kind="flood",vector="udp"})", 0},
      {R"(floodgauge_incident_packets_per_second{target="198.51.100.0/24",prefix="198.51.100.0/24",vector="reflection_dns"})",
       729'000},
      {R"(floodgauge_service_response_seconds_bucket{prefix="198.51.100.0/24",service="https",le="0.005"})",
       18},
      {R"(floodgauge_service_response_seconds_bucket{prefix="198.51.100.0/24",service="https",le="+Inf"})",
       20},
      {R"(floodgauge_service_response_seconds_count{prefix="198.51.100.0/24",service="https"})",
       20},
      {R"(floodgauge_detection_delay_seconds_sum)", 0.4},
      {R"(floodgauge_port_receive_packets_total{port="uplink",queue="1"})", 408'113},
      {R"(floodgauge_worker_shedding{worker="0",step="payload"})", 1},
      {R"(floodgauge_malformed_packets_total{reason="tcp_offset"})", 3},
      {R"(floodgauge_start_time_seconds)", 1'795'284'000},
      {R"(floodgauge_events_written_total)", 5},
      {R"(floodgauge_hook_runs_total{result="timed_out"})", 2},
  };
  for (const auto& [key, value] : expected) {
    ASSERT_TRUE(series.contains(key)) << key;
    EXPECT_DOUBLE_EQ(series[key], value) << key;
  }
  for (const auto& [key, value] : series) {
    EXPECT_FALSE(key.starts_with("floodgauge_packets_total") && value == 0)
        << "a class that was never seen: " << key;
    EXPECT_EQ(key.find("198.51.100.43"), std::string::npos) << "a closed incident: " << key;
  }
}

TEST(Metrics, SayTheSameAsPrometheusCpp) {
  EngineSnapshot snapshot = sample::link();
  snapshot.prefixes[0].name = "quote \" backslash \\ line\nfeed \xff";
  const auto shared = std::make_shared<const EngineSnapshot>(snapshot);
  const SnapshotCollectable collectable([&] { return shared; }, input());
  const std::string theirs = prometheus::TextSerializer().Serialize(collectable.Collect());
  EXPECT_EQ(series_of(metrics_text(&snapshot, input())), series_of(theirs));
}

TEST(Metrics, WithoutASnapshotShowTheBuild) {
  const std::string text = metrics_text(nullptr, input());
  EXPECT_NE(text.find("floodgauge_build_info{"), std::string::npos);
  EXPECT_EQ(text.find("floodgauge_packets_total"), std::string::npos);
}

TEST(Metrics, SeriesOfIncidentsAreBounded) {
  EngineSnapshot snapshot = sample::quiet();
  for (unsigned i = 0; i < 300; ++i) {
    Incident incident = sample::carpet();
    incident.id = "incident-" + std::to_string(i);
    incident.target = IpPrefix::host(IpAddress::from_v4(0xc6336400u + i));
    incident.severity = i == 299 ? Severity::critical : Severity::low;
    incident.vectors.assign(20, {});
    for (unsigned v = 0; v < 20; ++v) {
      incident.vectors[v] = {"reflection_port_" + std::to_string(i * 20 + v), 0.05};
    }
    snapshot.incidents.push_back(std::make_shared<const Incident>(incident));
  }
  MetricsInput capped = input();
  capped.incident_cap = 10;
  const auto series = series_of(metrics_text(&snapshot, capped));
  const auto count = std::count_if(series.begin(), series.end(), [](const auto& entry) {
    return entry.first.starts_with("floodgauge_incident_packets_per_second");
  });
  EXPECT_EQ(count, 10) << "one a shown incident: unknown ports are one vector";
  EXPECT_EQ(series.at("floodgauge_incident_series_dropped"), 290);
  EXPECT_TRUE(series.contains(
      R"(floodgauge_incident_packets_per_second{target="198.51.101.43/32",prefix="198.51.100.0/24",vector="reflection_port"})"))
      << "the worst one is among those shown";
}

TEST(Metrics, TwoIncidentsOfOneTargetAreOneSeries) {
  EngineSnapshot snapshot = sample::quiet();
  Incident second = sample::carpet();
  second.kind = IncidentKind::impact;
  snapshot.incidents = {std::make_shared<const Incident>(sample::carpet()),
                        std::make_shared<const Incident>(second)};
  snapshot.incidents_total = {{{IncidentKind::flood, "reflection_port_1"}, 2},
                              {{IncidentKind::flood, "reflection_port_2"}, 3}};
  const auto series = series_of(metrics_text(&snapshot, input()));
  EXPECT_EQ(series.at(R"(floodgauge_incidents_total{kind="flood",vector="reflection_port"})"), 5);
}

TEST(Utf8, ReplacesWhatIsNotWellFormed) {
  EXPECT_EQ(valid_utf8("caf\xc3\xa9 \xe2\x82\xac \xf0\x9f\x8c\x8a"),
            "caf\xc3\xa9 \xe2\x82\xac \xf0\x9f\x8c\x8a");
  EXPECT_EQ(valid_utf8("\xff"), "?");
  EXPECT_EQ(valid_utf8("\xc0\xaf"), "??") << "overlong";
  EXPECT_EQ(valid_utf8("\xed\xa0\x80"), "???") << "surrogate";
  EXPECT_EQ(valid_utf8("\xf4\x90\x80\x80"), "????") << "above U+10FFFF";
  EXPECT_EQ(valid_utf8("a\xe2\x82"), "a??") << "cut short";
}

}  // namespace
}  // namespace floodgauge
