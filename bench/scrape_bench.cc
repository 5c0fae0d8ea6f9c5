// A scrape of a large network: 10,000 protected prefixes and 100 open incidents. The project's
// limit is 100 ms; beside our own writer, prometheus-cpp's for comparison.
#include <benchmark/benchmark.h>
#include <prometheus/text_serializer.h>

#include "engine/export/metrics.h"

namespace floodgauge {
namespace {

constexpr std::uint32_t kPrefixes = 10'000;
constexpr std::uint32_t kIncidents = 100;
/// Classes that an ordinary prefix has seen: TCP, its SYN and RST, UDP both ways, DNS and ICMP.
constexpr std::size_t kClassesSeen = 7;

PrefixSnapshot busy_prefix(std::uint32_t number) {
  PrefixSnapshot prefix;
  prefix.prefix = IpPrefix::around(IpAddress::from_v4(0x0a000000u + (number << 8)), 24);
  prefix.name = "customer-" + std::to_string(number);
  for (std::size_t i = 0; i < kClassesSeen; ++i) {
    prefix.in[i] = {123'456'789ull + number, 98'765'432'100ull + number};
    prefix.out[i] = prefix.in[i];
  }
  prefix.sources_estimate = number;
  prefix.hosts_active = number % 256;
  prefix.new_flows_per_second = 1234.5;
  prefix.syn_per_second = 120.5;
  prefix.handshakes_done_ratio = 0.987;
  return prefix;
}

std::shared_ptr<const EngineSnapshot> large_network() {
  auto snapshot = std::make_shared<EngineSnapshot>();
  for (std::uint32_t i = 0; i < kPrefixes; ++i) snapshot->prefixes.push_back(busy_prefix(i));
  for (std::uint32_t i = 0; i < kIncidents; ++i) {
    Incident incident;
    incident.id = std::to_string(i);
    incident.prefix = snapshot->prefixes[i].prefix;
    incident.target = IpPrefix::host(incident.prefix.address);
    incident.vectors = {{"tcp_syn", 0.6}, {"udp", 0.3}, {"icmp", 0.1}};
    incident.current_pps = 123'456.7;
    incident.current_bps = 9.87e9;
    snapshot->incidents.push_back(std::make_shared<const Incident>(incident));
  }
  snapshot->workers.resize(8);
  return snapshot;
}

const MetricsInput& input() {
  static const MetricsInput value{{"0", "0", "0"}, kIncidents, {}};
  return value;
}

void scrape(benchmark::State& state) {
  const auto snapshot = large_network();
  std::size_t bytes = 0;
  for (auto _ : state) {
    const std::string text = metrics_text(snapshot.get(), input());
    bytes = text.size();
    benchmark::DoNotOptimize(text.data());
  }
  state.counters["bytes"] = static_cast<double>(bytes);
}
BENCHMARK(scrape)->Unit(benchmark::kMillisecond);

void scrape_by_prometheus_cpp(benchmark::State& state) {
  const auto snapshot = large_network();
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
