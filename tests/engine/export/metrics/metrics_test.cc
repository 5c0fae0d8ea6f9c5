// The scrape: it holds every metric of the table, and stays bounded and well-formed whatever the
// snapshot holds.
#include "engine/export/metrics/metrics.h"

#include <cstdlib>
#include <ctime>
#include <fstream>
#include <map>
#include <set>
#include <sstream>

#include <gtest/gtest.h>

#include "bench/large_network.h"
#include "engine/base/utf8.h"
#include "engine/export/metrics/control_metrics.h"
#include "tests/engine/export/sample.h"

namespace floodgauge {
namespace {

MetricsInput input() {
  return {{"0.1.0", "abc", "DPDK 22.11"}, 100};
}

/// What /metrics answers: the snapshot's metrics, then those of the control path.
std::string scrape(const EngineSnapshot& snapshot, const ControlMetrics& control = {}) {
  std::string text = metrics_text(&snapshot, input());
  control.append_text(text);
  return text;
}

std::vector<std::string> lines_of(const std::string& text) {
  std::istringstream in(text);
  std::vector<std::string> lines;
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

/// The value of each series. A repeated series fails the test.
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

/// The names of a series' labels, without `le` of histogram buckets.
std::vector<std::string_view> labels_of(const std::string& series) {
  std::vector<std::string_view> names;
  const std::size_t open = series.find('{');
  if (open == std::string::npos) return names;
  bool quoted = false;
  std::size_t begin = open + 1;
  for (std::size_t i = open + 1; i < series.size(); ++i) {
    if (series[i] == '\\') ++i;
    if (series[i] == '"') quoted = !quoted;
    if (quoted) continue;
    if (series[i] == '=') {
      const std::string_view name = std::string_view(series).substr(begin, i - begin);
      if (name != "le") names.push_back(name);
    }
    if (series[i] == ',') begin = i + 1;
  }
  return names;
}

/// All series of one metric in a scrape.
std::vector<std::string> of_metric(const std::string& text, const MetricInfo& metric) {
  std::vector<std::string> found;
  for (const auto& [series, value] : series_of(text)) {
    std::string name = series.substr(0, series.find('{'));
    if (metric.kind == MetricKind::histogram) {
      for (const std::string suffix : {"_bucket", "_sum", "_count"}) {
        if (name == std::string(metric.name) + suffix) name = metric.name;
      }
    }
    if (name == metric.name) found.push_back(series);
  }
  return found;
}

TEST(Metrics, HoldEveryMetricOfTheTable) {
  const EngineSnapshot snapshot = sample::link();
  const std::string text = scrape(snapshot);
  for (const MetricInfo& row : metric_table()) {
    const std::string type =
        "# TYPE " + std::string(row.name) + " " + std::string(name(row.kind)) + "\n";
    const std::size_t at = text.find(type);
    ASSERT_NE(at, std::string::npos) << type;
    EXPECT_FALSE(of_metric(text, row).empty()) << row.name;
  }
}

TEST(Metrics, HoldNothingElseAndNoOtherLabels) {
  const EngineSnapshot snapshot = sample::link();
  const std::string text = scrape(snapshot);
  std::size_t found = 0;
  for (const MetricInfo& row : metric_table()) {
    const std::vector<std::string> series = of_metric(text, row);
    found += series.size();
    for (const std::string& one : series) EXPECT_EQ(labels_of(one), row.labels) << one;
  }
  EXPECT_EQ(found, series_of(text).size());
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
    EXPECT_FALSE(row.unit.empty()) << row.name;
    for (const std::string_view unit : {"seconds", "bytes"}) {
      EXPECT_EQ(row.unit == unit, row.name.find(unit) != std::string_view::npos) << row.name;
    }
    EXPECT_EQ(row.help.find_first_of("\n\\|"), std::string_view::npos) << row.name;
  }
  EXPECT_EQ(names.size(), static_cast<std::size_t>(Metric::count_));
}

/// 12345678 as "12,345,678".
std::string with_commas(std::size_t number) {
  std::string text = std::to_string(number);
  for (std::size_t at = text.size(); at > 3;) text.insert(at -= 3, ",");
  return text;
}

/// The second section of the page, with the exact figures of the large network.
std::string cost_markdown() {
  const EngineSnapshot network = large_network::snapshot();
  const std::string text = scrape(network);
  PrefixSnapshot all = large_network::busy_prefix(0);
  all.in.fill({1, 1});
  all.out.fill({1, 1});
  all.services.clear();
  for (const ServiceSettings& service : default_services()) {
    all.services.push_back(large_network::busy_service(0));
    all.services.back().service = service.name;
  }
  EngineSnapshot none = sample::quiet();
  none.prefixes.clear();
  EngineSnapshot one = none;
  one.prefixes = {all};
  const std::size_t fixed = series_of(scrape(none)).size();
  const std::size_t most = series_of(scrape(one)).size() - fixed;
  return "\n## What a scrape costs\n\n"
         "With 10,000 prefixes (each with traffic of seven classes both ways, one in four with "
         "four\n"
         "services), 100 open incidents of three vectors and 8 workers (`bench/large_network.h`):\n"
         "**" +
         with_commas(series_of(text).size()) + " series, " +
         with_commas((text.size() + 50'000) / 100'000) +
         "00 kB** before compression. A test holds these two figures.\n\n"
         "The number of series does not grow with traffic. The sensor itself has " +
         with_commas(fixed) +
         " (without ports and\n"
         "workers). A prefix that has seen every class and every default service has at most " +
         with_commas(most) +
         ". An incident has\n"
         "at most 17, and no more than `export.top_hosts` incidents have series. A reload that "
         "removes a\n"
         "prefix removes its series; the other counters keep their values.\n\n";
}

TEST(Metrics, PageIsTheTableAndTheCost) {
  const std::string path = std::string(SOURCE_ROOT) + "/engine/export/METRICS.md";
  const std::string exact = metrics_markdown() + cost_markdown();
  std::ifstream in(path);
  const std::string page((std::istreambuf_iterator<char>(in)), {});
  // The rest of the page holds measured times and is written by hand.
  const std::size_t measured = page.find("Time is measured by");
  ASSERT_NE(measured, std::string::npos) << "the page does not say how long a scrape takes";
  if (std::getenv("UPDATE_GOLDEN") != nullptr) std::ofstream(path) << exact + page.substr(measured);
  EXPECT_EQ(page.substr(0, measured), exact) << "run the test once with UPDATE_GOLDEN=1";
}

TEST(Metrics, ScrapeOfALargeNetworkStaysBounded) {
  const EngineSnapshot network = large_network::snapshot();
  const std::string text = metrics_text(&network, MetricsInput{{"0", "0", "0"}, 100});
  // Two volumes of seven classes in two directions, six gauges, four services in each fourth
  // prefix.
  constexpr std::size_t kAPrefix = 2 * 2 * 7 + 6;
  constexpr std::size_t kAService = 2 + 13 + 2;
  constexpr std::size_t kAnIncident = 2 * 3 + 1;
  const std::size_t wanted = 10'000 * kAPrefix + 10'000 * kAService + 100 * kAnIncident;
  const std::size_t found = series_of(text).size();
  EXPECT_GE(found, wanted);
  EXPECT_LE(found, wanted + 250) << "series of the sensor itself";
  EXPECT_LT(text.size(), found * 100) << "series have become longer";
}

TEST(Metrics, ScrapeGrowsInProportionToThePrefixes) {
  const auto seconds_of = [](std::uint32_t prefixes) {
    const EngineSnapshot network = large_network::snapshot(prefixes);
    double least = 1e9;
    for (int i = 0; i < 5; ++i) {
      const std::clock_t began = std::clock();
      EXPECT_FALSE(metrics_text(&network, input()).empty());
      least = std::min(least, static_cast<double>(std::clock() - began) / CLOCKS_PER_SEC);
    }
    return least;
  };
  // For ten times the prefixes. With a search of all prefixes for each prefix, the scrape would
  // take a hundred times as long.
  EXPECT_LT(seconds_of(10'000), 30 * std::max(seconds_of(1'000), 1e-4));
}

TEST(Metrics, HoldTheWholeContract) {
  // Scripts, rules and dashboards elsewhere rely on these names with exactly these labels.
  const std::map<std::string_view, std::vector<std::string_view>> contract = {
      {"build_info", {"version", "revision", "dpdk"}},
      {"packets_total", {"prefix", "direction", "class"}},
      {"bytes_total", {"prefix", "direction", "class"}},
      {"sources_estimate", {"prefix"}},
      {"hosts_active", {"prefix"}},
      {"incidents_open", {"kind", "severity"}},
      {"incidents_total", {"kind", "vector"}},
      {"incidents_dropped_total", {"reason"}},
      {"incident_packets_per_second", {"target", "prefix", "vector", "direction"}},
      {"incident_bits_per_second", {"target", "prefix", "vector", "direction"}},
      {"scans_total", {}},
      {"detection_delay_seconds", {}},
      {"service_answer_ratio", {"prefix", "service"}},
      {"service_lost_requests_total", {"prefix", "service"}},
      {"incident_condition", {"target", "service", "condition"}},
      {"service_response_seconds", {"prefix", "service"}},
      {"port_receive_packets_total", {"port", "queue"}},
      {"port_receive_missed_total", {"port"}},
      {"port_receive_no_mbuf_total", {"port"}},
      {"port_transmit_packets_total", {"port"}},
      {"port_transmit_dropped_total", {"port"}},
      {"port_link_up", {"port"}},
      {"worker_busy_ratio", {"worker"}},
      {"worker_cycles_per_packet", {"worker"}},
      {"worker_shedding", {"worker", "step"}},
      {"flow_table_entries", {"worker"}},
      {"flow_evictions_total", {"worker"}},
      {"malformed_packets_total", {"reason"}},
      {"unopened_packets_total", {"layer"}},
      {"window_lag_seconds", {}},
      {"healthy", {}},
      {"config_last_reload_successful", {}},
      {"config_last_reload_success_timestamp_seconds", {}},
  };
  std::map<std::string_view, MetricInfo> table;
  for (const MetricInfo& row : metric_table()) table[row.name.substr(11)] = row;
  for (const auto& [metric, labels] : contract) {
    ASSERT_TRUE(table.contains(metric)) << metric;
    EXPECT_EQ(table[metric].labels, labels) << metric;
    const bool histogram =
        metric == "detection_delay_seconds" || metric == "service_response_seconds";
    EXPECT_EQ(table[metric].kind == MetricKind::histogram, histogram) << metric;
  }
}

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
      {R"(floodgauge_incident_bits_per_second{target="198.51.100.0/24",prefix="198.51.100.0/24",vector="reflection_ntp"})",
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
  EXPECT_EQ(
      series.at(
          R"(floodgauge_incidents_total{kind="flood",vector="reflection_port",direction="in"})"),
      5);
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
