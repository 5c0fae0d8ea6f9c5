// The heaviest keys (heavy hitters) of a stream, in fixed memory. While there are few keys, all of
// them are counted exactly. With more keys it is a sketch that keeps the heavy ones.
//
// Exact: a hash table whose buckets, the groups, have 16 entries each. A key is in one of two
// groups (Azar, Broder, Karlin and Upfal, "Balanced allocations", SIAM J. Comput. 29(1), 1999),
// where it is found by its 16-bit tag. With two choices the fullest group exceeds the mean load by
// log log of the number of groups only. So a table with a mean load of 10 of 16 has room for every
// key, and its contents depend neither on the order of the keys nor on chance.
//
//   group, one cache line:   byte 0                            32      40                 64
//                                 +-----------------------------+-------+------------------+
//                                 | tags[0..15], 2 bytes each   | floor | unused           |
//                                 +-----------------------------+-------+------------------+
//   its 16 entries, in another array:  | key, count, error | key, count, error | ...
//
// Sketch: randomized admission (Ben Basat, Einziger, Friedman and Kassner, "Randomized admission
// policy for efficient top-k and frequency estimation", INFOCOM 2017). A new key of weight w whose
// groups are full replaces the lightest key of its first group, with count m, with probability
// w / (m + w), and then has the count m + w. Space-Saving (Metwally, Agrawal and El Abbadi, ICDT
// 2005) always admits the new key. In a flood of spoofed sources, each seen once, it would lose the
// real sources and write to memory for each packet. bench/sketches/README.md compares the two.
#pragma once

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <stdexcept>
#include <type_traits>
#include <vector>

#include "engine/base/branchless.h"
#include "engine/base/huge_array.h"
#include "engine/base/prefetch.h"
#include "engine/base/splitmix64.h"

namespace floodgauge {

namespace top_k_detail {

inline constexpr std::uint32_t kGroup = 16;

using Tags = std::array<std::uint16_t, kGroup>;

/// Bit i is set if tags[i] is `tag`. The reference for match().
inline std::uint32_t match_scalar(const Tags& tags, std::uint16_t tag) {
  std::uint32_t mask = 0;
  for (std::uint32_t i = 0; i < kGroup; ++i) mask |= std::uint32_t{tags[i] == tag} << i;
  return mask;
}

/// match_scalar() with 16 comparisons at once.
inline std::uint32_t match(const Tags& tags, std::uint16_t tag) {
#if defined(__SSE2__)
  const __m128i wanted = _mm_set1_epi16(static_cast<short>(tag));
  const __m128i low = _mm_loadu_si128(reinterpret_cast<const __m128i*>(tags.data()));
  const __m128i high = _mm_loadu_si128(reinterpret_cast<const __m128i*>(tags.data() + 8));
  const __m128i equal =
      _mm_packs_epi16(_mm_cmpeq_epi16(low, wanted), _mm_cmpeq_epi16(high, wanted));
  return static_cast<std::uint32_t>(_mm_movemask_epi8(equal));
#else
  return match_scalar(tags, tag);
#endif
}

}  // namespace top_k_detail

/// `kCapacity`: the capacity in keys, if it is known at compile time. The object then contains all
/// of its memory, and is empty if this memory is zero. 0: the capacity is given to the constructor,
/// which allocates the memory.
template <class Key, std::uint32_t kCapacity = 0>
class TopK {
 public:
  static_assert(std::is_trivially_copyable_v<Key>);

  struct Entry {
    Key key{};
    /// The weight added for the key: the exact sum if the sketch is exact(), else an estimate.
    std::uint64_t count = 0;
    /// At least count - error was certainly added for the key. `error` replaces, on average, the
    /// weight that came before the key was admitted.
    std::uint64_t error = 0;
  };

  /// Exact for up to `capacity` keys. Allocates all memory: for keys of 16 bytes about 58 bytes per
  /// key of the capacity, which is rounded up to ten times a power of two.
  explicit TopK(std::uint32_t capacity) requires(kCapacity == 0)
      : groups_(groups_for(capacity)), entries_(groups_.size() * top_k_detail::kGroup) {}
  TopK() requires(kCapacity != 0) = default;

  /// Prefetches the cache line that add() of this hash reads first.
  void prefetch(std::uint64_t hash) const { prefetch_line(&groups_[groups_of(hash).first]); }

  /// Adds `weight` (packets or bytes, at least 1) to `key`. `hash`: the key's keyed hash, with the
  /// same hash key in all sketches that are merged with each other. Reads one or two cache lines of
  /// tags, and the entry if the key is in the table or is admitted.
  void add(const Key& key, std::uint64_t hash, std::uint64_t weight = 1) {
    total_ += weight;
    // Often the same key comes several times in a row.
    if (last_ != 0 && entries_[last_ - 1].key == key) {
      entries_[last_ - 1].count += weight;
      return;
    }
    const GroupPair at = groups_of(hash);
    if (Entry* entry = find(key, at)) {
      entry->count += weight;
      last_ = static_cast<std::uint32_t>(entry - entries_.data()) + 1;
      return;
    }
    if (Entry* entry = take_free_entry(at)) {
      *entry = {key, weight, 0};
      return;
    }
    inexact_ = true;
    admit_by_chance(key, at, weight);
  }

  /// Adds the counts of a sketch with the same capacity and hash key. If both are exact and there
  /// is room for the keys of both, the result is exact and independent of the order of merges.
  /// Otherwise the heaviest keys are kept ("Mergeable summaries": Agarwal et al., PODS 2012), and
  /// the error bounds add up. Throws std::invalid_argument when the capacities differ.
  void merge(const TopK& other);

  /// Calls visit(entry) for every entry, in no particular order.
  template <class Visit>
  void for_each(Visit&& visit) const {
    for (std::size_t g = 0; g < groups_.size(); ++g) {
      for (std::uint32_t used = used_in(groups_[g]); used != 0; used &= used - 1) {
        const auto slot = static_cast<std::size_t>(std::countr_zero(used));
        visit(entries_[g * top_k_detail::kGroup + slot]);
      }
    }
  }

  /// The `n` heaviest entries, the heaviest first; entries of equal count are ordered by key.
  std::vector<Entry> top(std::size_t n) const;

  /// The entry of a key, or nullptr.
  const Entry* find(const Key& key, std::uint64_t hash) const {
    return const_cast<TopK*>(this)->find(key, groups_of(hash));
  }

  /// True while no key was rejected or replaced, so that every count is the exact sum.
  bool exact() const { return !inexact_; }
  /// The sum of all weights added, also of keys that are not in the table.
  std::uint64_t total() const { return total_; }
  std::size_t size() const;
  std::size_t memory_bytes() const {
    return groups_.size() * sizeof(Group) + entries_.size() * sizeof(Entry);
  }
  void clear();

 private:
  static constexpr std::uint32_t kMeanLoad = 10;
  /// If the first group has fewer entries, a new key goes there, and lookups need not read the
  /// second group.
  static constexpr int kFirstChoice = 8;

  struct alignas(64) Group {
    top_k_detail::Tags tags{};  ///< 0: the entry is free
    std::uint64_t floor = 0;    ///< a lower bound of the counts, once the group is full
  };
  static_assert(sizeof(Group) == 64);

  /// The two groups of a key. Each index follows from the other one and the tag (partial-key cuckoo
  /// hashing: Fan et al., CoNEXT 2014), so that merge() needs no hash. The tag is odd in the first
  /// group and even in the second, and never 0 or 1.
  struct GroupPair {
    std::uint32_t first;
    std::uint32_t second;
    std::uint16_t first_tag;
    std::uint16_t second_tag() const { return first_tag & 0xfffe; }
  };

  GroupPair groups_of(std::uint64_t hash) const {
    const auto tag = static_cast<std::uint16_t>(std::max<std::uint64_t>(hash & 0xffff, 2) | 1);
    const auto first = static_cast<std::uint32_t>(hash >> 24) & mask();
    return {first, other_group(first, tag), tag};
  }
  /// The two groups of the key that is in `group` with `tag`.
  GroupPair groups_of(std::uint32_t group, std::uint16_t tag) const {
    const std::uint32_t other = other_group(group, tag);
    const auto first_tag = static_cast<std::uint16_t>(tag | 1);
    return (tag & 1) != 0 ? GroupPair{group, other, first_tag} : GroupPair{other, group, first_tag};
  }
  std::uint32_t other_group(std::uint32_t group, std::uint16_t tag) const {
    return group ^ ((((tag | 1u) * 0x9e3779b1u) >> 8 | 1u) & mask());
  }

  /// Bit i is set if entry i of the group is in use.
  static std::uint32_t used_in(const Group& group) {
    return top_k_detail::match(group.tags, 0) ^ ((1u << top_k_detail::kGroup) - 1);
  }
  static int load(const Group& group) { return std::popcount(used_in(group)); }

  Entry* find_in(std::uint32_t group, const Key& key, std::uint16_t tag) {
    std::uint32_t candidates = top_k_detail::match(groups_[group].tags, tag);
    while (candidates != 0) {
      Entry& entry = entry_at(group, static_cast<std::uint32_t>(std::countr_zero(candidates)));
      if (entry.key == key) return &entry;
      candidates &= candidates - 1;
    }
    return nullptr;
  }
  Entry* find(const Key& key, const GroupPair& at) {
    if (Entry* entry = find_in(at.first, key, at.first_tag)) return entry;
    if (load(groups_[at.first]) < kFirstChoice) return nullptr;
    return find_in(at.second, key, at.second_tag());
  }

  /// Takes a free entry of a key's groups and sets its tag. Returns nullptr if both groups are
  /// full.
  Entry* take_free_entry(const GroupPair& at) {
    const int first_load = load(groups_[at.first]);
    const bool second = first_load >= kFirstChoice && load(groups_[at.second]) < first_load;
    const std::uint32_t group = second ? at.second : at.first;
    const std::uint32_t free = top_k_detail::match(groups_[group].tags, 0);
    if (free == 0) return nullptr;
    const auto slot = static_cast<std::uint32_t>(std::countr_zero(free));
    groups_[group].tags[slot] = second ? at.second_tag() : at.first_tag;
    return &entry_at(group, slot);
  }

  void admit_by_chance(const Key& key, const GroupPair& at, std::uint64_t weight);
  void merge_new(const Entry& theirs, const GroupPair& at);
  std::uint32_t lightest_of(std::uint32_t group) const;

  Entry& entry_at(std::uint32_t group, std::uint32_t slot) {
    return entries_[std::size_t{group} * top_k_detail::kGroup + slot];
  }
  const Entry& entry_at(std::uint32_t group, std::uint32_t slot) const {
    return entries_[std::size_t{group} * top_k_detail::kGroup + slot];
  }

  /// True with probability part / whole, which is at most 1. The random numbers are a Weyl sequence
  /// through SplitMix64's finaliser, so that the same packets give the same result.
  bool draw(std::uint64_t part, std::uint64_t whole) {
    __extension__ using U128 = unsigned __int128;
    draws_ += 0x9e3779b97f4a7c15u;
    const std::uint64_t x = splitmix64_finaliser(draws_);
    return static_cast<std::uint64_t>(U128{x} * whole >> 64) < part;
  }

  static constexpr std::uint32_t groups_for(std::uint32_t capacity) {
    return std::bit_ceil(std::max(1u, (capacity + kMeanLoad - 1) / kMeanLoad));
  }
  std::uint32_t mask() const { return static_cast<std::uint32_t>(groups_.size()) - 1; }

  /// Zeroed memory, which is an array of T{}. With a capacity given at run time, only the pages
  /// where keys have come are resident: most of a window's sketches see no flood.
  template <class T, std::size_t kSize>
  using Memory = std::conditional_t<kCapacity == 0, HugeArray<T>, std::array<T, kSize>>;
  Memory<Group, groups_for(kCapacity)> groups_;
  Memory<Entry, groups_for(kCapacity) * top_k_detail::kGroup> entries_;
  std::uint64_t draws_ = 0;
  std::uint64_t total_ = 0;
  std::uint32_t last_ = 0;  ///< index + 1 of the entry found last; 0: none
  bool inexact_ = false;
};

template <class Key, std::uint32_t kCapacity>
std::uint32_t TopK<Key, kCapacity>::lightest_of(std::uint32_t group) const {
  std::uint32_t least = 0;
  std::uint64_t count = entry_at(group, 0).count;
  for (std::uint32_t slot = 1; slot < top_k_detail::kGroup; ++slot) {
    const std::uint64_t other = entry_at(group, slot).count;
    const std::uint64_t less = mask_of(other < count);
    count ^= (count ^ other) & less;
    least ^= (least ^ slot) & static_cast<std::uint32_t>(less);
  }
  return least;
}

template <class Key, std::uint32_t kCapacity>
void TopK<Key, kCapacity>::admit_by_chance(const Key& key, const GroupPair& at,
                                           std::uint64_t weight) {
  // The group's floor is at most its true minimum, so the first draw succeeds at least as often as
  // the admission requires. It rejects nearly all keys, and reads only the group's line, which is
  // in the cache already. The second draw corrects the probability to that of the true minimum.
  Group& group = groups_[at.first];
  const std::uint64_t floor = group.floor;
  if (!draw(weight, floor + weight)) return;
  const std::uint32_t slot = lightest_of(at.first);
  Entry& least = entry_at(at.first, slot);
  group.floor = least.count;
  if (least.count > floor && !draw(floor + weight, least.count + weight)) return;
  least = {key, least.count + weight, least.count};
  group.tags[slot] = at.first_tag;
}

template <class Key, std::uint32_t kCapacity>
void TopK<Key, kCapacity>::merge(const TopK& other) {
  if (other.groups_.size() != groups_.size()) {
    throw std::invalid_argument("TopK::merge: the capacities differ");
  }
  // Merges the keys that are in both sketches first, so that none of them is replaced before its
  // counts are added up.
  std::vector<std::uint32_t> new_slots(groups_.size());
  for (std::uint32_t group = 0; group <= mask(); ++group) {
    for (std::uint32_t slot = 0; slot < top_k_detail::kGroup; ++slot) {
      const std::uint16_t tag = other.groups_[group].tags[slot];
      if (tag == 0) continue;
      const Entry& theirs = other.entry_at(group, slot);
      if (Entry* mine = find(theirs.key, groups_of(group, tag))) {
        mine->count += theirs.count;
        mine->error += theirs.error;
      } else {
        new_slots[group] |= 1u << slot;
      }
    }
  }
  for (std::uint32_t group = 0; group <= mask(); ++group) {
    for (std::uint32_t left = new_slots[group]; left != 0; left &= left - 1) {
      const auto slot = static_cast<std::uint32_t>(std::countr_zero(left));
      merge_new(other.entry_at(group, slot), groups_of(group, other.groups_[group].tags[slot]));
    }
  }
  total_ += other.total_;
  inexact_ = inexact_ || other.inexact_;
}

template <class Key, std::uint32_t kCapacity>
void TopK<Key, kCapacity>::merge_new(const Entry& theirs, const GroupPair& at) {
  if (Entry* entry = take_free_entry(at)) {
    *entry = theirs;
    return;
  }
  inexact_ = true;
  const std::uint32_t first_least = lightest_of(at.first);
  const std::uint32_t second_least = lightest_of(at.second);
  const bool second =
      entry_at(at.second, second_least).count < entry_at(at.first, first_least).count;
  const std::uint32_t group = second ? at.second : at.first;
  const std::uint32_t slot = second ? second_least : first_least;
  if (theirs.count <= entry_at(group, slot).count) return;
  entry_at(group, slot) = theirs;
  groups_[group].tags[slot] = second ? at.second_tag() : at.first_tag;
}

template <class Key, std::uint32_t kCapacity>
std::vector<typename TopK<Key, kCapacity>::Entry> TopK<Key, kCapacity>::top(std::size_t n) const {
  std::vector<Entry> all;
  for (std::uint32_t group = 0; group <= mask(); ++group) {
    for (std::uint32_t slot = 0; slot < top_k_detail::kGroup; ++slot) {
      if (groups_[group].tags[slot] != 0) all.push_back(entry_at(group, slot));
    }
  }
  n = std::min(n, all.size());
  std::partial_sort(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(n), all.end(),
                    [](const Entry& a, const Entry& b) {
                      return a.count != b.count ? a.count > b.count : a.key < b.key;
                    });
  all.resize(n);
  return all;
}

template <class Key, std::uint32_t kCapacity>
std::size_t TopK<Key, kCapacity>::size() const {
  std::size_t used = 0;
  for (std::size_t g = 0; g < groups_.size(); ++g)
    used += static_cast<std::size_t>(load(groups_[g]));
  return used;
}

template <class Key, std::uint32_t kCapacity>
void TopK<Key, kCapacity>::clear() {
  if (total_ == 0) return;
  std::fill_n(groups_.data(), groups_.size(), Group{});
  draws_ = 0;
  total_ = 0;
  last_ = 0;
  inexact_ = false;
}

}  // namespace floodgauge
