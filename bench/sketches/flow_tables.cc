#include "bench/sketches/flow_tables.h"

#include <emmintrin.h>

#include <array>
#include <cstdint>
#include <cstdio>
#include <span>
#include <stdexcept>
#include <vector>

#include <rte_hash.h>
#include <rte_hash_crc.h>
#include <rte_lcore.h>
#include <rte_malloc.h>

#include "bench/sketches/quiet_cycles.h"
#include "engine/base/ip_protocol.h"
#include "engine/base/keyed_hash.h"
#include "engine/base/prefetch.h"
#include "engine/base/tcp_flags.h"
#include "engine/flow/flow_hash.h"
#include "engine/flow/flow_table.h"

namespace floodgauge::bench {
namespace {

const HashKey kKey = key_from_seed(1);

/// A 5-tuple as a key of rte_hash, which takes any bytes.
struct FlowKey {
  std::uint32_t source;
  std::uint32_t destination;
  std::uint16_t source_port;
  std::uint16_t destination_port;
  std::uint32_t protocol;
};

FlowKey flow_key(std::uint32_t flow) {
  return {0x40000000u + flow * 0x9e3779b1u % 0x3fffffffu, 0x10000000u + flow % 65536,
          static_cast<std::uint16_t>(1024 + flow % 60000), 443, kProtocolTcp};
}

constexpr std::size_t kBurstSize = 32;
constexpr std::uint32_t kFlows = 1'000'000;

/// FlowTable as the worker uses it: prefetches the buckets of a burst, then counts each packet.
class OurFlows {
 public:
  OurFlows() : table_(kFlows, 1200) {}
  void count_burst(std::span<const FlowKey, kBurstSize> keys) {
    std::array<FlowPacket, kBurstSize> packets;
    for (std::size_t i = 0; i < kBurstSize; ++i) {
      const FlowHash flow = flow_hash_of_plain(facts_of(keys[i]), kKey);
      packets[i] = {
          .hash = flow.hash, .from_upper = flow.from_upper, .tcp = true, .tcp_flags = kTcpAck};
      table_.prefetch(flow.hash);
    }
    for (const FlowPacket& packet : packets) table_.count_packet(packet, 1, lookup_);
  }
  std::size_t memory_bytes() const { return table_.memory_bytes(); }

 private:
  /// Facts as parsing leaves them, written with the same number of stores.
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
  FlowLookup lookup_;
};

/// rte_hash with the same state beside it. A burst is looked up at once, and the missing keys are
/// added. It has separate entries for both directions, follows no handshake, and expires nothing.
class RteHashFlows {
 public:
  RteHashFlows() : states_(2 * kFlows) {
    rte_hash_parameters parameters{};
    parameters.name = "flows";
    parameters.entries = 2 * kFlows;  // the same number as FlowTable has room for
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

  void count_burst(std::span<const FlowKey, kBurstSize> keys) {
    std::array<const void*, kBurstSize> pointers;
    std::array<std::int32_t, kBurstSize> positions;
    for (std::size_t i = 0; i < kBurstSize; ++i) pointers[i] = &keys[i];
    rte_hash_lookup_bulk(hash_, pointers.data(), kBurstSize, positions.data());
    for (const std::int32_t position : positions) {
      if (position >= 0) prefetch_line(&states_[static_cast<std::size_t>(position)]);
    }
    for (std::size_t i = 0; i < kBurstSize; ++i) {
      if (positions[i] < 0) positions[i] = rte_hash_add_key(hash_, &keys[i]);
      if (positions[i] < 0) continue;
      State& state = states_[static_cast<std::size_t>(positions[i])];
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
  constexpr std::size_t kBursts = kFlows / kBurstSize;
  std::array<FlowKey, kBurstSize> keys;
  const auto burst = [&](std::size_t b, auto&& flow_of) {
    for (std::size_t i = 0; i < kBurstSize; ++i) {
      keys[i] = flow_key(flow_of(static_cast<std::uint32_t>(b * kBurstSize + i)));
    }
    flows.count_burst(keys);
  };
  const double fresh =
      quiet_cycles(kBursts, [&](std::size_t b) { burst(b, [](std::uint32_t n) { return n; }); });
  const double known = quiet_cycles(kBursts, [&](std::size_t b) {
    burst(b, [](std::uint32_t n) { return n * 0x9e3779b1u % kFlows; });
  });
  std::printf("| %-9s | %5zu | %5.0f | %5.0f |\n", name, flows.memory_bytes() >> 20,
              fresh / kBurstSize, known / kBurstSize);
}

}  // namespace

void compare_flow_tables() {
  std::printf("\nA million flows, bursts of %zu: cycles a packet, hashing included\n\n",
              kBurstSize);
  std::printf("| table     |   MiB |   new | known |\n");
  std::printf("| --------- | ----: | ----: | ----: |\n");
  flow_table<OurFlows>("FlowTable");
  flow_table<RteHashFlows>("rte_hash");
}

}  // namespace floodgauge::bench
