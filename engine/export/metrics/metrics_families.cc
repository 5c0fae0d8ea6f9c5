// The snapshot as prometheus-cpp's metric families.
#include <limits>

#include "engine/base/utf8.h"
#include "engine/export/metrics/metrics.h"

namespace floodgauge {
namespace {

prometheus::MetricType type_of(MetricKind kind) {
  switch (kind) {
    case MetricKind::counter:
      return prometheus::MetricType::Counter;
    case MetricKind::gauge:
      return prometheus::MetricType::Gauge;
    case MetricKind::histogram:
      return prometheus::MetricType::Histogram;
  }
  return prometheus::MetricType::Untyped;
}

class FamilySink : public MetricSink {
 public:
  void begin(const MetricInfo& metric) override {
    metric_ = &metric;
    prometheus::MetricFamily family;
    family.name = metric.name;
    family.help = metric.help;
    family.type = type_of(metric.kind);
    families_.push_back(std::move(family));
  }

  void sample(std::span<const std::string_view> values, double value) override {
    prometheus::ClientMetric& metric = add(values);
    if (metric_->kind == MetricKind::counter) {
      metric.counter.value = value;
    } else {
      metric.gauge.value = value;
    }
  }

  void histogram(std::span<const std::string_view> values, const SecondsHistogram& data) override {
    prometheus::ClientMetric::Histogram& histogram = add(values).histogram;
    for (std::size_t i = 0; i < data.counts.size(); ++i) {
      histogram.sample_count += data.counts[i];
      const bool last = i == kSecondsBuckets.size();
      histogram.bucket.push_back(
          {histogram.sample_count,
           last ? std::numeric_limits<double>::infinity() : kSecondsBuckets[i]});
    }
    histogram.sample_sum = data.sum;
  }

  std::vector<prometheus::MetricFamily> take() { return std::move(families_); }

 private:
  prometheus::ClientMetric& add(std::span<const std::string_view> values) {
    prometheus::ClientMetric metric;
    for (std::size_t i = 0; i < values.size(); ++i) {
      metric.label.push_back({std::string(metric_->labels[i]), valid_utf8(values[i])});
    }
    return families_.back().metric.emplace_back(std::move(metric));
  }

  std::vector<prometheus::MetricFamily> families_;
  const MetricInfo* metric_ = nullptr;
};

}  // namespace

SnapshotCollectable::SnapshotCollectable(SnapshotSource latest, MetricsInput input)
    : latest_(std::move(latest)), input_(std::move(input)) {}

std::vector<prometheus::MetricFamily> SnapshotCollectable::Collect() const {
  const std::shared_ptr<const EngineSnapshot> snapshot = latest_();
  FamilySink sink;
  render_metrics(snapshot.get(), input_, sink);
  return sink.take();
}

}  // namespace floodgauge
