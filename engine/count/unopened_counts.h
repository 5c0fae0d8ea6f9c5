// How many packets a worker did not open in a window, by the header that stopped the parser. Exact
// for every number that a header can have, so that the result does not depend on which worker saw
// what. Only the pages that are used are touched.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "engine/base/huge_array.h"
#include "engine/model/stop.h"

namespace floodgauge {

class UnopenedCounts {
 public:
  void add(Stop stop) {
    std::uint32_t& count = counts_[index_of(stop)];
    if (count++ != 0) return;
    if (listed_ < list_.size()) list_[listed_] = stop;
    ++listed_;  // beyond the list's size: all numbers have to be looked through
  }

  /// Calls visit(Stop, packets) for each number that occurred.
  template <typename Visit>
  void for_each(const Visit& visit) const {
    if (listed_ <= list_.size()) {
      for (std::size_t i = 0; i < listed_; ++i) visit(list_[i], counts_[index_of(list_[i])]);
      return;
    }
    for (std::size_t i = 0; i < counts_.size(); ++i) {
      if (counts_[i] != 0) visit(stop_of_index(i), counts_[i]);
    }
  }

  void clear() {
    if (listed_ <= list_.size()) {
      for (std::size_t i = 0; i < listed_; ++i) counts_[index_of(list_[i])] = 0;
    } else {
      for (std::size_t i = 0; i < counts_.size(); ++i) counts_[i] = 0;
    }
    listed_ = 0;
  }

  void prefault() { counts_.prefault(); }
  std::size_t memory_bytes() const { return counts_.bytes(); }

 private:
  static constexpr std::size_t kNumbers = 0x10000;  ///< that one layer may have
  static constexpr std::size_t kListed = 256;

  static std::size_t index_of(Stop stop) {
    return (static_cast<std::size_t>(stop.layer) - 1) * kNumbers + stop.value;
  }
  static Stop stop_of_index(std::size_t index) {
    return {static_cast<StopLayer>(index / kNumbers + 1),
            static_cast<std::uint16_t>(index % kNumbers)};
  }

  HugeArray<std::uint32_t> counts_{(kStopLayers - 1) * kNumbers, Pages::small};
  std::array<Stop, kListed> list_{};  ///< the numbers that occurred, while they fit
  std::size_t listed_ = 0;
};

}  // namespace floodgauge
