// Who and what hits a target, added up over workers and windows. Control path.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "detectors/sketch/hyperloglog.h"
#include "detectors/sketch/keyed_hash.h"
#include "engine/count/target_detail.h"
#include "engine/parse/address.h"

namespace floodgauge {

struct KeyHash {
  std::uint64_t operator()(const IpAddress& address) const;
  std::uint64_t operator()(std::uint16_t port) const;
};

/// Counts by key, exact up to a capacity; pruned to the greater half beyond it. A flat table: it is
/// copied and merged once a window for each target that is looked at.
template <typename Key>
class PrunedCounts {
 public:
  struct Row {
    Key key;
    std::uint64_t packets;  ///< 0: the place is free
  };
  explicit PrunedCounts(std::size_t capacity) : capacity_(capacity) {}

  /// Room for so many keys, that are to come.
  void reserve(std::size_t keys);
  /// `packets` is at least 1.
  void add(const Key& key, std::uint64_t packets);
  /// Packets that a sketch below could not attribute, so that counts are not exact any more.
  void mark_inexact() { exact_ = false; }
  /// Once a window: keeps the memory bounded.
  void prune();
  void merge(const PrunedCounts& other);
  void clear();
  /// The greatest, ties by key: independent of the order of adding.
  std::vector<Row> top(std::size_t count) const;
  /// Calls visit(key, packets) for each, in no order.
  template <typename Visit>
  void for_each(Visit&& visit) const {
    for (const Row& row : places_) {
      if (row.packets != 0) visit(row.key, row.packets);
    }
  }
  bool exact() const { return exact_; }
  std::size_t size() const { return used_; }

 private:
  void add_hashed(const Key& key, std::uint64_t hash, std::uint64_t packets);
  std::vector<Row> rows() const;
  /// Of many rows: what each touches is asked for ahead.
  void add_all(std::span<const Row> rows);
  void grow();
  void resize(std::size_t places);

  std::vector<Row> places_;  ///< a power of two, at most half of it used
  std::size_t used_ = 0;
  std::size_t capacity_;
  bool exact_ = true;
};

struct TargetSummary {
  explicit TargetSummary(std::size_t sources_capacity = 65536) : top_sources(sources_capacity) {}

  HyperLogLog<TargetDetail::kSourcesPrecision> sources;
  HyperLogLog<TargetDetail::kNamesPrecision> names;
  PrunedCounts<IpAddress> top_sources;
  PrunedCounts<std::uint16_t> source_ports{65536};
  PrunedCounts<std::uint16_t> destination_ports{65536};
  PrunedCounts<std::uint16_t> signatures{65536};  ///< by index in the set; of the packets searched
  std::array<std::uint64_t, 256> ttl{};
  std::array<std::uint64_t, 64> length{};
  std::uint64_t packets = 0;  ///< that went into this summary
  std::uint64_t named = 0;    ///< of which carried a DNS name

  void add(const LogEntry& packet, const HashKey& key);
  void add(const TargetDetail& detail);
  void merge(const TargetSummary& other);
  void prune();
  void clear();
};

}  // namespace floodgauge
