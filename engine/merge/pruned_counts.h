// Packets by key for one target and window, with bounded memory. Control path.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace floodgauge {

/// Packets by key. Counts are exact up to a capacity; beyond it only the greater half is kept.
///
/// There is one of these a window for each target that is looked at; most are small and never read.
/// So rows are simply appended, and while there are few of them, several may have the same key.
/// Rows of the same key are added up when there are many rows or when the counts are read; from
/// then on a hash index says where each key's row is.
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
    // Most floods have one port.
    if (last_ < rows_.size() && rows_[last_].key == key) {
      rows_[last_].packets += packets;
    } else if (index_.empty() && rows_.size() < kUnsorted) {
      last_ = rows_.size();
      rows_.push_back({key, packets});
      distinct_ = false;
    } else {
      add_indexed(key, packets);
    }
  }
  /// Adds rows; several may have the same key.
  void add_rows(std::span<const Row> rows);
  /// Adds rows, each with a key of its own.
  void add_distinct(std::vector<Row>&& rows);
  /// Notes that the rows came from a sketch that could not attribute all packets.
  void mark_inexact() { exact_ = false; }
  /// Keeps the memory bounded; called once a window.
  void prune() { keep_of_more_than(capacity_); }
  /// With more than `capacity` keys, keeps the capacity / 2 greatest.
  void keep_of_more_than(std::size_t capacity);
  /// Adds one packet for each of `keys`, which may repeat, then prunes as keep_of_more_than() does.
  /// Builds no table of all keys: meant for very many keys, most of which come once.
  void add_and_keep(std::span<const Key* const> keys, std::size_t capacity);
  void merge(const PrunedCounts& other);
  void clear();
  /// The `count` greatest rows, the greatest first, equal counts by key. Does not depend on the
  /// order in which rows were added.
  std::vector<Row> top(std::size_t count) const;
  /// Calls visit(key, packets) for each key, in no particular order.
  template <typename Visit>
  void for_each(Visit&& visit) const {
    for (const Row& row : rows()) visit(row.key, row.packets);
  }
  bool exact() const { return exact_; }
  std::size_t size() const { return rows().size(); }
  /// At least size(); costs nothing.
  std::size_t held() const { return rows_.size(); }

 private:
  /// Up to this many rows there is no index.
  static constexpr std::size_t kUnsorted = 512;

  /// Rows with each key once.
  const std::vector<Row>& rows() const {
    if (!distinct_) build_index(rows_.size());
    return rows_;
  }
  void build_index(std::size_t room) const;
  void add_indexed(const Key& key, std::uint64_t packets);
  std::size_t add_hashed(const Row& row, std::uint64_t hash) const;
  void keep_greatest(std::size_t count);
  void add_all(std::span<const Row> rows) const;
  std::uint32_t index_mask() const { return static_cast<std::uint32_t>(index_.size() - 1); }

  // Mutable, because readers first add up rows of the same key.
  mutable std::vector<Row> rows_;
  mutable std::vector<std::uint32_t> index_;  ///< empty, or a power of two of entries, less than
                                              ///< half of them used
  mutable bool distinct_ = true;              ///< no two rows have the same key
  std::size_t last_ = 0;  ///< the row that add() changed last; may be out of date
  std::size_t capacity_;
  bool exact_ = true;
};

/// Order of rows: more packets first, equal counts by key.
template <typename Row>
struct MorePackets {
  bool operator()(const Row& a, const Row& b) const {
    return a.packets != b.packets ? a.packets > b.packets : a.key < b.key;
  }
};

}  // namespace floodgauge
