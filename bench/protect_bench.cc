// The cost of a prefix lookup, by the number of protected prefixes: nanoseconds per lookup, in
// bursts as a worker does it, and one by one. With `protected`, half of the addresses are protected
// hosts (destinations) and half are random (spoofed sources); without it, all are random.
#include <benchmark/benchmark.h>

#include <array>
#include <random>
#include <vector>

#include "engine/protect/prefix_table.h"

namespace floodgauge {
namespace {

constexpr std::size_t kBurst = 64;
constexpr std::size_t kAddresses = 1 << 16;

IpAddress random_address(std::mt19937_64& random, bool v6) {
  if (!v6) return IpAddress::from_v4(static_cast<std::uint32_t>(random()));
  IpAddress address;
  for (auto& byte : address.bytes) byte = static_cast<std::uint8_t>(random());
  address.bytes[0] = static_cast<std::uint8_t>(0x20 | (address.bytes[0] & 0x1f));  // 2000::/3
  return address;
}

struct Workload {
  std::unique_ptr<const PrefixTable> table;
  std::vector<IpAddress> addresses;
};

Workload workload(std::size_t prefixes, bool v6, bool protected_half) {
  std::mt19937_64 random(7);
  std::vector<PrefixTable::Entry> entries;
  for (std::uint32_t id = 0; id < prefixes; ++id) {
    const auto length = static_cast<std::uint8_t>(v6 ? 64 : 24);
    entries.push_back({IpPrefix::around(random_address(random, v6), length), id});
  }
  Workload result{PrefixTable::build(entries), {}};
  for (std::size_t i = 0; i < kAddresses; ++i) {
    IpAddress address = random_address(random, v6);
    if (protected_half && i % 2 == 0) {
      const auto low = address.bytes[15];
      address = entries[random() % entries.size()].prefix.address;
      address.bytes[15] = low;
    }
    result.addresses.push_back(address);
  }
  return result;
}

template <bool kBursts>
void lookup(benchmark::State& state) {
  const bool v6 = state.range(1) != 0;
  const Workload work = workload(static_cast<std::size_t>(state.range(0)), v6, state.range(2) != 0);
  std::array<const IpAddress*, kBurst> burst;
  std::array<std::uint32_t, kBurst> ids;
  std::size_t at = 0;
  for (auto _ : state) {
    for (std::size_t i = 0; i < kBurst; ++i) burst[i] = &work.addresses[at + i];
    if constexpr (kBursts) {
      work.table->lookup_burst(burst, ids.data());
    } else {
      for (std::size_t i = 0; i < kBurst; ++i) ids[i] = work.table->lookup(*burst[i]);
    }
    benchmark::DoNotOptimize(ids);
    at = (at + kBurst) % kAddresses;
  }
  const auto lookups = static_cast<double>(state.iterations()) * kBurst;
  state.counters["per_lookup"] =
      benchmark::Counter(lookups, benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
  state.counters["table_bytes"] = static_cast<double>(work.table->memory_bytes());
}

BENCHMARK(lookup<true>)
    ->Name("burst")
    ->ArgNames({"prefixes", "v6", "protected"})
    ->ArgsProduct({{10, 1000, 100000}, {0, 1}, {0, 1}});
BENCHMARK(lookup<false>)
    ->Name("single")
    ->ArgNames({"prefixes", "v6", "protected"})
    ->ArgsProduct({{10, 1000, 100000}, {0, 1}, {1}});

}  // namespace
}  // namespace floodgauge

BENCHMARK_MAIN();
