// Where everything is protected, whoever only sends has no host record: a million spoofed sources
// are nobody's hosts. Who is asking, of those that do receive, has to be known all the same: a
// resolver whose questions were never seen answered must not look like one that never asked. One
// row of counters by the address's keyed hash; adding workers' rows up gives the row of one worker.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "engine/base/huge_array.h"
#include "engine/base/prefetch.h"

namespace floodgauge {

class UnansweredSenders {
 public:
  struct Count {
    std::uint32_t udp = 0;
    std::uint32_t tcp = 0;
  };

  UnansweredSenders() : counts_(kSlots) {}

  void prefetch(std::uint64_t address_hash) const {
    prefetch_line_to_write(&counts_[place(address_hash)]);
  }
  void add(std::uint64_t address_hash, bool tcp) {
    const std::size_t at = place(address_hash);
    used_[at / kGroup] = true;
    ++(tcp ? counts_[at].tcp : counts_[at].udp);
  }
  /// Never less than what was added for the address; others' that share its place come on top.
  Count of(std::uint64_t address_hash) const { return counts_[place(address_hash)]; }
  void merge(const UnansweredSenders& other) {
    other.for_each_used([&](std::size_t i) {
      used_[i / kGroup] = true;
      counts_[i].udp += other.counts_[i].udp;
      counts_[i].tcp += other.counts_[i].tcp;
    });
  }
  /// Costs what was used.
  void clear() {
    for_each_used([&](std::size_t i) { counts_[i] = Count{}; });
    used_ = {};
  }
  void prefault() { counts_.prefault(); }
  std::size_t memory_bytes() const { return counts_.bytes(); }

 private:
  static constexpr std::size_t kSlots = 65536;
  /// Counters are used, merged and emptied by so many.
  static constexpr std::size_t kGroup = 64;

  template <typename Visit>
  void for_each_used(Visit&& visit) const {
    for (std::size_t group = 0; group < used_.size(); ++group) {
      if (!used_[group]) continue;
      for (std::size_t i = 0; i < kGroup; ++i) visit(group * kGroup + i);
    }
  }
  static std::size_t place(std::uint64_t hash) { return (hash >> 20) & (kSlots - 1); }

  HugeArray<Count> counts_;
  std::array<bool, kSlots / kGroup> used_{};
};

}  // namespace floodgauge
