// Accuracy, memory and cycles per update of the sketches and of the alternatives that were not
// chosen, among them DPDK's own tables. Prints the tables of bench/sketches/README.md. Usage:
// `sketches [PACKETS]`, 10 million by default. Cycles are of the TSC, include the keyed hash, and
// are measured on one core with warm caches.
#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <set>
#include <stdexcept>
#include <string>
#include <vector>

#include <rte_eal.h>

#include "bench/sketches/coco_sketch.h"
#include "bench/sketches/elastic_sketch.h"
#include "bench/sketches/flow_tables.h"
#include "bench/sketches/heavy_hitter.h"
#include "bench/sketches/heavy_keeper.h"
#include "bench/sketches/quiet_cycles.h"
#include "bench/sketches/rte_member_sketch.h"
#include "bench/sketches/space_saving.h"
#include "bench/sketches/streams.h"
#include "engine/base/ip_protocol.h"
#include "engine/base/keyed_hash.h"
#include "engine/flow/flow_hash.h"
#include "engine/sketch/count_min.h"
#include "engine/sketch/entropy.h"
#include "engine/sketch/hyperloglog.h"
#include "engine/sketch/top_k.h"

namespace floodgauge::bench {
namespace {

const HashKey kKey = key_from_seed(1);

/// TopK with the interface of heavy_hitter.h.
class OurTopK {
 public:
  static constexpr const char* kName = "TopK (randomized admission)";
  explicit OurTopK(std::size_t bytes) : top_k_(1) {
    // TopK's size is a power of two: takes the largest one that fits.
    for (std::uint32_t capacity = 10;; capacity *= 2) {
      TopK<IpAddress> next(capacity);
      if (next.memory_bytes() > bytes) return;
      top_k_ = std::move(next);
    }
  }
  void add(const IpAddress& key, std::uint64_t hash) { top_k_.add(key, hash); }
  std::vector<Ranked> top(std::size_t n) const {
    std::vector<Ranked> all;
    for (const auto& entry : top_k_.top(n)) all.push_back({entry.key, entry.count});
    return all;
  }

 private:
  TopK<IpAddress> top_k_;
};

template <class Sketch>
void heavy_hitters(const Stream& stream, std::size_t bytes) {
  Sketch sketch(bytes);
  const double cycles = quiet_cycles(stream.draws.size(), [&](std::size_t i) {
    const IpAddress key = address(stream.draws[i]);
    sketch.add(key, hash_of(key, kKey));
  });
  std::set<IpAddress> wanted;
  for (const std::uint32_t key : stream.heaviest) wanted.insert(address(key));
  std::size_t hits = 0;
  double error = 0;
  for (const Ranked& ranked : sketch.top(kTop)) {
    if (!wanted.contains(ranked.key)) continue;
    ++hits;
    const double truth = stream.counts[ranked.key.v4() - 0x01000000u];
    error += std::abs(static_cast<double>(ranked.count) - truth) / truth;
  }
  std::printf("| %-27s | %5zu | %6.2f | %6.2f %% | %6.0f |\n", Sketch::kName, bytes / 1024,
              static_cast<double>(hits) / kTop,
              hits == 0 ? 100.0 : 100 * error / static_cast<double>(hits), cycles);
}

void compare_heavy_hitters(const Stream& stream) {
  std::printf("\n%s, %zu packets: top 100\n\n", stream.name, stream.draws.size());
  std::printf("| sketch                      |   KiB | recall |    error | cycles |\n");
  std::printf("| --------------------------- | ----: | -----: | -------: | -----: |\n");
  for (const std::size_t groups : {128u, 512u, 2048u}) {
    const std::size_t bytes = groups * 576;
    heavy_hitters<OurTopK>(stream, bytes);
    heavy_hitters<SpaceSaving>(stream, bytes);
    heavy_hitters<CocoSketch>(stream, bytes);
    heavy_hitters<ElasticSketch>(stream, bytes);
    heavy_hitters<HeavyKeeper>(stream, bytes);
    heavy_hitters<RteMemberSketch<100>>(stream, bytes);
    heavy_hitters<RteMemberSketch<5>>(stream, bytes);
  }
}

template <CountMinUpdate Update>
void count_min(const char* name, const Stream& stream, std::uint32_t width) {
  CountMin<4, Update> sketch(width);
  const double cycles = quiet_cycles(stream.draws.size(), [&](std::size_t i) {
    sketch.add(hash_of(address(stream.draws[i]), kKey));
  });
  double excess = 0;
  std::size_t keys = 0, beyond = 0;
  for (std::uint32_t key = 0; key < stream.counts.size(); ++key) {
    if (stream.counts[key] == 0) continue;
    const double over =
        sketch.estimate(hash_of(address(key), kKey)) - static_cast<double>(stream.counts[key]);
    excess += over;
    beyond += over > sketch.error_bound();
    ++keys;
  }
  std::printf("| %-22s | %5zu | %9.0f | %9.1f | %8.3f %% | %6.0f |\n", name,
              sketch.memory_bytes() / 1024, sketch.error_bound(),
              excess / static_cast<double>(keys),
              100 * static_cast<double>(beyond) / static_cast<double>(keys), cycles);
}

void compare_count_min(const Stream& stream) {
  std::printf("\nCount-min, 4 rows, %s: packets too many\n\n", stream.name);
  std::printf("| update                 |   KiB |     bound |      mean | beyond it | cycles |\n");
  std::printf("| ---------------------- | ----: | --------: | --------: | --------: | -----: |\n");
  for (const std::uint32_t width : {4096u, 65'536u}) {
    count_min<CountMinUpdate::linear>("linear", stream, width);
    count_min<CountMinUpdate::conservative>("conservative", stream, width);
  }
}

template <unsigned Precision>
void hyperloglog(std::uint32_t sources) {
  constexpr int kSeeds = 8;
  double squares = 0;
  double cycles = 0;
  for (int seed = 0; seed < kSeeds; ++seed) {
    const HashKey key = key_from_seed(static_cast<std::uint64_t>(seed));
    HyperLogLog<Precision> sketch;
    cycles += quiet_cycles(sources, [&](std::size_t i) {
      sketch.add(hash_of(address(static_cast<std::uint32_t>(i)), key));
    });
    const double error = sketch.estimate() / sources - 1;
    squares += error * error;
  }
  std::printf("| %9u | %6zu | %8u | %6.2f %% | %6.2f %% | %6.1f |\n", Precision,
              HyperLogLog<Precision>::kRegisters, sources, 100 * std::sqrt(squares / kSeeds),
              100 * HyperLogLog<Precision>::standard_error(), cycles / kSeeds);
}

void measure_hyperloglog() {
  std::printf("\nHyperLogLog, addresses in a row, root mean square error over 8 keys\n\n");
  std::printf("| precision |  bytes |  sources |    error | expected | cycles |\n");
  std::printf("| --------: | -----: | -------: | -------: | -------: | -----: |\n");
  for (const std::uint32_t sources : {1000u, 1'000'000u}) {
    hyperloglog<6>(sources);
    hyperloglog<10>(sources);
    hyperloglog<13>(sources);
  }
}

template <class Update>
void cycles_of(const char* what, Update update) {
  std::uint64_t sink = 0;
  const double cycles = quiet_cycles(
      4'000'000, [&](std::size_t i) { sink ^= update(static_cast<std::uint32_t>(i)); });
  // Keeps the compiler from removing the computation.
  asm volatile("" : : "r"(sink));
  std::printf("| %-32s | %6.1f |\n", what, cycles);
}

void measure_cycles() {
  std::printf("\nCycles, back to back\n\n");
  std::printf("| what                             | cycles |\n");
  std::printf("| -------------------------------- | -----: |\n");
  // Prepared in advance: an address just written byte by byte would stall when it is read as words.
  std::vector<IpAddress> sources;
  for (std::uint32_t i = 0; i < 1024; ++i) sources.push_back(address(i * 0x9e3779b1u));
  cycles_of("hash of a number", [](std::uint32_t i) { return hash_of(std::uint64_t{i}, kKey); });
  cycles_of("hash of an address",
            [&](std::uint32_t i) { return hash_of(sources[i % 1024], kKey); });
  cycles_of("hash of a flow, both ways alike", [&](std::uint32_t i) {
    return flow_hash(sources[i % 1024], sources[i / 2 % 1024],
                     {static_cast<std::uint16_t>(i), 53, kProtocolUdp}, kKey)
        .hash;
  });
  std::array<std::uint8_t, 40> name{};
  cycles_of("hash of a name of 40 bytes", [&name](std::uint32_t i) {
    name[0] = static_cast<std::uint8_t>(i);
    return hash_bytes(name.data(), name.size(), kKey);
  });
  SourceSpread spread;
  cycles_of("source spread, one add", [&](std::uint32_t i) {
    spread.add(sources[i % 1024]);
    asm volatile("" : : "r"(&spread) : "memory");  // each add reaches memory
    return 0;
  });
}

/// Starts the EAL for DPDK's tables, with memory of this process only.
void start_eal() {
  std::array<std::string, 9> words = {
      "sketches", "--no-huge",  "--no-pci",          "--no-shconf",   "-m",
      "1024",     "--lcores=0", "--log-level=error", "--no-telemetry"};
  std::array<char*, 9> arguments{};
  std::ranges::transform(words, arguments.begin(), [](std::string& word) { return word.data(); });
  if (rte_eal_init(static_cast<int>(arguments.size()), arguments.data()) < 0) {
    throw std::runtime_error("rte_eal_init");
  }
}

void run(std::size_t packets) {
  start_eal();
  compare_flow_tables();
  const Stream zipf = zipf_stream(packets);
  compare_heavy_hitters(zipf);
  compare_heavy_hitters(spoofed_stream(packets));
  compare_count_min(zipf);
  measure_hyperloglog();
  measure_cycles();
}

}  // namespace
}  // namespace floodgauge::bench

int main(int argc, char** argv) {
  std::size_t packets = argc > 1 ? std::strtoul(argv[1], nullptr, 10) : 10'000'000;
  if (packets < 10'000 || packets > 100'000'000) {
    std::fprintf(stderr, "usage: sketches [PACKETS], 10000 to 100000000\n");
    return 2;
  }
  floodgauge::bench::run(packets);
  return 0;
}
