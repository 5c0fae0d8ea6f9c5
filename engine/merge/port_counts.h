// Packets by port for one target and window. Control path.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "engine/merge/pruned_counts.h"

namespace floodgauge {

/// Counts every port; with many ports in a table of all 65,536.
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
  /// Adds rows, each with a port of its own.
  void add_distinct(std::vector<Row>&& rows);
  void mark_inexact() { exact_ = false; }
  void merge(const PortCounts& other);
  void clear();
  /// The `count` greatest rows, the greatest first, equal counts by port.
  std::vector<Row> top(std::size_t count) const;
  bool exact() const { return exact_; }
  /// How many ports have packets.
  std::size_t distinct() const;

 private:
  using All = std::array<std::uint64_t, 65536>;
  /// With more ports than this there is a table of all.
  static constexpr std::size_t kFew = 4096;

  void add_to_few(std::uint16_t port, std::uint64_t packets);
  void spread_if_many();
  void spread_into(std::unique_ptr<All> all);

  PrunedCounts<std::uint16_t> few_{65536};  ///< empty when there is a table of all
  std::unique_ptr<All> all_;
  bool exact_ = true;
};

}  // namespace floodgauge
