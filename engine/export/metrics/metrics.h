// Metrics about the network, from the latest snapshot. A scrape reads the snapshot and never
// touches a worker. What the control path counts is in control_metrics.h.
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/export/metrics/metric_table.h"
#include "engine/model/snapshot.h"

namespace floodgauge {

/// Returns the latest snapshot; null before the first window has closed.
using SnapshotSource = std::function<std::shared_ptr<const EngineSnapshot>()>;

struct BuildInfo {
  std::string version;
  std::string revision;
  std::string dpdk;
};

struct MetricsInput {
  BuildInfo build;
  std::size_t incident_cap = 100;  ///< export.top_hosts
};

/// Receives the samples of a scrape. The samples of a metric come together, metrics come in the
/// order of the table.
class MetricSink {
 public:
  MetricSink() = default;
  MetricSink(const MetricSink&) = delete;
  MetricSink& operator=(const MetricSink&) = delete;
  virtual ~MetricSink() = default;

  virtual void begin(const MetricInfo& metric) = 0;
  /// `values` are the values of the metric's labels, in the order of the table.
  virtual void sample(std::span<const std::string_view> values, double value) = 0;
  virtual void histogram(std::span<const std::string_view> values,
                         const SecondsHistogram& histogram) = 0;
};

/// Passes every sample of `snapshot` to `sink`. Without a snapshot only the build is passed.
void render_metrics(const EngineSnapshot* snapshot, const MetricsInput& input, MetricSink& sink);

/// The text exposition format 0.0.4 (https://prometheus.io/docs/instrumenting/exposition_formats/).
/// prometheus-cpp's serializer takes more than ten times as long for the same samples, which is too
/// slow for 10,000 prefixes.
std::string metrics_text(const EngineSnapshot* snapshot, const MetricsInput& input);
/// The same, written to `text` in place of its content. The memory of `text` is reused.
void write_metrics_text(const EngineSnapshot* snapshot, const MetricsInput& input,
                        std::string& text);

}  // namespace floodgauge
