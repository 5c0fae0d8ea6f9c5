// Selects the greatest of many rows without keeping or sorting them all.
#pragma once

#include <algorithm>
#include <cstddef>
#include <utility>
#include <vector>

namespace floodgauge {

/// `Greater(a, b)` says whether a comes before b. It must be a strict total order, so that the
/// result does not depend on the order in which rows are added.
template <typename Row, typename Greater>
class Greatest {
 public:
  explicit Greatest(std::size_t count) : count_(count) {}

  void add(const Row& row) {
    // A heap of the greatest rows so far, with the least of them on top: one comparison rejects
    // most rows.
    if (rows_.size() < count_) {
      rows_.push_back(row);
    } else {
      if (count_ == 0 || !Greater{}(row, rows_.front())) return;
      std::pop_heap(rows_.begin(), rows_.end(), Greater{});
      rows_.back() = row;
    }
    std::push_heap(rows_.begin(), rows_.end(), Greater{});
  }

  /// Returns the rows, the greatest first, and leaves none.
  std::vector<Row> take() {
    std::sort_heap(rows_.begin(), rows_.end(), Greater{});
    return std::exchange(rows_, {});
  }

 private:
  std::size_t count_;
  std::vector<Row> rows_;
};

}  // namespace floodgauge
