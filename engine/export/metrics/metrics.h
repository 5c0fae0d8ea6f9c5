// The latest snapshot as Prometheus metrics, for all that is about the network. A scrape reads the
// snapshot and never touches a worker. What the control path counts is in control_metrics.h.
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

/// Where exporters find the latest snapshot; null before the first window has closed.
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

/// Takes the samples of a scrape, a metric's all together and in the order of the table.
class MetricSink {
 public:
  MetricSink() = default;
  MetricSink(const MetricSink&) = delete;
  MetricSink& operator=(const MetricSink&) = delete;
  virtual ~MetricSink() = default;

  virtual void begin(const MetricInfo& metric) = 0;
  /// `values` are those of the metric's labels.
  virtual void sample(std::span<const std::string_view> values, double value) = 0;
  virtual void histogram(std::span<const std::string_view> values,
                         const SecondsHistogram& histogram) = 0;
};

/// Hands every sample of `snapshot` to `sink`; without a snapshot only what is known without one.
void render_metrics(const EngineSnapshot* snapshot, const MetricsInput& input, MetricSink& sink);

/// The exposition format 0.0.4 of
/// https://prometheus.io/docs/instrumenting/exposition_formats/. Several times as fast as families
/// through prometheus-cpp's serializer, which the scrape of 10,000 prefixes needs
/// (bench/scrape_bench.cc).
std::string metrics_text(const EngineSnapshot* snapshot, const MetricsInput& input);
/// The same in place of what is in `text`, in whose memory it is written as far as that goes.
void write_metrics_text(const EngineSnapshot* snapshot, const MetricsInput& input,
                        std::string& text);

}  // namespace floodgauge
