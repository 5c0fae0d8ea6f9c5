// A packet's source: its hash, and its count among the distinct sources of the target's prefix.
#pragma once

#include <cstdint>

#include "engine/base/keyed_hash.h"
#include "engine/count/counted_burst.h"
#include "engine/count/counter_tables.h"
#include "engine/count/worker_window.h"

namespace floodgauge {

/// The addresses of known packets are not hashed with the others: their hashes are seldom needed.
inline std::uint64_t source_hash(const CountedBurst& burst, std::uint16_t i, const HashKey& key) {
  return burst.is_known(i) ? hash_of(burst.facts[i].source, key) : burst.source_hashes[i];
}

/// Prefetches what count_source() is going to touch.
inline void prefetch_source(const CountedBurst& burst, std::uint16_t i, std::uint32_t prefix,
                            const WorkerWindow& window) {
  window.prefix_sources.prefetch(prefix, burst.source_hashes[i]);
}

/// Counts the source of a packet in `counts_source`. burst.source_hashes[i] must be set.
[[gnu::always_inline]] inline void count_source(const CountedBurst& burst, std::uint16_t i,
                                                std::uint32_t prefix, const CounterShed& shed,
                                                WorkerWindow& window) {
  /// When sketches are shed, one flow in so many is counted.
  constexpr std::uint64_t kSampled = 8;
  if (shed.sketch && burst.flow_hashes[i] % kSampled != 0) return;
  window.prefix_sources.add(prefix, burst.source_hashes[i]);
}

}  // namespace floodgauge
