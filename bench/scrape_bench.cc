// A scrape of a large network: 10,000 protected prefixes and 100 open incidents. The project's
// limit is 100 ms; beside our own writer, prometheus-cpp's for comparison.
#include <benchmark/benchmark.h>
#include <prometheus/text_serializer.h>

#include "bench/large_network.h"
#include "engine/export/metrics/metrics.h"

namespace floodgauge {
namespace {

const MetricsInput& input() {
  static const MetricsInput value{{"0", "0", "0"}, large_network::kIncidents, {}};
  return value;
}

void scrape(benchmark::State& state) {
  const EngineSnapshot snapshot = large_network::snapshot();
  std::string text;  // its memory serves again, as that of WebApi's answers does
  for (auto _ : state) {
    write_metrics_text(&snapshot, input(), text);
    benchmark::DoNotOptimize(text.data());
  }
  state.counters["bytes"] = static_cast<double>(text.size());
}
BENCHMARK(scrape)->Unit(benchmark::kMillisecond);

/// In memory that has to be found: the first of all.
void first_scrape(benchmark::State& state) {
  const EngineSnapshot snapshot = large_network::snapshot();
  for (auto _ : state) {
    const std::string text = metrics_text(&snapshot, input());
    benchmark::DoNotOptimize(text.data());
  }
}
BENCHMARK(first_scrape)->Unit(benchmark::kMillisecond);

/// What comes on top where a command tells the lag as of the scrape: the snapshot, copied.
void copy_of_the_snapshot(benchmark::State& state) {
  const EngineSnapshot snapshot = large_network::snapshot();
  for (auto _ : state) {
    const auto copy = std::make_shared<EngineSnapshot>(snapshot);
    benchmark::DoNotOptimize(copy->prefixes.data());
  }
}
BENCHMARK(copy_of_the_snapshot)->Unit(benchmark::kMillisecond);

void scrape_by_prometheus_cpp(benchmark::State& state) {
  const auto snapshot = std::make_shared<const EngineSnapshot>(large_network::snapshot());
  const SnapshotCollectable collectable([&] { return snapshot; }, input());
  for (auto _ : state) {
    const std::string text = prometheus::TextSerializer().Serialize(collectable.Collect());
    benchmark::DoNotOptimize(text.data());
  }
}
BENCHMARK(scrape_by_prometheus_cpp)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace floodgauge

BENCHMARK_MAIN();
