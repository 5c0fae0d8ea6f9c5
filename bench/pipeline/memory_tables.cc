#include "bench/pipeline/memory_tables.h"

#include <sys/resource.h>

#include <cstdio>

#include "bench/pipeline/merge_cost.h"
#include "bench/pipeline/pipeline.h"
#include "engine/count/window_exchange.h"

namespace floodgauge::bench {
namespace {

double mebibytes(std::size_t bytes) {
  return static_cast<double>(bytes) / (1024.0 * 1024.0);
}

double peak_mebibytes() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<double>(usage.ru_maxrss) / 1024.0;
}

}  // namespace

Json memory() {
  const CounterSettings settings;
  const Counter counter(settings);
  const WindowExchange exchange({});
  // Of two windows, only one has all hosts, log entries and details in use at a time; both are
  // counted.
  WorkerWindow window({});
  const std::size_t details = window.details.bytes();
  const struct {
    const char* kind;
    std::size_t bytes;
  } kinds[] = {
      {"flows", counter.flows().memory_bytes()},
      {"index, timers, overflow", counter.memory_bytes() - counter.flows().memory_bytes()},
      {"hosts of two windows", 2 * window.hosts.bytes()},
      {"log of two windows", 2 * window.log.bytes()},
      {"details of two windows", 2 * details},
      {"all", counter.memory_bytes() + 2 * window.memory_bytes()},
  };
  std::printf("\n| memory of a worker at its defaults | MiB |\n|---|---|\n");
  Json rows = Json::object();
  for (const auto& [kind, bytes] : kinds) {
    rows[kind] = mebibytes(bytes);
    std::printf("| %-34s | %5.1f |\n", kind, mebibytes(bytes));
  }
  return rows;
}

/// Every packet is a new flow: memory must not grow with them.
Json constant_memory() {
  Pipeline pipeline({.mix = Mix::all_new, .flows = 1, .hosts = 65'536});
  std::printf("\n| packets, each a new flow | resident at most, MiB |\n|---|---|\n");
  Json rows = Json::array();
  std::uint64_t done = 0;
  for (const std::uint64_t packets : {4'000'000ull, 20'000'000ull, 100'000'000ull}) {
    for (; done < packets; done += PacketBlock::kPackets) pipeline.process_block();
    const double peak = peak_mebibytes();
    rows.push_back({{"packets", packets}, {"resident_mebibytes", peak}});
    std::printf("| %-24s | %5.0f |\n", grouped(static_cast<std::uint32_t>(packets)).c_str(), peak);
  }
  return rows;
}

/// Windows of 100 ms of four workers, each of 125,000 packets: SYNs to one of the hosts, or to all
/// of them.
Json merging() {
  std::printf("\n| merge of 4 workers | hosts | ms | %% of the window | detectors, ms | %% |\n");
  std::printf("|---|---|---|---|---|---|\n");
  Json rows = Json::array();
  const auto measure = [&](Mix mix, std::uint32_t hosts) {
    const MergeCost cost = merge_cost({.mix = mix, .flows = 100'000, .hosts = hosts}, 125'000, 4);
    rows.push_back({{"workers", 4},
                    {"mix", mix_name(mix)},
                    {"hosts", cost.hosts},
                    {"seconds", cost.seconds},
                    {"share_of_window", cost.share_of_window},
                    {"detect_seconds", cost.detect_seconds},
                    {"detect_share_of_window", cost.detect_share}});
    std::printf("| %s | %6s | %6.2f | %5.1f | %6.2f | %5.1f |\n", mix_name(mix).data(),
                grouped(hosts).c_str(), cost.seconds * 1e3, cost.share_of_window * 100,
                cost.detect_seconds * 1e3, cost.detect_share * 100);
  };
  measure(Mix::half_syn, 256);
  for (const std::uint32_t hosts : {256u, 4'096u, 65'536u}) measure(Mix::carpet_syn, hosts);
  return rows;
}

}  // namespace floodgauge::bench
