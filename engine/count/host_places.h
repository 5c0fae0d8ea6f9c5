// Where windows have their records of hosts: each at a place that it keeps from window to window,
// so that who remembers the place has nothing to look up. A host that has not been met lately gives
// its place to a new one. One writer, fixed memory.
//
// The index is a hash table of twice as many entries as places, with linear probing and without
// tombstones: what lies behind an entry that goes moves up (Knuth, The Art of Computer Programming,
// vol. 3, section 6.4, algorithm R). An entry holds 39 bits of its host's keyed hash.
//
// Where a pause in between does no harm, the index may begin with a sixteenth of itself and double
// when half full, so that few hosts touch little memory.
#pragma once

#include <bit>
#include <cstdint>
#include <span>

#include "engine/count/place_map.h"
#include "engine/huge_array.h"
#include "engine/mask.h"
#include "engine/prefetch.h"

namespace floodgauge {

class HostPlaces {
 public:
  static constexpr std::uint32_t kNone = PlaceMap::kNone;
  static constexpr std::uint32_t kMaxHosts = 1u << 24;

  /// `hosts`: how many places there are (1..kMaxHosts). `grows`: whether the index may begin small.
  explicit HostPlaces(std::uint32_t hosts, bool grows = false)
      : memory_(entries_for(hosts) * (grows ? 2 : 1)),
        entry_of_(hosts),
        turns_(hosts),
        map_(hosts) {
    const std::size_t first = entries_for(hosts) / kBeginsWith;
    grows ? use(first, first) : use(0, memory_.size());
  }

  void prefetch(std::uint64_t hash) const { prefetch_line(&entries_[home(hash)]); }

  /// Where `hash` most likely is, for a prefetch: one of the first entries that it may be in,
  /// without a branch. kNone when it is in none of them.
  std::uint32_t guess(std::uint64_t hash) const {
    const std::size_t first = home(hash);
    std::uint64_t found = 0;
    for (std::size_t i = 0; i < kGuessed; ++i) {
      const std::uint64_t entry = entries_[(first + i) & mask_];
      found |= entry & mask_of(((entry ^ hash) & ~kPlaceMask) == 0);
    }
    return place_of(found);
  }

  /// The first place whose host may have this hash, and for which same(place) is true; kNone: none.
  template <typename Same>
  std::uint32_t find(std::uint64_t hash, Same&& same) const {
    for (std::size_t i = home(hash); entries_[i] != 0; i = (i + 1) & mask_) {
      if (((entries_[i] ^ hash) & ~kPlaceMask) == 0 && same(place_of(entries_[i]))) {
        return place_of(entries_[i]);
      }
    }
    return kNone;
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
      prefetch_line(&entries_[entry_of_[place + kAhead] - 1]);
    }
    insert((hash & ~kPlaceMask) | (place + 1));
    ++turns_[place];
    map_.take(place);
    return place;
  }

  /// How many hosts have had the place, modulo 256: by it a record that an earlier window left
  /// there is known for the same host's or another's.
  std::uint8_t turn(std::uint32_t place) const { return turns_[place]; }

  void next_window() { map_.next_window(); }

  void make_resident() {
    memory_.make_resident();
    entry_of_.make_resident();
    turns_.make_resident();
  }
  std::size_t memory_bytes() const {
    return memory_.bytes() + entry_of_.bytes() + turns_.bytes() + map_.memory_bytes();
  }

 private:
  // An entry: 39 bits of the hash, and the place + 1. 0: empty.
  static constexpr int kPlaceBits = 25;
  static constexpr std::uint64_t kPlaceMask = (1u << kPlaceBits) - 1;
  static_assert(kMaxHosts <= kPlaceMask);
  /// Of places given one after the other, for what giving them is going to touch.
  static constexpr std::uint32_t kAhead = 16;
  /// Entries that guess() looks at. In a table that is half full one host in four is not in the
  /// first one, but one in 50 beyond these.
  static constexpr std::size_t kGuessed = 4;
  /// An index that grows begins with one entry in so many.
  static constexpr std::size_t kBeginsWith = 16;

  static std::size_t entries_for(std::uint32_t hosts) {
    return std::bit_ceil(std::size_t{hosts < 64 ? 64 : hosts} * 2);
  }
  /// An index of `size` entries, all empty, so far from the beginning of the memory.
  void use(std::size_t begin, std::size_t size) {
    entries_ = memory_.data() + begin;
    mask_ = size - 1;
    grow_beyond_ = static_cast<std::uint32_t>(size / 2);
  }
  /// An index twice as large, beside the smaller ones that were before it.
  void grow() {
    const std::span<const std::uint64_t> before{entries_, mask_ + 1};
    use(2 * before.size(), 2 * before.size());
    for (const std::uint64_t entry : before) {
      if (entry != 0) insert(entry);
    }
  }

  std::size_t home(std::uint64_t hash) const { return (hash >> kPlaceBits) & mask_; }
  static std::uint32_t place_of(std::uint64_t entry) {
    return static_cast<std::uint32_t>(entry & kPlaceMask) - 1u;  // kNone when empty
  }
  void insert(std::uint64_t entry) {
    std::size_t i = home(entry);
    while (entries_[i] != 0) i = (i + 1) & mask_;
    put(entry, i);
  }
  void put(std::uint64_t entry, std::size_t i) {
    entries_[i] = entry;
    entry_of_[place_of(entry)] = static_cast<std::uint32_t>(i) + 1;
  }
  void remove(std::size_t hole) {
    entry_of_[place_of(entries_[hole])] = 0;
    for (std::size_t i = (hole + 1) & mask_; entries_[i] != 0; i = (i + 1) & mask_) {
      // Whether the way from its home to entry i leads over the hole.
      const std::size_t from_home = (i - home(entries_[i])) & mask_;
      if (from_home < ((i - hole) & mask_)) continue;
      put(entries_[i], hole);
      hole = i;
    }
    entries_[hole] = 0;
  }

  HugeArray<std::uint64_t> memory_;
  std::uint64_t* entries_ = nullptr;  ///< in it
  std::size_t mask_ = 0;              ///< entries - 1
  std::uint32_t held_ = 0;            ///< places that hosts have
  std::uint32_t grow_beyond_ = 0;
  HugeArray<std::uint32_t> entry_of_;  ///< place -> its entry + 1; 0: none
  HugeArray<std::uint8_t> turns_;
  PlaceMap map_;
};

}  // namespace floodgauge
