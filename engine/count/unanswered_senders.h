// When everything is protected, a host that only sends gets no record: a million spoofed sources
// are not hosts of this network. It still has to be known how much such a host has asked, if it
// does receive: a resolver whose questions were never seen answered must not look like one that
// never asked. One row of counters, indexed by the address's keyed hash. The sum of the workers'
// rows is the row that a single worker would have.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "engine/base/huge_array.h"
#include "engine/base/prefetch.h"

namespace floodgauge {

class UnansweredSenders {
 public:
  /// Packets of a sender.
  struct Count {
    std::uint32_t udp = 0;
    std::uint32_t tcp = 0;
  };

  UnansweredSenders() : counts_(kSlots) {}

  void prefetch(std::uint64_t address_hash) const {
    prefetch_line_to_write(&counts_[slot_of(address_hash)]);
  }
  void add(std::uint64_t address_hash, bool tcp) {
    const std::size_t slot = slot_of(address_hash);
    used_[slot / kGroup] = true;
    ++(tcp ? counts_[slot].tcp : counts_[slot].udp);
  }
  /// Never less than what was added for the address. More when other addresses share its slot.
  Count of(std::uint64_t address_hash) const { return counts_[slot_of(address_hash)]; }
  void merge(const UnansweredSenders& other) {
    other.for_each_used([&](std::size_t slot) {
      used_[slot / kGroup] = true;
      counts_[slot].udp += other.counts_[slot].udp;
      counts_[slot].tcp += other.counts_[slot].tcp;
    });
  }
  /// The cost follows the number of used groups.
  void clear() {
    for_each_used([&](std::size_t slot) { counts_[slot] = Count{}; });
    used_ = {};
  }
  void prefault() { counts_.prefault(); }
  std::size_t memory_bytes() const { return counts_.bytes(); }

 private:
  static constexpr std::size_t kSlots = 65536;
  /// Slots are marked as used, merged and cleared in groups.
  static constexpr std::size_t kGroup = 64;

  template <typename Visit>
  void for_each_used(Visit&& visit) const {
    for (std::size_t group = 0; group < used_.size(); ++group) {
      if (!used_[group]) continue;
      for (std::size_t i = 0; i < kGroup; ++i) visit(group * kGroup + i);
    }
  }
  static std::size_t slot_of(std::uint64_t hash) { return (hash >> 20) & (kSlots - 1); }

  HugeArray<Count> counts_;
  std::array<bool, kSlots / kGroup> used_{};
};

}  // namespace floodgauge
