#include "engine/export/metrics/control_metrics.h"

#include <algorithm>
#include <initializer_list>
#include <vector>

#include <prometheus/text_serializer.h>

#include "engine/export/metrics/metric_table.h"
#include "engine/model/snapshot.h"

namespace floodgauge {
namespace {

using prometheus::BuildCounter;
using prometheus::BuildHistogram;
using prometheus::Counter;
using prometheus::Family;
using prometheus::Histogram;
using prometheus::Registry;

constexpr std::array kTransitions = {Transition::opened, Transition::updated, Transition::escalated,
                                     Transition::closed, Transition::rules};

/// Upper bounds of the buckets in seconds. A scrape of 10,000 prefixes takes about 0.05 s.
constexpr std::array<double, 11> kScrapeBuckets = {0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025,
                                                   0.05,   0.1,   0.25,   0.5,   1.0};

constexpr std::string_view kIncidents = "/api/v1/incidents/";
constexpr std::string_view kOneIncident = "/api/v1/incidents/ID";
constexpr std::string_view kPage = "/";
constexpr std::string_view kOther = "other";

/// A value of the label `path`, and the statuses with which requests for it are answered.
struct HttpPath {
  std::string_view path;
  std::initializer_list<int> statuses;
};
const std::array<HttpPath, 18> kHttpPaths = {{
    {kPage, {200, 401, 405, 500}},
    {"/metrics", {200, 401, 405, 500, 503}},
    {"/-/healthy", {200, 405, 500, 503}},
    {"/-/ready", {200, 405, 500, 503}},
    {"/-/reload", {200, 401, 403, 405, 500}},
    {"/api/v1/incidents", {200, 400, 401, 405, 500, 503}},
    {kOneIncident, {200, 401, 404, 405, 500, 503}},
    {"/api/v1/rates", {200, 400, 404}},
    {"/api/v1/explain", {200, 400, 404, 503}},
    {"/api/v1/scans", {200}},
    {"/api/v1/stories", {200}},
    {"/api/v1/link", {200}},
    {"/api/v1/events", {200, 503}},
    {"/api/v1/prefixes", {200, 400, 401, 405, 500, 503}},
    {"/api/v1/hosts", {200, 400, 401, 405, 500, 503}},
    {"/api/v1/announced", {200, 400, 403}},
    {"/api/v1/status", {200, 401, 405, 500, 503}},
    {kOther, {400, 401, 404, 405, 431, 500, 503, 505}},
}};

/// What the page consists of counts as the page. `page` is to the right of this layer.
bool is_of_page(std::string_view path) {
  constexpr auto kFiles = std::to_array<std::string_view>(
      {"/page.css", "/icon.svg", "/chart.js", "/text.js", "/charts.js", "/views.js", "/sensor.js",
       "/explain.js", "/page.js"});
  return std::find(kFiles.begin(), kFiles.end(), path) != kFiles.end();
}

std::string_view path_label(std::string_view path) {
  if (is_of_page(path)) return kPage;
  if (path.starts_with(kIncidents)) return kOneIncident;
  const bool known = std::any_of(kHttpPaths.begin(), kHttpPaths.end(),
                                 [&](const HttpPath& row) { return row.path == path; });
  return known ? path : kOther;
}

prometheus::Labels http_labels(std::string_view path, int status) {
  return {{"path", std::string(path)}, {"status", std::to_string(status)}};
}

Family<Counter>& counter_family(Registry& registry, Metric metric) {
  const MetricInfo& row = info(metric);
  return BuildCounter().Name(std::string(row.name)).Help(std::string(row.help)).Register(registry);
}

Histogram& histogram(Registry& registry, Metric metric,
                     const Histogram::BucketBoundaries& buckets) {
  const MetricInfo& row = info(metric);
  Family<Histogram>& family =
      BuildHistogram().Name(std::string(row.name)).Help(std::string(row.help)).Register(registry);
  return family.Add({}, buckets);
}

/// A counter for each of the `values` of the metric's only label.
template <std::size_t kValues>
std::array<Counter*, kValues> counters(Registry& registry, Metric metric,
                                       const std::array<const char*, kValues>& values) {
  Family<Counter>& family = counter_family(registry, metric);
  const std::string label(info(metric).labels.front());
  std::array<Counter*, kValues> made;
  for (std::size_t i = 0; i < kValues; ++i) made[i] = &family.Add({{label, values[i]}});
  return made;
}

Family<Counter>& http_request_counters(Registry& registry) {
  Family<Counter>& family = counter_family(registry, Metric::http_requests);
  for (const HttpPath& row : kHttpPaths) {
    for (const int status : row.statuses) family.Add(http_labels(row.path, status));
  }
  return family;
}

std::array<std::array<Counter*, kEventResultNames.size()>, kTransitions.size()> event_counters(
    Registry& registry) {
  Family<Counter>& family = counter_family(registry, Metric::events);
  std::array<std::array<Counter*, kEventResultNames.size()>, kTransitions.size()> made;
  for (const Transition transition : kTransitions) {
    for (std::size_t result = 0; result < kEventResultNames.size(); ++result) {
      made[static_cast<std::size_t>(transition)][result] =
          &family.Add({{"event", name(transition)}, {"result", kEventResultNames[result]}});
    }
  }
  return made;
}

/// The counter of a metric without labels.
Counter& counter(Registry& registry, Metric metric) {
  return counter_family(registry, metric).Add({});
}

}  // namespace

ControlMetrics::ControlMetrics()
    : http_requests_(http_request_counters(registry_)),
      http_connections_replaced_(counter(registry_, Metric::http_connections_replaced)),
      events_(event_counters(registry_)),
      events_written_(counter(registry_, Metric::events_written)),
      event_write_errors_(counter(registry_, Metric::event_write_errors)),
      hook_runs_(counters(registry_, Metric::hook_runs, kHookResultNames)),
      reloads_(counters(registry_, Metric::config_reloads,
                        std::array<const char*, 2>{"failed", "succeeded"})),
      baseline_saves_(counters(registry_, Metric::baseline_saves, kBaselineSaveNames)),
      history_writes_(counters(registry_, Metric::history_writes, kHistoryResultNames)),
      evidence_(counters(registry_, Metric::evidence, kEvidenceResultNames)),
      log_lines_(counters(registry_, Metric::log_lines, kLogLevelNames)),
      detection_delay_(histogram(registry_, Metric::detection_delay_seconds,
                                 {kSecondsBuckets.begin(), kSecondsBuckets.end()})),
      scrape_duration_(histogram(registry_, Metric::scrape_duration_seconds,
                                 {kScrapeBuckets.begin(), kScrapeBuckets.end()})) {}

void ControlMetrics::count_http_request(std::string_view path, int status) {
  // Add() returns the counter that exists. It makes one only for a status that is missing in
  // kHttpPaths; statuses are chosen by the server, so that their number is bounded.
  http_requests_.Add(http_labels(path_label(path), status)).Increment();
}

void ControlMetrics::count_replaced_connection() {
  http_connections_replaced_.Increment();
}

void ControlMetrics::observe_scrape(double seconds) {
  scrape_duration_.Observe(seconds);
}

void ControlMetrics::count_event(Transition transition, EventResult result) {
  events_[static_cast<std::size_t>(transition)][static_cast<std::size_t>(result)]->Increment();
  (result == EventResult::written ? events_written_ : event_write_errors_).Increment();
}

void ControlMetrics::count_hook_run(HookResult result) {
  hook_runs_[static_cast<std::size_t>(result)]->Increment();
}

void ControlMetrics::count_reload(bool succeeded) {
  reloads_[succeeded ? 1 : 0]->Increment();
}

void ControlMetrics::count_baseline_save(BaselineSave result) {
  baseline_saves_[static_cast<std::size_t>(result)]->Increment();
}

void ControlMetrics::count_history_write(HistoryResult result) {
  history_writes_[static_cast<std::size_t>(result)]->Increment();
}

void ControlMetrics::count_evidence(EvidenceResult result) {
  evidence_[static_cast<std::size_t>(result)]->Increment();
}

void ControlMetrics::count_log_line(LogLevel level) {
  log_lines_[static_cast<std::size_t>(level)]->Increment();
}

void ControlMetrics::observe_detection_delay(Nanoseconds delay) {
  detection_delay_.Observe(delay.seconds());
}

void ControlMetrics::append_text(std::string& text) const {
  std::vector<prometheus::MetricFamily> families = registry_.Collect();
  for (prometheus::MetricFamily& family : families) {
    std::sort(family.metric.begin(), family.metric.end(),
              [](const auto& a, const auto& b) { return a.label < b.label; });
  }
  text += prometheus::TextSerializer().Serialize(families);
}

}  // namespace floodgauge
