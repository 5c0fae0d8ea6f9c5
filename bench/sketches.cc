// Accuracy against memory against cycles an update, for the sketches and for what they were chosen
// over, DPDK's own tables among them. Prints the tables of bench/sketches/README.md. `sketches
// [PACKETS]`, 10 million if not given. Cycles are the TSC's, include the keyed hash, and come from
// one warm core.
#include <x86intrin.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <random>
#include <set>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

#include <rte_eal.h>
#include <rte_hash.h>
#include <rte_hash_crc.h>
#include <rte_malloc.h>

#include "bench/sketches/coco_sketch.h"
#include "bench/sketches/elastic_sketch.h"
#include "bench/sketches/heavy_hitter.h"
#include "bench/sketches/heavy_keeper.h"
#include "bench/sketches/rte_member_sketch.h"
#include "bench/sketches/space_saving.h"
#include "engine/base/keyed_hash.h"
#include "engine/base/prefetch.h"
#include "engine/flow/flow_hash.h"
#include "engine/flow/flow_table.h"
#include "engine/sketch/count_min.h"
#include "engine/sketch/entropy.h"
#include "engine/sketch/hyperloglog.h"
#include "engine/sketch/top_k.h"

namespace floodgauge::bench {
namespace {

constexpr std::size_t kKeys = 1'000'000;
constexpr std::size_t kTop = 100;
constexpr double kExponent = 1.05;

const HashKey kKey = key_from_seed(1);

IpAddress address(std::uint32_t i) {
  return IpAddress::from_v4(0x01000000u + i);
}

/// A stream of key numbers with its true counts.
struct Stream {
  const char* name;
  std::vector<std::uint32_t> draws;
  std::vector<std::uint32_t> counts;
  std::vector<std::uint32_t> heaviest;  ///< kTop of them, heaviest first
};

Stream finish(const char* name, std::vector<std::uint32_t> draws, std::size_t keys) {
  Stream stream{name, std::move(draws), std::vector<std::uint32_t>(keys), {}};
  for (const std::uint32_t draw : stream.draws) ++stream.counts[draw];
  std::vector<std::uint32_t> order(keys);
  for (std::uint32_t i = 0; i < keys; ++i) order[i] = i;
  std::partial_sort(
      order.begin(), order.begin() + kTop, order.end(),
      [&stream](std::uint32_t a, std::uint32_t b) { return stream.counts[a] > stream.counts[b]; });
  stream.heaviest.assign(order.begin(), order.begin() + kTop);
  return stream;
}

/// Draws of 0 .. keys - 1 with probability proportional to (rank + 1)^-exponent: Walker's alias
/// method.
class Zipf {
 public:
  Zipf(std::size_t keys, double exponent) : accept_(keys), alias_(keys) {
    double sum = 0;
    for (std::size_t i = 0; i < keys; ++i) {
      accept_[i] = std::pow(static_cast<double>(i + 1), -exponent);
      sum += accept_[i];
    }
    std::vector<std::uint32_t> small, large;
    for (std::uint32_t i = 0; i < keys; ++i) {
      accept_[i] *= static_cast<double>(keys) / sum;
      (accept_[i] < 1 ? small : large).push_back(i);
    }
    while (!small.empty() && !large.empty()) {
      const std::uint32_t poor = small.back(), rich = large.back();
      small.pop_back();
      alias_[poor] = rich;
      accept_[rich] -= 1 - accept_[poor];
      if (accept_[rich] < 1) {
        large.pop_back();
        small.push_back(rich);
      }
    }
    for (const std::uint32_t i : small) accept_[i] = 1;
    for (const std::uint32_t i : large) accept_[i] = 1;
  }
  std::uint32_t operator()(std::mt19937_64& random) const {
    const std::uint64_t draw = random();
    const auto i = static_cast<std::uint32_t>((draw >> 32) * accept_.size() >> 32);
    return static_cast<double>(draw & 0xffffffff) * 0x1p-32 < accept_[i] ? i : alias_[i];
  }

 private:
  std::vector<double> accept_;
  std::vector<std::uint32_t> alias_;
};

Stream zipf_stream(std::size_t packets) {
  std::mt19937_64 random(1);
  const Zipf zipf(kKeys, kExponent);
  std::vector<std::uint32_t> draws(packets);
  for (std::uint32_t& draw : draws) draw = zipf(random);
  return finish("Zipf 1.05 over a million sources", std::move(draws), kKeys);
}

/// 95 % of the packets from sources that come once; the rest from 1,000 real ones, Zipf 1.05.
Stream spoofed_stream(std::size_t packets) {
  std::mt19937_64 random(2);
  const Zipf zipf(1000, kExponent);
  std::vector<std::uint32_t> draws(packets);
  for (std::uint32_t i = 0; i < packets; ++i)
    draws[i] = random() % 20 == 0 ? zipf(random) : 1000 + i;
  return finish("95 % spoofed, each source once", std::move(draws), packets + 1000);
}

/// Cycles a round of `update(i)`, i from 0 to rounds - 1: the lower quartile of 64 parts, so that
/// what else the machine does counts little.
template <class Update>
double quiet_cycles(std::size_t rounds, Update update) {
  constexpr std::size_t kParts = 64;
  std::array<double, kParts> parts;
  for (std::size_t part = 0; part < kParts; ++part) {
    const std::size_t from = rounds * part / kParts, to = rounds * (part + 1) / kParts;
    const std::uint64_t start = __rdtsc();
    for (std::size_t i = from; i < to; ++i) update(i);
    parts[part] = static_cast<double>(__rdtsc() - start) / static_cast<double>(to - from);
  }
  std::nth_element(parts.begin(), parts.begin() + kParts / 4, parts.end());
  return parts[kParts / 4];
}

/// TopK behind the comparison's interface.
class OurTopK {
 public:
  static constexpr const char* kName = "TopK (randomized admission)";
  explicit OurTopK(std::size_t bytes) : top_k_(1) {
    // Its size is a power of two: the greatest that fits.
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
  // The compiler may not drop what is computed.
  asm volatile("" : : "r"(sink));
  std::printf("| %-32s | %6.1f |\n", what, cycles);
}

void measure_cycles() {
  std::printf("\nCycles, back to back\n\n");
  std::printf("| what                             | cycles |\n");
  std::printf("| -------------------------------- | -----: |\n");
  // Made before: bytes written one by one cannot be read as words at once.
  std::vector<IpAddress> sources;
  for (std::uint32_t i = 0; i < 1024; ++i) sources.push_back(address(i * 0x9e3779b1u));
  cycles_of("hash of a number", [](std::uint32_t i) { return hash_of(std::uint64_t{i}, kKey); });
  cycles_of("hash of an address",
            [&](std::uint32_t i) { return hash_of(sources[i % 1024], kKey); });
  cycles_of("hash of a flow, both ways alike", [&](std::uint32_t i) {
    return flow_hash(sources[i % 1024], sources[i / 2 % 1024],
                     {static_cast<std::uint16_t>(i), 53, 17}, kKey)
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

/// A 5-tuple as a key: rte_hash takes any bytes.
struct FlowKey {
  std::uint32_t source;
  std::uint32_t destination;
  std::uint16_t source_port;
  std::uint16_t destination_port;
  std::uint32_t protocol;
};

FlowKey flow_key(std::uint32_t flow) {
  return {0x40000000u + flow * 0x9e3779b1u % 0x3fffffffu, 0x10000000u + flow % 65536,
          static_cast<std::uint16_t>(1024 + flow % 60000), 443, 6};
}

constexpr std::size_t kAtOnce = 32;
constexpr std::uint32_t kFlows = 1'000'000;

/// FlowTable as the worker uses it: the lines of a burst are asked for, then each packet is seen.
class OurFlows {
 public:
  OurFlows() : table_(kFlows, 1200) {}
  void see(std::span<const FlowKey, kAtOnce> keys) {
    std::array<FlowPacket, kAtOnce> packets;
    for (std::size_t i = 0; i < kAtOnce; ++i) {
      const FlowHash flow = flow_hash_of_plain(facts_of(keys[i]), kKey);
      packets[i] = {.hash = flow.hash, .from_upper = flow.from_upper, .tcp = true, .tcp_flags = 16};
      table_.prefetch(flow.hash);
    }
    for (const FlowPacket& packet : packets) table_.count_packet(packet, 1, sighting_);
  }
  std::size_t memory_bytes() const { return table_.memory_bytes(); }

 private:
  /// As parsing leaves them, in as many stores.
  static PacketFacts facts_of(const FlowKey& key) {
    PacketFacts facts;
    const auto store = [](void* at, std::uint32_t third, std::uint32_t second,
                          std::uint32_t first) {
      _mm_store_si128(static_cast<__m128i*>(at),
                      _mm_set_epi32(static_cast<int>(third), static_cast<int>(second), 0,
                                    static_cast<int>(first)));
    };
    store(&facts.source, key.source, 0xffff0000u, 0);
    store(&facts.destination, key.destination, 0xffff0000u, 0);
    store(&facts.source_port, 0, key.protocol,
          std::uint32_t{key.destination_port} << 16 | key.source_port);
    return facts;
  }
  FlowTable table_;
  FlowLookup sighting_;
};

/// rte_hash with the same state beside it: a burst is looked up at once, and what is not there is
/// added. It keeps no state for both directions, sees no handshake, and forgets nothing.
class RteHashFlows {
 public:
  RteHashFlows() : states_(2 * kFlows) {
    rte_hash_parameters parameters{};
    parameters.name = "flows";
    parameters.entries = 2 * kFlows;  // room for as many as ours has
    parameters.key_len = sizeof(FlowKey);
    parameters.hash_func = rte_hash_crc;
    parameters.socket_id = static_cast<int>(rte_socket_id());
    const std::size_t before = dpdk_bytes();
    hash_ = rte_hash_create(&parameters);
    hash_bytes_ = dpdk_bytes() - before;
    if (hash_ == nullptr) throw std::runtime_error("rte_hash_create");
  }
  RteHashFlows(const RteHashFlows&) = delete;
  RteHashFlows& operator=(const RteHashFlows&) = delete;
  ~RteHashFlows() { rte_hash_free(hash_); }

  void see(std::span<const FlowKey, kAtOnce> keys) {
    std::array<const void*, kAtOnce> pointers;
    std::array<std::int32_t, kAtOnce> places;
    for (std::size_t i = 0; i < kAtOnce; ++i) pointers[i] = &keys[i];
    rte_hash_lookup_bulk(hash_, pointers.data(), kAtOnce, places.data());
    for (const std::int32_t place : places) {
      if (place >= 0) prefetch_line(&states_[static_cast<std::size_t>(place)]);
    }
    for (std::size_t i = 0; i < kAtOnce; ++i) {
      if (places[i] < 0) places[i] = rte_hash_add_key(hash_, &keys[i]);
      if (places[i] < 0) continue;
      State& state = states_[static_cast<std::size_t>(places[i])];
      ++state.packets;
      state.last = 1;
    }
  }
  std::size_t memory_bytes() const { return hash_bytes_ + states_.size() * sizeof(State); }

 private:
  struct State {
    std::uint32_t packets;
    std::uint16_t last;
    std::uint8_t flags;
  };
  static std::size_t dpdk_bytes() {
    rte_malloc_socket_stats stats{};
    rte_malloc_get_socket_stats(static_cast<int>(rte_socket_id()), &stats);
    return stats.heap_allocsz_bytes;
  }
  rte_hash* hash_;
  std::size_t hash_bytes_ = 0;
  std::vector<State> states_;
};

template <class Flows>
void flow_table(const char* name) {
  Flows flows;
  constexpr std::size_t kBursts = kFlows / kAtOnce;
  std::array<FlowKey, kAtOnce> keys;
  const auto burst = [&](std::size_t b, auto&& flow_of) {
    for (std::size_t i = 0; i < kAtOnce; ++i) {
      keys[i] = flow_key(flow_of(static_cast<std::uint32_t>(b * kAtOnce + i)));
    }
    flows.see(keys);
  };
  const double fresh =
      quiet_cycles(kBursts, [&](std::size_t b) { burst(b, [](std::uint32_t n) { return n; }); });
  const double known = quiet_cycles(kBursts, [&](std::size_t b) {
    burst(b, [](std::uint32_t n) { return n * 0x9e3779b1u % kFlows; });
  });
  std::printf("| %-9s | %5zu | %5.0f | %5.0f |\n", name, flows.memory_bytes() >> 20,
              fresh / kAtOnce, known / kAtOnce);
}

void compare_flow_tables() {
  std::printf("\nA million flows, bursts of %zu: cycles a packet, hashing included\n\n", kAtOnce);
  std::printf("| table     |   MiB |   new | known |\n");
  std::printf("| --------- | ----: | ----: | ----: |\n");
  flow_table<OurFlows>("FlowTable");
  flow_table<RteHashFlows>("rte_hash");
}

/// For DPDK's tables: memory of this process alone.
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
