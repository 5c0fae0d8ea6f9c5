// Address -> place among the merged window's hosts, in cache lines of eight entries. One writer,
// fixed memory, emptied at each window by a new epoch rather than by clearing.
#pragma once

#include <bit>
#include <cstdint>

#include "engine/base/huge_array.h"
#include "engine/base/prefetch.h"
#include "engine/base/simd_bucket.h"

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
      : lines_(std::bit_ceil(std::size_t{hosts < 64 ? 64 : hosts} * 2) / kWays),
        mask_(lines_.size() - 1) {}

  void prefetch(std::uint64_t hash) const { prefetch_line(&lines_[hash & mask_]); }

  /// Forgets every host.
  void next_window() {
    epoch_ = (epoch_ + 1) & kEpochMask;
    if (epoch_ == 0) {  // an entry of 4096 windows ago would look alive
      for (std::size_t l = 0; l < lines_.size(); ++l) lines_[l] = {};
      epoch_ = 1;
    }
  }

  /// Where `hash` most likely is, for a prefetch: what the line says that prefetch() asked for,
  /// unverified. kNone when it is not there.
  std::uint32_t guess(std::uint64_t hash) const {
    const Line& line = lines_[hash & mask_];
    const std::uint32_t ways = live_in(line) & ways_with(line.tag, tag_of(hash));
    return ways == 0 ? kNone : line.where[first_way(ways)] & kPlaceMask;
  }

  /// Calls same(place) for places whose tag fits until it returns true.
  template <typename Same>
  Spot find(std::uint64_t hash, Same&& same) const {
    std::size_t l = hash & mask_;
    for (std::size_t step = 0; step <= mask_; ++step, l = (l + 1) & mask_) {
      const Line& line = lines_[l];
      const std::uint32_t live = live_in(line);
      for (std::uint32_t ways = live & ways_with(line.tag, tag_of(hash)); ways != 0;
           ways = without_first_way(ways)) {
        const std::uint32_t place = line.where[first_way(ways)] & kPlaceMask;
        if (same(place)) return {.place = place};
      }
      if (live != kEightWays) return {.free = l * kWays + first_way(~live)};
    }
    return {};
  }

  /// With the spot of a find() of the same hash, no other insert() in between.
  void insert(const Spot& spot, std::uint64_t hash, std::uint32_t place) {
    if (spot.free == kNowhere) return;
    Line& line = lines_[spot.free / kWays];
    line.tag[spot.free % kWays] = tag_of(hash);
    line.where[spot.free % kWays] = epoch_ << kPlaceBits | place;
  }

  std::size_t memory_bytes() const { return lines_.bytes(); }

 private:
  static constexpr int kPlaceBits = 20;
  static constexpr std::uint32_t kPlaceMask = (1u << kPlaceBits) - 1;
  static constexpr std::uint32_t kEpochMask = 0xfff;
  static constexpr std::size_t kWays = 8;
  struct alignas(64) Line {
    std::uint32_t tag[kWays];    ///< bits of the hash that do not say which line
    std::uint32_t where[kWays];  ///< 12 bits of epoch, 20 of the place
  };
  static_assert(sizeof(Line) == 64);

  static std::uint32_t tag_of(std::uint64_t hash) { return static_cast<std::uint32_t>(hash >> 32); }
  /// The line's entries of this window, which are its first ones.
  std::uint32_t live_in(const Line& line) const {
    return ways_with<kPlaceBits>(line.where, epoch_);
  }

  HugeArray<Line> lines_;
  std::size_t mask_;  ///< lines - 1
  std::uint32_t epoch_ = 1;
};

}  // namespace floodgauge
