// The greatest of many rows, without keeping or sorting them all.
#pragma once

#include <algorithm>
#include <cstddef>
#include <utility>
#include <vector>

namespace floodgauge {

/// `Greater(a, b)`: whether a comes before b, a strict order of all rows, so that the result does
/// not depend on the order of adding.
template <typename Row, typename Greater>
class Greatest {
 public:
  explicit Greatest(std::size_t count) : count_(count) {}

  void add(const Row& row) {
    // A heap of the greatest so far, the least of them on top: most rows are told by one
    // comparison.
    if (rows_.size() < count_) {
      rows_.push_back(row);
    } else {
      if (count_ == 0 || !Greater{}(row, rows_.front())) return;
      std::pop_heap(rows_.begin(), rows_.end(), Greater{});
      rows_.back() = row;
    }
    std::push_heap(rows_.begin(), rows_.end(), Greater{});
  }

  /// The greatest first. Nothing is left.
  std::vector<Row> take() {
    std::sort_heap(rows_.begin(), rows_.end(), Greater{});
    return std::exchange(rows_, {});
  }

 private:
  std::size_t count_;
  std::vector<Row> rows_;
};

}  // namespace floodgauge
