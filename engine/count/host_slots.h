// Where windows have their records of hosts: each at a place that it keeps from window to window,
// so that who remembers the place has nothing to look up. A host that has not been met lately gives
// its place to a new one. One writer, fixed memory.
//
// The index is a hash table of twice as many entries as places, in cache lines of eight, with
// linear probing from the beginning of a line on and without tombstones: what lies behind an entry
// that goes moves up (Knuth, The Art of Computer Programming, vol. 3, section 6.4, algorithm R), so
// that a line has no holes: of a line that is not full, its last entry alone. An entry is 31
// bits of its host's keyed hash and the place, in vectors of their own, so that two comparisons
// search a line. Half full, it has one entry in 50 in a line that is not its first.
//
// Where a pause in between does no harm, the index may begin with a sixteenth of itself and double
// when half full, so that few hosts touch little memory.
#pragma once

#include <bit>
#include <cstdint>
#include <span>

#include "engine/base/branchless.h"
#include "engine/base/huge_array.h"
#include "engine/base/prefetch.h"
#include "engine/base/simd_bucket.h"
#include "engine/count/slot_map.h"

namespace floodgauge {

class HostSlots {
 public:
  static constexpr std::uint32_t kNone = SlotMap::kNone;
  static constexpr std::uint32_t kMaxHosts = 1u << 24;

  /// `hosts`: how many places there are (1..kMaxHosts). `grows`: whether the index may begin small.
  explicit HostSlots(std::uint32_t hosts, bool grows = false)
      : memory_(lines_for(hosts) * (grows ? 2 : 1)), entry_of_(hosts), turns_(hosts), map_(hosts) {
    const std::size_t first = lines_for(hosts) / kBeginsWith;
    grows ? use(first, first) : use(0, memory_.size());
  }

  void prefetch(std::uint64_t hash) const { prefetch_line(&lines_[home(tag_of(hash))]); }

  /// Where `hash` most likely is: what the line says that prefetch() asked for, without a branch.
  /// kNone when it is not there.
  std::uint32_t guess(std::uint64_t hash) const {
    const std::uint32_t tag = tag_of(hash);
    const Line& line = lines_[home(tag)];
    const std::uint32_t ways = ways_with(line.tag, tag);
    return only_if(ways != 0, line.place[first_way(ways | kLastOfEightWays)]) - 1;
  }
  /// Asks for what a host that has the place, which guess() said, takes it with.
  void prefetch_turn(std::uint32_t place) const { prefetch_line(&turns_[place]); }

  /// The first place whose host may have this hash, and for which same(place) is true; kNone: none.
  template <typename Same>
  std::uint32_t find(std::uint64_t hash, Same&& same) const {
    const std::uint32_t tag = tag_of(hash);
    for (std::size_t l = home(tag);; l = (l + 1) & mask_) {
      const Line& line = lines_[l];
      for (std::uint32_t ways = ways_with(line.tag, tag); ways != 0;
           ways = without_first_way(ways)) {
        const std::uint32_t place = line.place[first_way(ways)] - 1;
        if (same(place)) return place;
      }
      if (line.tag[kWays - 1] == 0) return kNone;  // or it would not end here
    }
  }

  /// Of a host that has a place: it has been met in this window.
  void take(std::uint32_t place) { map_.take(place); }

  /// A place below `end` for a host that has none, met in this window: one whose host has been met
  /// neither in this window nor in the one before, or else not in this one. kNone when all have.
  std::uint32_t give(std::uint64_t hash, std::uint32_t end) {
    const std::uint32_t place = map_.find_free(end);
    if (place == kNone) return kNone;
    if (entry_of_[place] != 0) {
      remove(entry_of_[place] - 1);
    } else if (++held_ > grow_beyond_) [[unlikely]] {
      grow();
    }
    if (place + kAhead < end && entry_of_[place + kAhead] != 0) {
      prefetch_line(&lines_[(entry_of_[place + kAhead] - 1) / kWays]);
    }
    insert(tag_of(hash), place);
    ++turns_[place];
    map_.take(place);
    return place;
  }

  /// How many hosts have had the place, modulo 256: by it a record that an earlier window left
  /// there is known for the same host's or another's.
  std::uint8_t turn(std::uint32_t place) const { return turns_[place]; }

  void next_window() { map_.next_window(); }

  void prefault() {
    memory_.prefault();
    entry_of_.prefault();
    turns_.prefault();
  }
  std::size_t memory_bytes() const {
    return memory_.bytes() + entry_of_.bytes() + turns_.bytes() + map_.memory_bytes();
  }

 private:
  static constexpr std::uint32_t kWays = 8;
  struct alignas(64) Line {
    std::uint32_t tag[kWays];    ///< 0: an empty entry; these are the last ones
    std::uint32_t place[kWays];  ///< + 1
  };
  static_assert(sizeof(Line) == 64);
  /// Of places given one after the other, for what giving them is going to touch.
  static constexpr std::uint32_t kAhead = 16;
  /// An index that grows begins with one line in so many.
  static constexpr std::size_t kBeginsWith = 16;

  static std::size_t lines_for(std::uint32_t hosts) {
    return std::bit_ceil(std::size_t{hosts < 64 ? 64 : hosts} * 2) / kWays;
  }
  /// An index of `size` lines, all empty, so far from the beginning of the memory.
  void use(std::size_t begin, std::size_t size) {
    lines_ = memory_.data() + begin;
    mask_ = size - 1;
    grow_beyond_ = static_cast<std::uint32_t>(size * kWays / 2);
  }
  /// An index twice as large, beside the smaller ones that were before it.
  void grow() {
    const std::span<const Line> before{lines_, mask_ + 1};
    use(2 * before.size(), 2 * before.size());
    for (const Line& line : before) {
      for (std::uint32_t way = 0; way < kWays && line.tag[way] != 0; ++way) {
        insert(line.tag[way], line.place[way] - 1);
      }
    }
  }

  static std::uint32_t tag_of(std::uint64_t hash) {
    return static_cast<std::uint32_t>(hash >> 32) | 1u;
  }
  /// The line that it begins with.
  std::size_t home(std::uint32_t tag) const { return tag >> 1 & mask_; }
  // By number, over all lines.
  std::uint32_t& tag_at(std::size_t i) { return lines_[i / kWays].tag[i % kWays]; }
  std::uint32_t& place_at(std::size_t i) { return lines_[i / kWays].place[i % kWays]; }
  std::size_t last() const { return mask_ * kWays + kWays - 1; }
  std::size_t next(std::size_t i) const { return (i + 1) & last(); }

  /// How many entries a line has is chance: its first empty one is found at once.
  void insert(std::uint32_t tag, std::uint32_t place) {
    std::size_t l = home(tag);
    std::uint32_t empty = ways_with(lines_[l].tag, 0);
    while (empty == 0) {
      l = (l + 1) & mask_;
      empty = ways_with(lines_[l].tag, 0);
    }
    put(l * kWays + first_way(empty), tag, place);
  }
  void put(std::size_t i, std::uint32_t tag, std::uint32_t place) {
    tag_at(i) = tag;
    place_at(i) = place + 1;
    entry_of_[place] = static_cast<std::uint32_t>(i) + 1;
  }
  void remove(std::size_t hole) {
    const std::uint32_t place = place_at(hole) - 1;
    const std::uint32_t empty = ways_with(lines_[hole / kWays].tag, 0);
    if (empty != 0) [[likely]] {
      // No entry went on to the next line: the last one of this line may fill the hole.
      const std::size_t last_entry = hole / kWays * kWays + first_way(empty) - 1;
      put(hole, tag_at(last_entry), place_at(last_entry) - 1);
      tag_at(last_entry) = 0;
    } else {
      move_up(hole);
    }
    entry_of_[place] = 0;
  }
  /// Into a hole in a full line, what lies behind it, also in the lines after.
  void move_up(std::size_t hole) {
    for (std::size_t i = next(hole); tag_at(i) != 0; i = next(i)) {
      // Whether the way from its home to entry i leads over the hole.
      const std::size_t from_home = (i - home(tag_at(i)) * kWays) & last();
      if (from_home < ((i - hole) & last())) continue;
      put(hole, tag_at(i), place_at(i) - 1);
      hole = i;
    }
    tag_at(hole) = 0;
  }

  HugeArray<Line> memory_;
  Line* lines_ = nullptr;   ///< in it
  std::size_t mask_ = 0;    ///< lines - 1
  std::uint32_t held_ = 0;  ///< places that hosts have
  std::uint32_t grow_beyond_ = 0;
  HugeArray<std::uint32_t> entry_of_;  ///< place -> its entry + 1; 0: none
  HugeArray<std::uint8_t> turns_;
  SlotMap map_;
};

}  // namespace floodgauge
