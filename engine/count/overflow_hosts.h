// Hosts beyond the exact capacity of a window. A sweep over a large prefix fills the record slots
// with addresses of one packet each. Some slots are kept back for hosts that a count-min sketch has
// seen often, so that the sweep cannot hide the host that is really flooded.
#pragma once

#include <cstddef>
#include <cstdint>

#include "engine/sketch/count_min.h"

namespace floodgauge {

class OverflowHosts {
 public:
  /// A host is admitted once its estimated packets in the window reach this.
  static constexpr std::uint32_t kAdmit = 32;

  OverflowHosts() : packets_(kColumns) {}

  /// Counts a packet of a host without a record. True when the host has earned a record.
  bool earned(std::uint64_t hash) { return packets_.add(hash) >= kAdmit; }

  void next_window() {
    if (packets_.total() != 0) packets_.clear();
  }

  void prefault() { packets_.prefault(); }
  std::size_t memory_bytes() const { return packets_.memory_bytes(); }

 private:
  static constexpr std::uint32_t kColumns = 65536;
  CountMin<3, CountMinUpdate::conservative, HashSlices> packets_;
};

}  // namespace floodgauge
