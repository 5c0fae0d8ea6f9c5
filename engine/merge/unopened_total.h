// Adds up what was not opened since the start. Bounded by the numbers that headers can have.
#pragma once

#include <cstdint>
#include <unordered_map>
#include <vector>

#include "engine/model/unopened.h"

namespace floodgauge {

class UnopenedTotal {
 public:
  void add(const std::vector<UnopenedKind>& kinds);
  Unopened take_stock() const;

 private:
  std::unordered_map<std::uint32_t, std::uint64_t> packets_;  ///< by layer << 16 | value
};

}  // namespace floodgauge
