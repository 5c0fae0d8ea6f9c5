// In which slot each window has the record of a host. A host keeps its slot from window to window,
// so that a flow that has cached the slot needs no lookup. A host without packets in this window
// gives up its slot to a new host. One writer, fixed memory.
//
// The index from hosts to slots is a hash table with twice as many entries as slots. A cache line
// holds eight entries, and linear probing starts at the beginning of a line. There are no
// tombstones: when an entry is removed, an entry behind it moves up (Knuth, The Art of Computer
// Programming, vol. 3, section 6.4, algorithm R), so that the used entries of a line come first. In
// a line that is not full, its last entry moves. When the index is half full, one entry in 50 lies
// outside its first line.
//
//   one line:   0         4         8                32          36                          64
//               | tag 0   | tag 1   | ... tag 7      | slot 0 + 1 | slot 1 + 1 | ...         |
//   tag: 31 bits of the host's keyed hash, and a lowest bit of 1; 0: the entry is empty.
//   Tags and slots are arrays of their own, so that two SIMD comparisons search a line.
//
// Where a pause is acceptable (in a replay), the index begins with a sixteenth of its size and
// doubles when it is half full, so that few hosts touch little memory.
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

  /// `hosts`: the number of slots (1..kMaxHosts). `grows`: whether the index may begin small.
  explicit HostSlots(std::uint32_t hosts, bool grows = false)
      : memory_(lines_for(hosts) * (grows ? 2 : 1)),
        entry_of_(hosts),
        generations_(hosts),
        map_(hosts) {
    const std::size_t first = lines_for(hosts) / kBeginsWith;
    grows ? use(first, first) : use(0, memory_.size());
  }

  void prefetch(std::uint64_t hash) const { prefetch_line(&lines_[home(tag_of(hash))]); }

  /// The slot that a host with this hash most likely has, or kNone. Searches only the line that
  /// prefetch() fetched, without a branch.
  std::uint32_t guess(std::uint64_t hash) const {
    const std::uint32_t tag = tag_of(hash);
    const Line& line = lines_[home(tag)];
    const std::uint32_t ways = ways_with(line.tag, tag);
    return only_if(ways != 0, line.slot[first_way(ways | kLastOfEightWays)]) - 1;
  }
  /// Prefetches the generation of a slot.
  void prefetch_generation(std::uint32_t slot) const { prefetch_line(&generations_[slot]); }

  /// The first slot whose host may have this hash and for which same(slot) is true, or kNone.
  template <typename Same>
  std::uint32_t find(std::uint64_t hash, Same&& same) const {
    const std::uint32_t tag = tag_of(hash);
    for (std::size_t l = home(tag);; l = (l + 1) & mask_) {
      const Line& line = lines_[l];
      for (std::uint32_t ways = ways_with(line.tag, tag); ways != 0;
           ways = without_first_way(ways)) {
        const std::uint32_t slot = line.slot[first_way(ways)] - 1;
        if (same(slot)) return slot;
      }
      if (line.tag[kWays - 1] == 0) return kNone;  // not full: probing went no further
    }
  }

  /// Marks the slot of a host as used in this window.
  void take(std::uint32_t slot) { map_.take(slot); }

  /// Gives a host that has none a slot below `end` and marks it as used in this window. Prefers
  /// slots whose host had no packet in the window before either. kNone when all are used.
  std::uint32_t give(std::uint64_t hash, std::uint32_t end) {
    const std::uint32_t slot = map_.find_free(end);
    if (slot == kNone) return kNone;
    if (entry_of_[slot] != 0) {
      remove(entry_of_[slot] - 1);
    } else if (++held_ > grow_beyond_) [[unlikely]] {
      grow();
    }
    if (slot + kAhead < end && entry_of_[slot + kAhead] != 0) {
      prefetch_line(&lines_[(entry_of_[slot + kAhead] - 1) / kWays]);
    }
    insert(tag_of(hash), slot);
    ++generations_[slot];
    map_.take(slot);
    return slot;
  }

  /// How many hosts have had the slot so far, modulo 256. It tells whether a record that an earlier
  /// window left in the slot is of the host that has the slot now.
  std::uint8_t generation(std::uint32_t slot) const { return generations_[slot]; }

  void next_window() { map_.next_window(); }

  void prefault() {
    memory_.prefault();
    entry_of_.prefault();
    generations_.prefault();
  }
  std::size_t memory_bytes() const {
    return memory_.bytes() + entry_of_.bytes() + generations_.bytes() + map_.memory_bytes();
  }

 private:
  static constexpr std::uint32_t kWays = 8;
  struct alignas(64) Line {
    std::uint32_t tag[kWays];   ///< 0: an empty entry; the empty entries are the last ones
    std::uint32_t slot[kWays];  ///< + 1
  };
  static_assert(sizeof(Line) == 64);
  /// Slots are mostly given in order. The entry that giving the slot so far ahead will remove is
  /// prefetched.
  static constexpr std::uint32_t kAhead = 16;
  /// An index that grows begins with this fraction of its lines.
  static constexpr std::size_t kBeginsWith = 16;

  static std::size_t lines_for(std::uint32_t hosts) {
    return std::bit_ceil(std::size_t{hosts < 64 ? 64 : hosts} * 2) / kWays;
  }
  /// Uses `size` empty lines as the index, from line `begin` of the memory on.
  void use(std::size_t begin, std::size_t size) {
    lines_ = memory_.data() + begin;
    mask_ = size - 1;
    grow_beyond_ = static_cast<std::uint32_t>(size * kWays / 2);
  }
  /// Moves all entries to an index of twice the size. In memory it lies behind all smaller ones.
  void grow() {
    const std::span<const Line> before{lines_, mask_ + 1};
    use(2 * before.size(), 2 * before.size());
    for (const Line& line : before) {
      for (std::uint32_t way = 0; way < kWays && line.tag[way] != 0; ++way) {
        insert(line.tag[way], line.slot[way] - 1);
      }
    }
  }

  static std::uint32_t tag_of(std::uint64_t hash) {
    return static_cast<std::uint32_t>(hash >> 32) | 1u;
  }
  /// The line at which probing for the tag starts.
  std::size_t home(std::uint32_t tag) const { return tag >> 1 & mask_; }
  // Entries numbered over all lines.
  std::uint32_t& tag_at(std::size_t i) { return lines_[i / kWays].tag[i % kWays]; }
  std::uint32_t& slot_at(std::size_t i) { return lines_[i / kWays].slot[i % kWays]; }
  std::size_t last() const { return mask_ * kWays + kWays - 1; }
  std::size_t next(std::size_t i) const { return (i + 1) & last(); }

  /// One comparison finds a line's first empty entry: how many are used is not predictable.
  void insert(std::uint32_t tag, std::uint32_t slot) {
    std::size_t l = home(tag);
    std::uint32_t empty = ways_with(lines_[l].tag, 0);
    while (empty == 0) {
      l = (l + 1) & mask_;
      empty = ways_with(lines_[l].tag, 0);
    }
    put(l * kWays + first_way(empty), tag, slot);
  }
  void put(std::size_t i, std::uint32_t tag, std::uint32_t slot) {
    tag_at(i) = tag;
    slot_at(i) = slot + 1;
    entry_of_[slot] = static_cast<std::uint32_t>(i) + 1;
  }
  void remove(std::size_t hole) {
    const std::uint32_t slot = slot_at(hole) - 1;
    const std::uint32_t empty = ways_with(lines_[hole / kWays].tag, 0);
    if (empty != 0) [[likely]] {
      // The line is not full, so that no entry probed past it: its last entry may fill the hole.
      const std::size_t last_entry = hole / kWays * kWays + first_way(empty) - 1;
      put(hole, tag_at(last_entry), slot_at(last_entry) - 1);
      tag_at(last_entry) = 0;
    } else {
      move_up(hole);
    }
    entry_of_[slot] = 0;
  }
  /// Fills a hole in a full line from the entries behind it, also of the following lines.
  void move_up(std::size_t hole) {
    for (std::size_t i = next(hole); tag_at(i) != 0; i = next(i)) {
      // An entry may move only if probing from its home line passes the hole.
      const std::size_t from_home = (i - home(tag_at(i)) * kWays) & last();
      if (from_home < ((i - hole) & last())) continue;
      put(hole, tag_at(i), slot_at(i) - 1);
      hole = i;
    }
    tag_at(hole) = 0;
  }

  HugeArray<Line> memory_;
  Line* lines_ = nullptr;   ///< the index, in memory_
  std::size_t mask_ = 0;    ///< number of lines - 1
  std::uint32_t held_ = 0;  ///< slots that have a host
  std::uint32_t grow_beyond_ = 0;
  HugeArray<std::uint32_t> entry_of_;  ///< a slot's entry + 1; 0: the slot has no host
  HugeArray<std::uint8_t> generations_;
  SlotMap map_;
};

}  // namespace floodgauge
