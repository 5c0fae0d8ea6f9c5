// A scrape of a large network: 10,000 protected prefixes and 100 open incidents. The project's
// limit is 100 ms. What the control path counts is a fixed part of each scrape, and timed alone
// too.
#include <benchmark/benchmark.h>

#include "bench/large_network.h"
#include "engine/export/metrics/control_metrics.h"
#include "engine/export/metrics/metrics.h"

namespace floodgauge {
namespace {

const MetricsInput& input() {
  static const MetricsInput value{{"0", "0", "0"}, large_network::kIncidents};
  return value;
}

void scrape(benchmark::State& state) {
  const EngineSnapshot snapshot = large_network::snapshot();
  const ControlMetrics control;
  std::string text;  // its memory is used again, as that of WebApi's answers is
  for (auto _ : state) {
    write_metrics_text(&snapshot, input(), text);
    control.append_text(text);
    benchmark::DoNotOptimize(text.data());
  }
  state.counters["bytes"] = static_cast<double>(text.size());
}
BENCHMARK(scrape)->Unit(benchmark::kMillisecond);

/// The first scrape of a process: its memory has to be allocated.
void first_scrape(benchmark::State& state) {
  const EngineSnapshot snapshot = large_network::snapshot();
  const ControlMetrics control;
  for (auto _ : state) {
    std::string text = metrics_text(&snapshot, input());
    control.append_text(text);
    benchmark::DoNotOptimize(text.data());
  }
}
BENCHMARK(first_scrape)->Unit(benchmark::kMillisecond);

/// The copy of the snapshot that each scrape makes to hold the lag at that time.
void copy_of_the_snapshot(benchmark::State& state) {
  const EngineSnapshot snapshot = large_network::snapshot();
  for (auto _ : state) {
    const auto copy = std::make_shared<EngineSnapshot>(snapshot);
    benchmark::DoNotOptimize(copy->prefixes.data());
  }
}
BENCHMARK(copy_of_the_snapshot)->Unit(benchmark::kMillisecond);

/// The part of a scrape that prometheus-cpp writes.
void control_metrics(benchmark::State& state) {
  const ControlMetrics control;
  std::string text;
  for (auto _ : state) {
    text.clear();
    control.append_text(text);
    benchmark::DoNotOptimize(text.data());
  }
  state.counters["bytes"] = static_cast<double>(text.size());
}
BENCHMARK(control_metrics)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace floodgauge

BENCHMARK_MAIN();
