// Cycles a packet: each stage, the whole worker, and how both grow with flows, hosts and prefixes.
// Prints tables, and the same as JSON into a file. The machine may be noisy: of several runs the
// least counts, of rounds by turns the median of their ratios, and ratios say more than cycles.
#include <sys/resource.h>

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <limits>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <thread>
#include <vector>

#include "bench/large_network.h"
#include "bench/pipeline/cpu_clock.h"
#include "bench/pipeline/merge_cost.h"
#include "bench/pipeline/pipeline.h"
#include "engine/count/window_exchange.h"
#include "engine/export/metrics/metrics.h"

namespace floodgauge::bench {
namespace {

using Json = nlohmann::ordered_json;

struct Options {
  std::uint64_t packets = 2'000'000;
  unsigned runs = 3;
  bool growth = true;
  bool merge_only = false;
  bool sizes_only = false;
  bool turns_only = false;
  std::uint32_t most_flows = 10'000'000;
  std::string mix;          ///< nothing but this one; empty: everything
  std::uint32_t flows = 0;  ///< of this one; 0: as the table says
  std::uint32_t hosts = 0;
  std::uint32_t prefixes = 0;
  std::string json;
};

std::string grouped(std::uint32_t n) {
  if (n >= 1'000'000 && n % 1'000'000 == 0) return std::to_string(n / 1'000'000) + " M";
  if (n >= 1'000 && n % 1'000 == 0) return std::to_string(n / 1'000) + " k";
  return std::to_string(n);
}

StageCycles least_of_stages(const Shape& shape, const Options& options) {
  Pipeline pipeline(shape);
  pipeline.warm_up();
  StageCycles least;
  least.stage.fill(std::numeric_limits<double>::max());
  for (unsigned run = 0; run < options.runs; ++run) {
    const StageCycles cycles = pipeline.time_stages(options.packets);
    for (std::size_t s = 0; s < kStages; ++s) {
      least.stage[s] = std::min(least.stage[s], cycles.stage[s]);
    }
  }
  return least;
}

Json measure(const Shape& shape, const Options& options) {
  const StageCycles stages = least_of_stages(shape, options);
  const double whole = whole_cycles(shape, options.packets, options.runs);
  const double receive = receive_cycles(shape, options.packets, options.runs);
  Json row{{"mix", mix_name(shape.mix)},
           {"flows", shape.flows},
           {"hosts", shape.hosts},
           {"prefixes", shape.prefixes}};
  std::printf("| %-10s | %6s | %6s | %6s |", std::string(mix_name(shape.mix)).c_str(),
              grouped(shape.flows).c_str(), grouped(shape.hosts).c_str(),
              grouped(shape.prefixes).c_str());
  for (std::size_t s = 0; s < kStages; ++s) {
    row["stages"][std::string(stage_name(static_cast<Stage>(s)))] = stages.stage[s];
    std::printf(" %8.0f |", stages.stage[s]);
  }
  row["whole"] = whole;
  row["packets_per_second"] = tsc_rate() / whole;
  row["receive_only"] = receive;
  row["receive_only_to_whole"] = receive / whole;
  std::printf(" %5.0f | %7.0f |\n", whole, receive);
  std::fflush(stdout);
  return row;
}

void print_head() {
  std::printf("\n| %-10s | %6s | %6s | %6s |", "mix", "flows", "hosts", "prefs");
  for (std::size_t s = 0; s < kStages; ++s) {
    std::printf(" %8s |", std::string(stage_name(static_cast<Stage>(s))).c_str());
  }
  std::printf(" whole | rx only |\n|---|---|---|---|---|---|---|---|---|---|---|---|---|\n");
}

Json mixes(const Options& options) {
  const Shape shapes[] = {
      {.mix = Mix::ordinary, .flows = 50'000, .hosts = 256},
      {.mix = Mix::half_syn, .flows = 1'000'000, .hosts = 65'536},
      {.mix = Mix::carpet_syn, .flows = 1'000'000, .hosts = 65'536},
      {.mix = Mix::reflection, .flows = 50'000, .hosts = 256},
      {.mix = Mix::imix, .flows = 50'000, .hosts = 256},
      {.mix = Mix::all_new, .flows = 1, .hosts = 65'536},
  };
  print_head();
  Json rows = Json::array();
  for (Shape shape : shapes) {
    if (!options.mix.empty() && options.mix != mix_name(shape.mix)) continue;
    if (options.flows != 0) shape.flows = options.flows;
    if (options.hosts != 0) shape.hosts = options.hosts;
    if (options.prefixes != 0) shape.prefixes = options.prefixes;
    rows.push_back(measure(shape, options));
  }
  return rows;
}

Json growth(const Options& options) {
  print_head();
  Json rows = Json::array();
  for (std::uint32_t flows = 1'000; flows <= options.most_flows; flows *= 10) {
    rows.push_back(measure({.flows = flows}, options));
  }
  for (const std::uint32_t hosts : {1u, 256u, 4'096u, 65'536u, 262'144u, 1'000'000u}) {
    rows.push_back(measure({.flows = 1'000'000, .hosts = hosts}, options));
  }
  for (const std::uint32_t prefixes : {10u, 1'000u, 100'000u}) {
    rows.push_back(measure({.flows = 1'000'000, .hosts = 65'536, .prefixes = prefixes}, options));
  }
  return rows;
}

/// Of what is measured by turns.
constexpr unsigned kRounds = 7;

double median(std::vector<double> values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

/// Two measurements of cycles by turns, so that what the machine does to both of a round's figures
/// is not in their ratio: a row.
template <class More, class Less>
Json by_turns(const std::string& what, More&& more, Less&& less) {
  std::vector<double> less_cycles, more_cycles, ratios;
  for (unsigned round = 0; round < kRounds; ++round) {
    less_cycles.push_back(less());
    more_cycles.push_back(more());
    ratios.push_back(more_cycles.back() / less_cycles.back());
  }
  std::printf("| %-28s | %5.0f | %5.0f | %4.2f |\n", what.c_str(), median(more_cycles),
              median(less_cycles), median(ratios));
  std::fflush(stdout);
  return {{"what", what},
          {"cycles", median(more_cycles)},
          {"of_cycles", median(less_cycles)},
          {"ratio", median(ratios)}};
}

/// The ends of a growth table beside each other.
Json growth_between(const std::string& what, const Shape& more, const Shape& less,
                    const Options& options) {
  WholeWorker more_of_it(more);
  WholeWorker less_of_it(less);
  const std::uint64_t packets = options.packets / 2;
  return by_turns(
      what, [&] { return more_of_it.cycles(packets); }, [&] { return less_of_it.cycles(packets); });
}

/// What scrapes of 10,000 prefixes and 100 incidents cost a worker when another core answers one
/// after the other, where in operation there is one in so many seconds; of a worker left alone.
Json scraped(const Options& options) {
  WholeWorker worker({.flows = 1'000'000, .hosts = 65'536});
  const EngineSnapshot snapshot = large_network::snapshot();
  const MetricsInput input{{"0", "0", "0"}, large_network::kIncidents};
  const std::uint64_t packets = options.packets / 2;
  const auto while_scraped = [&] {
    std::atomic<unsigned> scrapes{0};
    std::atomic<bool> stop{false};
    std::thread scraper([&] {
      for (std::string text; !stop; ++scrapes) write_metrics_text(&snapshot, input, text);
    });
    while (scrapes == 0) std::this_thread::yield();
    const double cycles = worker.cycles(packets);
    stop = true;
    scraper.join();
    return cycles;
  };
  return by_turns("scraped without a pause", while_scraped, [&] { return worker.cycles(packets); });
}

Json turns(const Options& options) {
  std::printf("\n| ordinary, by turns | cycles | of cycles | ratio |\n|---|---|---|---|\n");
  const Shape many{.flows = 1'000'000, .hosts = 65'536};
  Json rows = Json::array();
  rows.push_back(growth_between(grouped(options.most_flows) + " known flows of 10 k",
                                {.flows = options.most_flows}, {.flows = 10'000}, options));
  rows.push_back(growth_between("65536 hosts of 256", many, {.flows = 1'000'000}, options));
  rows.push_back(growth_between(
      "100 k prefixes of 10", {.flows = many.flows, .hosts = many.hosts, .prefixes = 100'000},
      {.flows = many.flows, .hosts = many.hosts, .prefixes = 10}, options));
  rows.push_back(scraped(options));
  return rows;
}

/// Ordinary traffic in frames of several sizes, by turns, and how full a cable it takes: each frame
/// with its check sequence, preamble and gap (24 bytes, IEEE 802.3).
Json sizes(const Options& options) {
  const struct {
    const char* name;
    Sizes sizes;
  } rows[] = {{"64", Sizes::smallest}, {"IMIX", Sizes::imix}, {"1500", Sizes::largest}};
  std::printf(
      "\n| ordinary, bytes a frame | cycles | Mpps | Gbit/s of the line |\n|---|---|---|---|\n");
  std::vector<std::unique_ptr<WholeWorker>> workers;
  for (const auto& row : rows) {
    workers.push_back(std::make_unique<WholeWorker>(Shape{.sizes = row.sizes}));
  }
  std::vector<double> least(workers.size(), std::numeric_limits<double>::max());
  for (unsigned round = 0; round < kRounds; ++round) {
    for (std::size_t i = 0; i < workers.size(); ++i) {
      least[i] = std::min(least[i], workers[i]->cycles(options.packets / 2));
    }
  }
  Json all = Json::array();
  for (const auto& row : rows) {
    const double cycles = least[static_cast<std::size_t>(&row - rows)];
    const double rate = tsc_rate() / cycles;
    const double line = rate * (mean_frame_bytes(row.sizes) + 24) * 8;
    all.push_back({{"frame", row.name},
                   {"cycles", cycles},
                   {"packets_per_second", rate},
                   {"line_bits_per_second", line}});
    std::printf("| %4s | %5.0f | %5.2f | %5.1f |\n", row.name, cycles, rate * 1e-6, line * 1e-9);
    std::fflush(stdout);
  }
  return all;
}

double mebibytes(std::size_t bytes) {
  return static_cast<double>(bytes) / (1024.0 * 1024.0);
}

Json memory() {
  const CounterSettings settings;
  const Counter counter(settings);
  const WindowExchange exchange({});
  // Of the three only one window's hosts, log and details are ever full at once; all are counted.
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

double peak_mebibytes() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<double>(usage.ru_maxrss) / 1024.0;
}

/// Packets that are each a flow never seen: memory must not follow them.
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

/// Windows of 100 ms of four workers with so many hosts, an eighth of a million packets in each:
/// SYNs to one of the hosts, or to all.
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

/// Of workers on cores of their own, who share what the cores share; beside one, by turns.
Json scaling(const Options& options) {
  std::printf("\n| workers | Mpps | of one |\n|---|---|---|\n");
  Json rows = Json::array();
  const Shape shape{.mix = Mix::half_syn, .flows = 1'000'000, .hosts = 65'536};
  for (unsigned workers = 1; workers <= std::thread::hardware_concurrency(); workers *= 2) {
    std::vector<double> rates, of_one;
    for (unsigned round = 0; round < kRounds; ++round) {
      const double one = workers_rate(shape, options.packets / 2, 1);
      rates.push_back(workers == 1 ? one : workers_rate(shape, options.packets / 2, workers));
      of_one.push_back(rates.back() / one);
    }
    const double rate = median(rates);
    rows.push_back(
        {{"workers", workers}, {"packets_per_second", rate}, {"of_one", median(of_one)}});
    std::printf("| %u | %5.2f | %4.2f |\n", workers, rate * 1e-6, median(of_one));
  }
  return rows;
}

/// A mix as a capture, for others to read. Microseconds, little-endian.
int write_capture(std::string_view mix, const char* path, std::uint32_t packets) {
  for (const Mix wanted : kMixes) {
    if (mix_name(wanted) != mix) continue;
    const bool few = wanted == Mix::ordinary || wanted == Mix::imix || wanted == Mix::reflection;
    Traffic traffic(
        {.mix = wanted, .flows = few ? 50'000u : 1'000'000u, .hosts = few ? 256u : 65'536u});
    std::ofstream file(path, std::ios::binary);
    const auto put = [&](std::uint32_t word) {
      file.write(reinterpret_cast<const char*>(&word), sizeof word);
    };
    for (const std::uint32_t word : {0xa1b2c3d4u, 0x00040002u, 0u, 0u, 65535u, 1u}) put(word);
    std::uint8_t bytes[Frame::kRoom] = {};
    for (std::uint32_t i = 0; i < packets; ++i) {
      Frame frame{bytes, 0};
      traffic.next(frame);
      put(1'700'000'000 + i / 10'000'000);
      put(i % 10'000'000 / 10);
      put(frame.bytes);
      put(frame.bytes);
      file.write(reinterpret_cast<const char*>(bytes), frame.bytes);
    }
    return file.flush() ? 0 : 3;
  }
  return 2;
}

void measure_everything(const Options& options, Json& report) {
  // First, while nothing else of this process is in memory.
  report["constant_memory"] = constant_memory();
  report["memory_mebibytes"] = memory();
  report["merge"] = merging();
  report["mixes"] = mixes(options);
  report["sizes"] = sizes(options);
  report["scaling"] = scaling(options);
  if (options.growth) {
    report["growth"] = growth(options);
    report["by_turns"] = turns(options);
  }
}

int run(const Options& options) {
  if (options.sizes_only) return sizes(options).empty() ? 2 : 0;
  if (options.merge_only) return merging().empty() ? 2 : 0;
  if (options.turns_only) return turns(options).empty() ? 2 : 0;
  Json report{{"schema", "floodgauge.pipeline_bench/1"},
              {"unit", "TSC cycles a packet"},
              {"packets", options.packets},
              {"runs", options.runs}};
  if (options.mix.empty()) {
    measure_everything(options, report);
  } else {
    report["mixes"] = mixes(options);
    if (report["mixes"].empty()) return 2;
  }
  if (!options.json.empty()) std::ofstream(options.json) << report.dump(2) << "\n";
  return 0;
}

}  // namespace
}  // namespace floodgauge::bench

int main(int argc, char** argv) {
  floodgauge::bench::Options options;
  for (int i = 1; i < argc; ++i) {
    const std::string argument = argv[i];
    const bool has_value = i + 1 < argc;
    if (argument == "--mixes") {
      options.growth = false;
    } else if (argument == "--sizes") {
      options.sizes_only = true;
    } else if (argument == "--merge") {
      options.merge_only = true;
    } else if (argument == "--turns") {
      options.turns_only = true;
    } else if (argument == "--mix" && has_value) {
      options.mix = argv[++i];
    } else if (argument == "--packets" && has_value) {
      options.packets = std::strtoull(argv[++i], nullptr, 10);
    } else if (argument == "--runs" && has_value) {
      options.runs = static_cast<unsigned>(std::strtoul(argv[++i], nullptr, 10));
    } else if (argument == "--flows" && has_value) {
      options.flows = static_cast<std::uint32_t>(std::strtoul(argv[++i], nullptr, 10));
    } else if (argument == "--hosts" && has_value) {
      options.hosts = static_cast<std::uint32_t>(std::strtoul(argv[++i], nullptr, 10));
    } else if (argument == "--prefixes" && has_value) {
      options.prefixes = static_cast<std::uint32_t>(std::strtoul(argv[++i], nullptr, 10));
    } else if (argument == "--most-flows" && has_value) {
      options.most_flows = static_cast<std::uint32_t>(std::strtoul(argv[++i], nullptr, 10));
    } else if (argument == "--write" && i + 3 < argc) {
      const auto packets = static_cast<std::uint32_t>(std::strtoul(argv[i + 3], nullptr, 10));
      return floodgauge::bench::write_capture(argv[i + 1], argv[i + 2], packets);
    } else if (argument == "--json" && has_value) {
      options.json = argv[++i];
    } else {
      std::fprintf(
          stderr,
          "usage: pipeline_bench [--packets N] [--runs N] [--json FILE] [--mixes] "
          "[--most-flows N]\n"
          "       pipeline_bench --mix MIX [--flows N] [--hosts N] [--prefixes N] [--json FILE] | "
          "--merge | --sizes | --turns\n"
          "       pipeline_bench --write MIX FILE PACKETS\n");
      return 2;
    }
  }
  return floodgauge::bench::run(options);
}
