// The table of the metrics: a scrape holds each of them and nothing else, the page lists them, and
// the whole contract is there. What a scrape of a large network costs.
#include "engine/export/metrics/metric_table.h"

#include <cstdlib>
#include <ctime>
#include <fstream>
#include <map>
#include <set>

#include <gtest/gtest.h>

#include "bench/large_network.h"
#include "tests/engine/export/metrics/scrape.h"
#include "tests/engine/export/sample.h"

namespace floodgauge {
namespace {

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

/// A link whose scrape has series of every metric: it has an impact too, which is open, and a route
/// that was announced.
EngineSnapshot link_with_impact() {
  EngineSnapshot snapshot = sample::link();
  Incident impact;
  impact.id = "impact";
  impact.kind = IncidentKind::impact;
  impact.target = sample::prefix("198.51.100.43/32");
  impact.prefix = sample::prefix("198.51.100.0/24");
  impact.impact.emplace();
  impact.impact->service = "https";
  impact.impact->now = impact.impact->condition = Condition::silent;
  snapshot.incidents.push_back(std::make_shared<const Incident>(impact));
  snapshot.announced.standing = {{"exabgp", 1}};
  AnnouncedRule rule;
  rule.target = "198.51.100.43/32";
  rule.rule = "protocol =6";
  rule.remaining_ratio = 0.5;
  snapshot.announced.rules = {rule};
  return snapshot;
}

TEST(Metrics, HoldEveryMetricOfTheTable) {
  const EngineSnapshot snapshot = link_with_impact();
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
  const EngineSnapshot snapshot = link_with_impact();
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

TEST(Metrics, AnnouncedRulesAreCappedAndToldOnce) {
  EngineSnapshot snapshot = sample::link();
  AnnouncedRule rule;
  rule.rule = "protocol =17";
  for (int n = 0; n < 5; ++n) {
    rule.target = "198.51.100." + std::to_string(n) + "/32";
    rule.before_pps = 1000.0 * n;
    rule.remaining_ratio = 0.5;
    snapshot.announced.rules.insert(snapshot.announced.rules.end(), 2, rule);
  }
  const auto lines = [&](std::size_t cap) {
    const std::string text = metrics_text(&snapshot, MetricsInput{{"0", "0", "0"}, cap});
    std::size_t found = 0;
    for (std::size_t at = 0;
         (at = text.find("\nfloodgauge_rule_remaining_ratio{", at)) != std::string::npos; ++at) {
      ++found;
    }
    return found;
  };
  EXPECT_EQ(lines(100), 5u) << "two speakers with the same rule are told once";
  EXPECT_EQ(lines(4), 2u) << "the two busiest of four, each twice";
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
      {"announced_rules", {"speaker"}},
      {"announcements_total", {"result"}},
      {"rule_remaining_ratio", {"target", "rule"}},
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
      {"duplicate_packets_total", {}},
      {"clock_steps_total", {}},
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

}  // namespace
}  // namespace floodgauge
