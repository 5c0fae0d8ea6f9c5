// What the control path counts: which series exist, which one each call changes, and the text.
#include "engine/export/metrics/control_metrics.h"

#include <map>
#include <sstream>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "engine/export/metrics/metrics.h"
#include "tests/engine/export/sample.h"

namespace floodgauge {
namespace {

std::vector<std::string> lines_of(const std::string& text) {
  std::istringstream in(text);
  std::vector<std::string> lines;
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

std::string text_of(const ControlMetrics& metrics) {
  std::string text;
  metrics.append_text(text);
  return text;
}

/// Series to value.
std::map<std::string, double> series_of(const ControlMetrics& metrics) {
  std::map<std::string, double> series;
  for (const std::string& line : lines_of(text_of(metrics))) {
    if (line.starts_with("#")) continue;
    const std::size_t blank = line.rfind(' ');
    series[line.substr(0, blank)] = std::stod(line.substr(blank + 1));
  }
  return series;
}

/// The series that differ from those of a process that has counted nothing, without their prefix.
std::map<std::string, double> changed(const ControlMetrics& metrics) {
  const std::map<std::string, double> before = series_of(ControlMetrics());
  std::map<std::string, double> after;
  for (const auto& [series, value] : series_of(metrics)) {
    const auto old = before.find(series);
    if (old == before.end() || old->second != value) {
      after[series.substr(std::string("floodgauge_").size())] = value;
    }
  }
  return after;
}

using Values = std::map<std::string, double>;

TEST(ControlMetrics, EverySeriesExistsFromTheStartWithZero) {
  const auto series = series_of(ControlMetrics());
  for (const auto& [name, value] : series) EXPECT_EQ(value, 0) << name;
  for (const char* name :
       {R"(floodgauge_http_requests_total{path="/metrics",status="200"})",
        R"(floodgauge_http_requests_total{path="other",status="400"})",
        R"(floodgauge_events_total{event="opened",result="written"})",
        R"(floodgauge_events_total{event="closed",result="dropped"})",
        "floodgauge_events_written_total", "floodgauge_event_write_errors_total",
        R"(floodgauge_hook_runs_total{result="dropped"})",
        R"(floodgauge_config_reloads_total{result="failed"})",
        R"(floodgauge_baseline_saves_total{result="failed"})",
        R"(floodgauge_log_lines_total{level="warning"})",
        "floodgauge_detection_delay_seconds_count", "floodgauge_scrape_duration_seconds_count"}) {
    EXPECT_TRUE(series.contains(name)) << name;
  }
  EXPECT_LT(series.size(), 150u) << "every sensor has all of these series";
}

TEST(ControlMetrics, RequestsAreCountedByPathAndStatus) {
  ControlMetrics metrics;
  metrics.count_http_request("/metrics", 200);
  metrics.count_http_request("/metrics", 200);
  metrics.count_http_request("/metrics", 503);
  metrics.count_http_request("/api/v1/incidents/20261121T181207-198.51.100.43-flood", 200);
  metrics.count_http_request("/api/v1/incidents/", 404);
  EXPECT_EQ(changed(metrics),
            (Values{{R"(http_requests_total{path="/metrics",status="200"})", 2},
                    {R"(http_requests_total{path="/metrics",status="503"})", 1},
                    {R"(http_requests_total{path="/api/v1/incidents/ID",status="200"})", 1},
                    {R"(http_requests_total{path="/api/v1/incidents/ID",status="404"})", 1}}));
}

TEST(ControlMetrics, PathsThatClientsMakeUpAddNoSeries) {
  ControlMetrics metrics;
  const std::size_t before = series_of(metrics).size();
  for (int i = 0; i < 1000; ++i) metrics.count_http_request("/" + std::to_string(i), 404);
  metrics.count_http_request("", 400);
  metrics.count_http_request("/metrics\n\"", 404);
  EXPECT_EQ(series_of(metrics).size(), before);
  EXPECT_EQ(changed(metrics),
            (Values{{R"(http_requests_total{path="other",status="400"})", 1},
                    {R"(http_requests_total{path="other",status="404"})", 1001}}));
}

TEST(ControlMetrics, EventsAreCountedByTransitionAndInTheTwoSums) {
  ControlMetrics metrics;
  metrics.count_event(Transition::opened, EventResult::written);
  metrics.count_event(Transition::closed, EventResult::written);
  metrics.count_event(Transition::closed, EventResult::failed);
  metrics.count_event(Transition::updated, EventResult::dropped);
  EXPECT_EQ(changed(metrics), (Values{{R"(events_total{event="opened",result="written"})", 1},
                                      {R"(events_total{event="closed",result="written"})", 1},
                                      {R"(events_total{event="closed",result="failed"})", 1},
                                      {R"(events_total{event="updated",result="dropped"})", 1},
                                      {"events_written_total", 2},
                                      {"event_write_errors_total", 2}}));
}

TEST(ControlMetrics, EachResultHasItsSeries) {
  ControlMetrics metrics;
  metrics.count_hook_run(HookResult::succeeded);
  metrics.count_hook_run(HookResult::not_started);
  metrics.count_reload(true);
  metrics.count_reload(false);
  metrics.count_reload(false);
  metrics.count_baseline_save(BaselineSave::failed);
  metrics.count_log_line(LogLevel::info);
  metrics.count_log_line(LogLevel::error);
  EXPECT_EQ(changed(metrics), (Values{{R"(hook_runs_total{result="succeeded"})", 1},
                                      {R"(hook_runs_total{result="not_started"})", 1},
                                      {R"(config_reloads_total{result="succeeded"})", 1},
                                      {R"(config_reloads_total{result="failed"})", 2},
                                      {R"(baseline_saves_total{result="failed"})", 1},
                                      {R"(log_lines_total{level="info"})", 1},
                                      {R"(log_lines_total{level="error"})", 1}}));
}

TEST(ControlMetrics, DetectionDelayIsWrittenLikeTheHistogramsOfTheNetwork) {
  ControlMetrics metrics;
  metrics.observe_detection_delay(Nanoseconds{100'000'000});
  metrics.observe_detection_delay(Nanoseconds{300'000'000});
  metrics.observe_detection_delay(Nanoseconds{7'000'000'000});
  const std::string text = text_of(metrics);
  const std::size_t begin = text.find("# HELP floodgauge_detection_delay_seconds ");
  const std::size_t end = text.find("# HELP ", begin + 1);
  EXPECT_EQ(text.substr(begin, end - begin),
            R"(# HELP floodgauge_detection_delay_seconds )"
            R"(Time from a flood's first packet to its incident being opened.
# TYPE floodgauge_detection_delay_seconds histogram
floodgauge_detection_delay_seconds_count 3
floodgauge_detection_delay_seconds_sum 7.4
floodgauge_detection_delay_seconds_bucket{le="0.0005"} 0
floodgauge_detection_delay_seconds_bucket{le="0.001"} 0
floodgauge_detection_delay_seconds_bucket{le="0.0025"} 0
floodgauge_detection_delay_seconds_bucket{le="0.005"} 0
floodgauge_detection_delay_seconds_bucket{le="0.01"} 0
floodgauge_detection_delay_seconds_bucket{le="0.025"} 0
floodgauge_detection_delay_seconds_bucket{le="0.05"} 0
floodgauge_detection_delay_seconds_bucket{le="0.1"} 1
floodgauge_detection_delay_seconds_bucket{le="0.25"} 1
floodgauge_detection_delay_seconds_bucket{le="0.5"} 2
floodgauge_detection_delay_seconds_bucket{le="1"} 2
floodgauge_detection_delay_seconds_bucket{le="2.5"} 2
floodgauge_detection_delay_seconds_bucket{le="+Inf"} 3
)");
}

TEST(ControlMetrics, AScrapeHasEachFamilyOnce) {
  const EngineSnapshot snapshot = sample::link();
  std::string text = metrics_text(&snapshot, {{"0.1.0", "abc", "DPDK 22.11"}});
  text += text_of(ControlMetrics());
  std::map<std::string, int> families;
  for (const std::string& line : lines_of(text)) {
    if (line.starts_with("# TYPE ")) ++families[line];
  }
  for (const auto& [family, times] : families) EXPECT_EQ(times, 1) << family;
  EXPECT_TRUE(text.ends_with("\n"));
}

TEST(ControlMetrics, TwoScrapesWithNothingBetweenAreEqual) {
  ControlMetrics metrics;
  metrics.count_http_request("/", 200);
  EXPECT_EQ(text_of(metrics), text_of(metrics));
  ControlMetrics other;
  other.count_http_request("/", 200);
  EXPECT_EQ(text_of(metrics), text_of(other)) << "the order of series is fixed";
}

TEST(ControlMetrics, CountFromSeveralThreads) {
  constexpr int kTimes = 10'000;
  ControlMetrics metrics;
  const auto work = [&] {
    for (int i = 0; i < kTimes; ++i) {
      metrics.count_log_line(LogLevel::warning);
      metrics.observe_scrape(0.02);
    }
  };
  std::thread other(work);
  work();
  other.join();
  const auto series = series_of(metrics);
  EXPECT_EQ(series.at(R"(floodgauge_log_lines_total{level="warning"})"), 2 * kTimes);
  EXPECT_EQ(series.at("floodgauge_scrape_duration_seconds_count"), 2 * kTimes);
}

}  // namespace
}  // namespace floodgauge
