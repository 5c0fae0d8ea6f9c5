// Who and what hits a target, added up over workers and windows. Control path.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "engine/base/address.h"
#include "engine/base/keyed_hash.h"
#include "engine/count/target_detail.h"
#include "engine/merge/histogram.h"
#include "engine/sketch/hyperloglog.h"

namespace floodgauge {

/// Counts by key, exact up to a capacity; pruned to the greater half beyond it. Rows one after the
/// other, since there is one of these a window for each target that is looked at, and most are
/// small and never asked: of few rows some may have the same key, until there are more of them or
/// somebody asks. Of many, and from then on, an index says where each key is.
template <typename Key>
class PrunedCounts {
 public:
  struct Row {
    Key key;
    std::uint64_t packets;
  };
  explicit PrunedCounts(std::size_t capacity) : capacity_(capacity) {}

  /// `packets` is at least 1.
  void add(const Key& key, std::uint64_t packets) {
    // As a rule a flood has one port.
    if (last_ < rows_.size() && rows_[last_].key == key) {
      rows_[last_].packets += packets;
    } else if (places_.empty() && rows_.size() < kUnsorted) {
      last_ = rows_.size();
      rows_.push_back({key, packets});
      distinct_ = false;
    } else {
      add_indexed(key, packets);
    }
  }
  /// Adds rows, of which some may have the same key.
  void add_rows(std::span<const Row> rows);
  /// Adds rows of which no two have the same key.
  void add_distinct(std::vector<Row>&& rows);
  /// Packets that a sketch below could not attribute, so that counts are not exact any more.
  void mark_inexact() { exact_ = false; }
  /// Once a window: keeps the memory bounded.
  void prune() { keep_of_more_than(capacity_); }
  /// Of more than so many keys the greater ones, half as many.
  void keep_of_more_than(std::size_t capacity);
  /// Adds one packet of each of `keys`, of which some may be the same, and then keeps as above.
  /// Without a table of all keys, for where most of very many come once.
  void add_and_keep(std::span<const Key* const> keys, std::size_t capacity);
  void merge(const PrunedCounts& other);
  void clear();
  /// The greatest, ties by key: independent of the order of adding.
  std::vector<Row> top(std::size_t count) const;
  /// Calls visit(key, packets) for each, in no order.
  template <typename Visit>
  void for_each(Visit&& visit) const {
    for (const Row& row : rows()) visit(row.key, row.packets);
  }
  bool exact() const { return exact_; }
  std::size_t size() const { return rows().size(); }
  /// At least size(), at no cost.
  std::size_t held() const { return rows_.size(); }

 private:
  /// So many rows are kept without an index.
  static constexpr std::size_t kUnsorted = 512;

  /// Each key once.
  const std::vector<Row>& rows() const {
    if (!distinct_) build_index(rows_.size());
    return rows_;
  }
  void build_index(std::size_t room) const;
  void add_indexed(const Key& key, std::uint64_t packets);
  std::size_t add_hashed(const Row& row, std::uint64_t hash) const;
  void keep_greatest(std::size_t count);
  void add_all(std::span<const Row> rows) const;
  std::uint32_t place_mask() const { return static_cast<std::uint32_t>(places_.size() - 1); }

  // What is asked puts rows of the same key together first.
  mutable std::vector<Row> rows_;
  mutable std::vector<std::uint32_t> places_;  ///< the index: empty, or a power of two, of which
                                               ///< less than half are used
  mutable bool distinct_ = true;               ///< no two rows have the same key
  std::size_t last_ = 0;  ///< row of the key that was added last, while it is that key's
  std::size_t capacity_;
  bool exact_ = true;
};

/// Counts by port, of every port that was added. A table of all ports once there are many.
class PortCounts {
 public:
  using Row = PrunedCounts<std::uint16_t>::Row;

  void add(std::uint16_t port, std::uint64_t packets) {
    if (all_ == nullptr) [[unlikely]] {
      add_to_few(port, packets);
    } else {
      (*all_)[port] += packets;
    }
  }
  /// Adds rows of which no two have the same port.
  void add_distinct(std::vector<Row>&& rows);
  void mark_inexact() { exact_ = false; }
  void merge(const PortCounts& other);
  void clear();
  /// The greatest, ties by port.
  std::vector<Row> top(std::size_t count) const;
  bool exact() const { return exact_; }

 private:
  using All = std::array<std::uint64_t, 65536>;
  /// More ports than this are kept in a table of all.
  static constexpr std::size_t kFew = 4096;

  void add_to_few(std::uint16_t port, std::uint64_t packets);
  void spread_if_many();
  void spread_into(std::unique_ptr<All> all);

  PrunedCounts<std::uint16_t> few_{65536};  ///< empty once there is a table of all
  std::unique_ptr<All> all_;
  bool exact_ = true;
};

struct TargetSummary {
  explicit TargetSummary(std::size_t sources_capacity = 65536) : top_sources(sources_capacity) {}

  GrowingHyperLogLog<TargetDetail::kSourcesPrecision> sources;
  GrowingHyperLogLog<TargetDetail::kNamesPrecision> names;
  PrunedCounts<IpAddress> top_sources;
  PortCounts source_ports;
  PortCounts destination_ports;
  PrunedCounts<std::uint16_t> signatures{65536};  ///< by index in the set; of the packets searched
  Histogram<256> ttl;
  Histogram<64> length;       ///< in steps of 32 bytes of IP length, the last open
  std::uint64_t packets = 0;  ///< that went into this summary
  std::uint64_t named = 0;    ///< of which carried a DNS name

  void add(const LogEntry& packet, const HashKey& key);
  /// Adds a packet to everything but `top_sources`, where many are added at once at less cost.
  /// `source_hash`: keyed hash of its source.
  void add_but_source(const LogEntry& packet, std::uint64_t source_hash);
  void add(const TargetDetail& detail);
  void merge(const TargetSummary& other);
  void prune();
  void clear();
};

}  // namespace floodgauge
