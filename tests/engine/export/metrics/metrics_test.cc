// The scrape: it tells what the snapshot holds, and stays bounded and well-formed whatever that is.
#include "engine/export/metrics/metrics.h"

#include <algorithm>
#include <map>

#include <gtest/gtest.h>

#include "engine/base/utf8.h"
#include "tests/engine/export/metrics/scrape.h"
#include "tests/engine/export/sample.h"

namespace floodgauge {
namespace {

TEST(Metrics, ShowWhatTheSnapshotAndTheControlPathHold) {
  const EngineSnapshot snapshot = sample::link();
  ControlMetrics control;
  for (int i = 0; i < 5; ++i) control.count_event(Transition::updated, EventResult::written);
  for (int i = 0; i < 2; ++i) control.count_hook_run(HookResult::timed_out);
  control.observe_detection_delay(Nanoseconds{100'000'000});
  control.observe_detection_delay(Nanoseconds{300'000'000});
  auto series = series_of(scrape(snapshot, control));
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
      {R"(floodgauge_incident_packets_per_second{target="198.51.100.0/24",prefix="198.51.100.0/24",vector="reflection_dns",direction="in"})",
       720'000},
      {R"(floodgauge_incident_severity{target="198.51.100.0/24",prefix="198.51.100.0/24",direction="in"})",
       4},
      {R"(floodgauge_incident_bits_per_second{target="198.51.100.0/24",prefix="198.51.100.0/24",vector="reflection_ntp",direction="in"})",
       5e8},
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
      {R"(floodgauge_unopened_packets_total{layer="link"})", 120000},
      {R"(floodgauge_unopened_packets_total{layer="ethertype"})", 12},
      {R"(floodgauge_unopened_packets_total{layer="protocol"})", 0},
      {R"(floodgauge_unopened_packets_total{layer="tunnel"})", 1},
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
        << "a class without packets: " << key;
    EXPECT_EQ(key.find("198.51.100.43"), std::string::npos) << "a closed incident: " << key;
  }
}

/// The ASCII text `value`, escaped as the text format requires.
std::string escaped(const std::string& value) {
  std::string text;
  for (const char c : value) {
    if (c == '\n') {
      text += "\\n";
    } else {
      text += c == '\\' || c == '"' ? std::string{'\\', c} : std::string{c};
    }
  }
  return text;
}

TEST(Metrics, LabelsMayHoldAnything) {
  EngineSnapshot snapshot;
  snapshot.prefixes.resize(1);
  std::string& name = snapshot.prefixes[0].name;
  const auto line = [&] {
    const std::string text = metrics_text(&snapshot, input());
    const std::size_t at = text.find("floodgauge_prefix_info{");
    const std::size_t begin = text.find("name=\"", at) + 6;
    return text.substr(begin, text.find("} 1\n", at) - begin);
  };
  for (const std::size_t length : {0, 1, 3, 4, 7, 8, 15, 16, 17, 31, 32, 33, 47, 300}) {
    name = std::string(length, 'x');
    EXPECT_EQ(line(), name + "\"") << length;
    for (const char special : {'\n', '\\', '"'}) {
      for (std::size_t at = 0; at < length; at += length < 50 ? 1 : 37) {
        name = std::string(length, 'x');
        name[at] = special;
        ASSERT_EQ(line(), escaped(name) + "\"") << length << " at " << at;
      }
    }
    name = std::string(length, 'x') + "\xc3\xa9";
    EXPECT_EQ(line(), name + "\"") << "UTF-8 stays as it is";
    name = std::string(length, 'x') + "\xff";
    EXPECT_EQ(line(), std::string(length, 'x') + "?\"") << "invalid UTF-8 is replaced";
  }
}

TEST(Metrics, ReuseTheMemoryOfTheText) {
  const EngineSnapshot snapshot = sample::link();
  std::string text(1 << 20, '?');
  const char* const memory = text.data();
  write_metrics_text(&snapshot, input(), text);
  EXPECT_EQ(text.data(), memory);
  EXPECT_EQ(text, metrics_text(&snapshot, input()));
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
  EXPECT_EQ(count, 10) << "one for each incident that has series: unknown ports are one vector";
  EXPECT_EQ(series.at("floodgauge_incident_series_dropped"), 290);
  EXPECT_TRUE(series.contains(
      R"(floodgauge_incident_packets_per_second{target="198.51.101.43/32",prefix="198.51.100.0/24",vector="reflection_port",direction="in"})"))
      << "the most severe incident has series";
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

TEST(Utf8, ReplacesMalformedBytes) {
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
