// Cycles a packet: each stage, the whole worker, and how both grow with flows, hosts and prefixes.
// Prints tables, and writes the same as JSON into a file. The machine may be noisy. So the least of
// several runs counts, measurements that are compared are taken in turns, with the median of their
// ratios, and ratios say more than cycles.
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string>

#include "bench/pipeline/capture_file.h"
#include "bench/pipeline/cycle_tables.h"
#include "bench/pipeline/memory_tables.h"

namespace floodgauge::bench {
namespace {

void measure_everything(const Options& options, Json& report) {
  // First, while this process uses no other memory.
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
