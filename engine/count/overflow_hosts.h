// Hosts beyond the exact capacity of a window. A sweep over a large prefix fills the exact places
// with addresses of one packet each; those places that are kept back go to hosts that a count-min
// sketch has seen often, so that the one that is really flooded is not hidden. Cormode and
// Muthukrishnan, "An improved data stream summary: the count-min sketch and its applications",
// Journal of Algorithms 55(1), 2005; with conservative update (Estan and Varghese, "New directions
// in traffic measurement and accounting", SIGCOMM 2002).
#pragma once

#include <algorithm>
#include <cstdint>

#include "engine/base/huge_array.h"

namespace floodgauge {

class OverflowHosts {
 public:
  /// A host is admitted once its estimated packets in the window reach this.
  static constexpr std::uint32_t kAdmit = 32;

  OverflowHosts() : counts_(kRows * kColumns) {}

  /// Counts a packet of a host that has no place. True when it has earned one.
  bool earned(std::uint64_t hash) {
    used_ = true;
    std::uint32_t* cells[kRows];
    std::uint32_t least = 0xffffffffu;
    for (std::size_t row = 0; row < kRows; ++row) {
      cells[row] = &counts_[row * kColumns + ((hash >> (row * 16)) & (kColumns - 1))];
      least = std::min(least, *cells[row]);
    }
    for (std::uint32_t* cell : cells) *cell = std::max(*cell, least + 1);
    return least + 1 >= kAdmit;
  }

  void next_window() {
    if (!used_) return;
    std::fill_n(counts_.data(), counts_.size(), 0u);
    used_ = false;
  }

  void prefault() { counts_.prefault(); }
  std::size_t memory_bytes() const { return counts_.bytes(); }

 private:
  static constexpr std::size_t kRows = 3;
  static constexpr std::size_t kColumns = 65536;  // 16 bits of the hash a row
  HugeArray<std::uint32_t> counts_;
  bool used_ = false;
};

}  // namespace floodgauge
