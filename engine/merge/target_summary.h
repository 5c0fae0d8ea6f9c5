// What is sent to a target and by whom, added up over workers and windows. Control path.
#pragma once

#include <cstdint>

#include "engine/base/address.h"
#include "engine/base/keyed_hash.h"
#include "engine/count/target_detail.h"
#include "engine/merge/histogram.h"
#include "engine/merge/port_counts.h"
#include "engine/merge/pruned_counts.h"
#include "engine/sketch/hyperloglog.h"

namespace floodgauge {

struct TargetSummary {
  explicit TargetSummary(std::size_t sources_capacity = 65536) : top_sources(sources_capacity) {}

  GrowingHyperLogLog<TargetDetail::kSourcesPrecision> sources;
  GrowingHyperLogLog<TargetDetail::kNamesPrecision> names;
  PrunedCounts<IpAddress> top_sources;
  PortCounts source_ports;
  PortCounts destination_ports;
  PrunedCounts<std::uint16_t> signatures{
      65536};  ///< by index in the set; only of the packets that were searched
  Histogram<256> ttl;
  Histogram<TargetDetail::kLengthBins> length;  ///< by TargetDetail::length_bin()
  std::uint64_t packets = 0;                    ///< added to this summary
  std::uint64_t named = 0;                      ///< packets with a DNS name

  void add(const LogEntry& packet, const HashKey& key);
  /// Adds a packet to everything except `top_sources`, to which many sources can be added at once
  /// at less cost. `source_hash` is the keyed hash of its source.
  void add_but_source(const LogEntry& packet, std::uint64_t source_hash);
  void add(const TargetDetail& detail);
  void merge(const TargetSummary& other);
  void prune();
  void clear();
};

}  // namespace floodgauge
