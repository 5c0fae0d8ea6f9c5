#include "bench/pipeline/cycle_tables.h"

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <limits>
#include <memory>
#include <thread>
#include <vector>

#include "bench/large_network.h"
#include "bench/pipeline/cpu_clock.h"
#include "bench/pipeline/pipeline.h"
#include "engine/export/metrics/metrics.h"

namespace floodgauge::bench {
namespace {

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

/// Rounds of measurements that are taken in turns.
constexpr unsigned kRounds = 7;

double median(std::vector<double> values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

/// Takes two measurements of cycles in turns: what the machine does to both figures of a round is
/// not in their ratio. Returns a row.
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

/// Compares both ends of a growth table.
Json growth_between(const std::string& what, const Shape& more, const Shape& less,
                    const Options& options) {
  WholeWorker more_of_it(more);
  WholeWorker less_of_it(less);
  const std::uint64_t packets = options.packets / 2;
  return by_turns(
      what, [&] { return more_of_it.cycles(packets); }, [&] { return less_of_it.cycles(packets); });
}

/// What scrapes of 10,000 prefixes and 100 incidents cost a worker while another core answers them
/// without a pause (in operation there is one every few seconds), compared with no scrapes.
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

}  // namespace

std::string grouped(std::uint32_t n) {
  if (n >= 1'000'000 && n % 1'000'000 == 0) return std::to_string(n / 1'000'000) + " M";
  if (n >= 1'000 && n % 1'000 == 0) return std::to_string(n / 1'000) + " k";
  return std::to_string(n);
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

/// Ordinary traffic in frames of several sizes, measured in turns, and the line rate that one
/// worker can take: each frame with its check sequence, preamble and gap (24 bytes, IEEE 802.3).
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

/// The rate of several workers, each on a core of its own, compared with one worker in turns.
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

}  // namespace floodgauge::bench
