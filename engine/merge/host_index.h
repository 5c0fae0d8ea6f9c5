// Hash table from an address to its slot among the merged window's hosts. Each bucket is a cache
// line of eight entries; a full bucket continues in the next one. One writer, fixed memory. A new
// window empties the table by taking the next window generation, without clearing memory.
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
  static constexpr std::size_t kNoEntry = ~std::size_t{0};

  struct Found {
    std::uint32_t slot = kNone;         ///< the host's slot; kNone when it has none
    std::size_t free_entry = kNoEntry;  ///< without a slot: where insert() puts the host
  };

  /// `hosts`: the greatest number of hosts in one window (1..kMaxHosts).
  explicit HostIndex(std::uint32_t hosts)
      : lines_(std::bit_ceil(std::size_t{hosts < 64 ? 64 : hosts} * 2) / kWays),
        mask_(lines_.size() - 1) {}

  void prefetch(std::uint64_t hash) const { prefetch_line(&lines_[hash & mask_]); }

  /// Removes every host.
  void next_window() {
    window_generation_ = (window_generation_ + 1) & kGenerationMask;
    if (window_generation_ == 0) {  // entries of 4095 windows ago would look current
      for (std::size_t l = 0; l < lines_.size(); ++l) lines_[l] = {};
      window_generation_ = 1;
    }
  }

  /// The slot that `hash` most likely has, to prefetch its record: reads only the line that
  /// prefetch() requested, and compares tags, not addresses. kNone when the tag is not there.
  std::uint32_t guess(std::uint64_t hash) const {
    const Line& line = lines_[hash & mask_];
    const std::uint32_t ways = current_in(line) & ways_with(line.tag, tag_of(hash));
    return ways == 0 ? kNone : line.where[first_way(ways)] & kSlotMask;
  }

  /// Calls same(slot) for each slot with the same tag until it returns true.
  template <typename Same>
  Found find(std::uint64_t hash, Same&& same) const {
    std::size_t l = hash & mask_;
    for (std::size_t step = 0; step <= mask_; ++step, l = (l + 1) & mask_) {
      const Line& line = lines_[l];
      const std::uint32_t current = current_in(line);
      for (std::uint32_t ways = current & ways_with(line.tag, tag_of(hash)); ways != 0;
           ways = without_first_way(ways)) {
        const std::uint32_t slot = line.where[first_way(ways)] & kSlotMask;
        if (same(slot)) return {.slot = slot};
      }
      if (current != kEightWays) return {.free_entry = l * kWays + first_way(~current)};
    }
    return {};
  }

  /// `found` is the result of find() for the same hash, with no insert() in between. Does nothing
  /// when the table is full.
  void insert(const Found& found, std::uint64_t hash, std::uint32_t slot) {
    if (found.free_entry == kNoEntry) return;
    Line& line = lines_[found.free_entry / kWays];
    line.tag[found.free_entry % kWays] = tag_of(hash);
    line.where[found.free_entry % kWays] = window_generation_ << kSlotBits | slot;
  }

  std::size_t memory_bytes() const { return lines_.bytes(); }

 private:
  static constexpr int kSlotBits = 20;
  static constexpr std::uint32_t kSlotMask = (1u << kSlotBits) - 1;
  static constexpr std::uint32_t kGenerationMask = 0xfff;
  static constexpr std::size_t kWays = 8;
  struct alignas(64) Line {
    std::uint32_t tag[kWays];    ///< bits of the hash that do not select the line
    std::uint32_t where[kWays];  ///< 12 bits of window generation, 20 of slot
  };
  static_assert(sizeof(Line) == 64);

  static std::uint32_t tag_of(std::uint64_t hash) { return static_cast<std::uint32_t>(hash >> 32); }
  /// The line's entries of the current window. They are always its first ones.
  std::uint32_t current_in(const Line& line) const {
    return ways_with<kSlotBits>(line.where, window_generation_);
  }

  HugeArray<Line> lines_;
  std::size_t mask_;  ///< lines - 1
  std::uint32_t window_generation_ = 1;
};

}  // namespace floodgauge
