// Address -> place among the merged window's hosts. One writer, fixed memory, emptied at each
// window by a new epoch rather than by clearing.
#pragma once

#include <bit>
#include <cstdint>

#include "engine/huge_array.h"
#include "engine/prefetch.h"

namespace floodgauge {

class HostIndex {
 public:
  static constexpr std::uint32_t kNone = 0xffffffffu;
  static constexpr std::uint32_t kMaxHosts = 1u << 20;
  static constexpr std::size_t kNowhere = ~std::size_t{0};

  /// What is known of a host.
  struct Spot {
    std::uint32_t place = kNone;  ///< in this window; kNone: none yet
    std::size_t free = kNowhere;  ///< without one: for insert()
  };

  /// `hosts`: at most how many are placed in one window (1..kMaxHosts).
  explicit HostIndex(std::uint32_t hosts)
      : entries_(std::bit_ceil(std::size_t{hosts < 64 ? 64 : hosts} * 2)),
        mask_(entries_.size() - 1) {}

  void prefetch(std::uint64_t hash) const { prefetch_line(&entries_[hash & mask_]); }

  /// Forgets every host.
  void next_window() {
    epoch_ = (epoch_ + 1) & kEpochMask;
    if (epoch_ == 0) {  // an entry of 4096 windows ago would look alive
      for (std::size_t i = 0; i < entries_.size(); ++i) entries_[i] = 0;
      epoch_ = 1;
    }
  }

  /// Where `hash` most likely is, for a prefetch: the first entry alone, unverified. kNone when
  /// there is none.
  std::uint32_t guess(std::uint64_t hash) const {
    const std::uint64_t entry = entries_[hash & mask_];
    if (((entry >> kPlaceBits) & kEpochMask) != epoch_) return kNone;
    return static_cast<std::uint32_t>(entry & kPlaceMask);
  }

  /// Calls same(place) for places whose tag fits until it returns true.
  template <typename Same>
  Spot find(std::uint64_t hash, Same&& same) const {
    const std::uint64_t wanted = (hash & kTagMask) | (std::uint64_t{epoch_} << kPlaceBits);
    std::size_t i = hash & mask_;
    for (std::size_t step = 0; step <= mask_; ++step, i = (i + 1) & mask_) {
      const std::uint64_t entry = entries_[i];
      const auto place = static_cast<std::uint32_t>(entry & kPlaceMask);
      if (((entry >> kPlaceBits) & kEpochMask) != epoch_) {
        return {.free = i};
      }
      if ((entry & ~kPlaceMask) == wanted && same(place)) return {.place = place};
    }
    return {};
  }

  /// With the spot of a find() of the same hash, no other insert() in between.
  void insert(const Spot& spot, std::uint64_t hash, std::uint32_t place) {
    if (spot.free == kNowhere) return;
    entries_[spot.free] = (hash & kTagMask) | (std::uint64_t{epoch_} << kPlaceBits) | place;
  }

  std::size_t memory_bytes() const { return entries_.bytes(); }

 private:
  // An entry: 32 bits of tag, 12 of epoch, 20 of place.
  static constexpr int kPlaceBits = 20;
  static constexpr std::uint64_t kPlaceMask = (1u << kPlaceBits) - 1;
  static constexpr std::uint32_t kEpochMask = 0xfff;
  static constexpr std::uint64_t kTagMask = 0xffffffff00000000u;

  HugeArray<std::uint64_t> entries_;
  std::size_t mask_;
  std::uint32_t epoch_ = 1;
};

}  // namespace floodgauge
