// The copies of a window, kept apart from its counts until the merge has decided about them.
#pragma once

#include <cstddef>
#include <cstdint>

#include "engine/base/huge_array.h"
#include "engine/count/host_record.h"
#include "engine/model/duplicates.h"
#include "engine/model/vector.h"

namespace floodgauge {

/// What a copy would have added to a host's record.
struct CopyEntry {
  static constexpr std::uint32_t kMostSlot = (1u << 24) - 1;
  static constexpr std::uint32_t kMostBytes = (1u << 30) - 1;

  std::uint64_t slot : 24;  ///< of the record
  std::uint64_t bytes : 30;
  std::uint64_t vector : 8;
  std::uint64_t outbound : 1;
  std::uint64_t suspicious : 1;  ///< counts among the host's suspicious packets
};
static_assert(sizeof(CopyEntry) == 8);
static_assert(HostRecords::kMost <= std::size_t{1} << 24 && kVectors <= 256);

class CopyLog {
 public:
  static constexpr std::uint32_t kEntries = 131072;

  /// False when there is no room: the copy is then counted as any other packet.
  bool add(const CopyEntry& entry) {
    if (used_ == kEntries) [[unlikely]] {
      return false;
    }
    entries_[used_++] = entry;
    return true;
  }

  /// Counts all copies as packets of their hosts, for a window in which they are none.
  void put_back(HostRecords& hosts, MoreCellsPool& more_cells) const {
    for (std::uint32_t i = 0; i < used_; ++i) {
      const CopyEntry& entry = entries_[i];
      HostRecord& host = hosts[entry.slot];
      host.add(static_cast<Vector>(entry.vector), entry.outbound != 0, {1, entry.bytes},
               more_cells);
      if (entry.suspicious != 0) ++host.events().suspicious;
    }
  }

  void clear() { used_ = 0; }
  void prefault() { entries_.prefault(); }
  std::size_t memory_bytes() const { return entries_.bytes(); }

 private:
  HugeArray<CopyEntry> entries_{kEntries, Pages::small};
  std::uint32_t used_ = 0;
};

}  // namespace floodgauge
