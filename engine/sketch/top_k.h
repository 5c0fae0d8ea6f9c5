// The keys that were counted most, in memory that never grows: exact while there are few keys,
// a sketch of the heavy ones beyond.
//
// Exact: a hash table of groups of 16, each key in one of two groups (Azar, Broder, Karlin and
// Upfal, "Balanced allocations", SIAM J. Comput. 29(1), 1999), found by its 16-bit tag. Two choices
// make the fullest group exceed the mean by log log of their number, so that a table filled to 10
// of 16 has room for every key; what it holds then depends on neither order nor chance.
//
// Beyond: randomized admission (Ben Basat, Einziger, Friedman and Kassner, "Randomized admission
// policy for efficient top-k and frequency estimation", INFOCOM 2017). A new key whose groups are
// full takes the place of the least counted key of its first group, m, with probability
// w / (m + w), and is then counted as m + w. Space-Saving (Metwally, Agrawal and El Abbadi, ICDT
// 2005) would always admit it: a flood of spoofed sources, each seen once, would then wash out the
// real ones, and write to memory with each packet. bench/sketches/README.md compares them.
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

/// Bit i is set where tags[i] is `tag`. The reference.
inline std::uint32_t match_scalar(const Tags& tags, std::uint16_t tag) {
  std::uint32_t mask = 0;
  for (std::uint32_t i = 0; i < kGroup; ++i) mask |= std::uint32_t{tags[i] == tag} << i;
  return mask;
}

/// The same, 16 comparisons at once.
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

/// `kCapacity`: of one that has its memory in itself, and is empty in memory that is zero; 0 of one
/// that takes memory for a capacity which is known at run time.
template <class Key, std::uint32_t kCapacity = 0>
class TopK {
 public:
  static_assert(std::is_trivially_copyable_v<Key>);

  struct Entry {
    Key key{};
    /// The weight added to the key: exactly, when the sketch is exact(); else an estimate.
    std::uint64_t count = 0;
    /// At least count - error was added to the key, for certain. What was turned away before the
    /// key was admitted is made up for by `error`, on average.
    std::uint64_t error = 0;
  };

  /// Exact while at most `capacity` keys come. Takes about 58 bytes a key (of 16 bytes) of
  /// capacity, rounded up to a power of two of groups of ten. All memory is taken here.
  explicit TopK(std::uint32_t capacity) requires(kCapacity == 0)
      : groups_(groups_for(capacity)), entries_(groups_.size() * top_k_detail::kGroup) {}
  TopK() requires(kCapacity != 0) = default;

  /// Asks for the cache line that add() of this hash reads first.
  void prefetch(std::uint64_t hash) const { prefetch_line(&groups_[place(hash).first]); }

  /// Counts `weight` (packets or bytes, at least 1) of `key`, whose keyed hash is `hash`: always
  /// the same for the key, and for all sketches that are to be merged. Bounded work: for a key that
  /// is held, one or two lines of tags and the entry; for one that is turned away, the tags alone.
  void add(const Key& key, std::uint64_t hash, std::uint64_t weight = 1) {
    total_ += weight;
    // Often the key that came before comes again.
    if (last_ != 0 && entries_[last_ - 1].key == key) {
      entries_[last_ - 1].count += weight;
      return;
    }
    const Place at = place(hash);
    if (Entry* entry = find(key, at)) {
      entry->count += weight;
      last_ = static_cast<std::uint32_t>(entry - entries_.data()) + 1;
      return;
    }
    if (Entry* entry = take_empty(at)) {
      *entry = {key, weight, 0};
      return;
    }
    inexact_ = true;
    compete(key, at, weight);
  }

  /// Adds what another sketch of the same capacity and hash key counted. Exact, and independent of
  /// order, when both are exact and have room for the keys of both; else the heaviest are kept
  /// ("Mergeable summaries": Agarwal et al., PODS 2012), and the error bounds add up. Throws
  /// std::invalid_argument when the capacities differ.
  void merge(const TopK& other);

  /// Every entry that is held, in no order.
  template <class Visit>
  void for_each(Visit&& visit) const {
    for (std::size_t g = 0; g < groups_.size(); ++g) {
      for (std::uint32_t held = held_in(groups_[g]); held != 0; held &= held - 1) {
        const auto slot = static_cast<std::size_t>(std::countr_zero(held));
        visit(entries_[g * top_k_detail::kGroup + slot]);
      }
    }
  }

  /// The `n` heaviest, heaviest first, ties by key.
  std::vector<Entry> top(std::size_t n) const;

  /// What is held of a key, or nullptr.
  const Entry* find(const Key& key, std::uint64_t hash) const {
    return const_cast<TopK*>(this)->find(key, place(hash));
  }

  /// True while nothing was turned away or displaced: every count is what was added.
  bool exact() const { return !inexact_; }
  /// All weight added, whether its key is held or not.
  std::uint64_t total() const { return total_; }
  std::size_t size() const;
  std::size_t memory_bytes() const {
    return groups_.size() * sizeof(Group) + entries_.size() * sizeof(Entry);
  }
  void clear();

 private:
  static constexpr std::uint32_t kMeanLoad = 10;
  /// Below this load a key goes to its first group, and the second need not be looked at.
  static constexpr int kFirstChoice = 8;

  struct alignas(64) Group {
    top_k_detail::Tags tags{};  ///< 0: free
    std::uint64_t floor = 0;    ///< no count in it is below this, once it is full
  };
  static_assert(sizeof(Group) == 64);

  /// The two groups of a key. Each is found from the other and the tag ("partial-key" cuckoo
  /// hashing: Fan et al., CoNEXT 2014), so that merge() needs no hash. The tag is odd in the first
  /// group and even in the second, and never 0 or 1.
  struct Place {
    std::uint32_t first;
    std::uint32_t second;
    std::uint16_t first_tag;
    std::uint16_t second_tag() const { return first_tag & 0xfffe; }
  };

  Place place(std::uint64_t hash) const {
    const auto tag = static_cast<std::uint16_t>(std::max<std::uint64_t>(hash & 0xffff, 2) | 1);
    const auto first = static_cast<std::uint32_t>(hash >> 24) & mask();
    return {first, partner(first, tag), tag};
  }
  /// The place of a key from where it is held.
  Place place(std::uint32_t group, std::uint16_t tag) const {
    const std::uint32_t other = partner(group, tag);
    const auto first_tag = static_cast<std::uint16_t>(tag | 1);
    return (tag & 1) != 0 ? Place{group, other, first_tag} : Place{other, group, first_tag};
  }
  std::uint32_t partner(std::uint32_t group, std::uint16_t tag) const {
    return group ^ ((((tag | 1u) * 0x9e3779b1u) >> 8 | 1u) & mask());
  }

  /// A bit for each entry that is held.
  static std::uint32_t held_in(const Group& group) {
    return top_k_detail::match(group.tags, 0) ^ ((1u << top_k_detail::kGroup) - 1);
  }
  static int load(const Group& group) { return std::popcount(held_in(group)); }

  Entry* find_in(std::uint32_t group, const Key& key, std::uint16_t tag) {
    std::uint32_t candidates = top_k_detail::match(groups_[group].tags, tag);
    while (candidates != 0) {
      Entry& entry = entry_at(group, static_cast<std::uint32_t>(std::countr_zero(candidates)));
      if (entry.key == key) return &entry;
      candidates &= candidates - 1;
    }
    return nullptr;
  }
  Entry* find(const Key& key, const Place& at) {
    if (Entry* entry = find_in(at.first, key, at.first_tag)) return entry;
    if (load(groups_[at.first]) < kFirstChoice) return nullptr;
    return find_in(at.second, key, at.second_tag());
  }

  /// A free entry for a key of this place, its tag already set, or nullptr when both groups are
  /// full.
  Entry* take_empty(const Place& at) {
    const int first_load = load(groups_[at.first]);
    const bool second = first_load >= kFirstChoice && load(groups_[at.second]) < first_load;
    const std::uint32_t group = second ? at.second : at.first;
    const std::uint32_t free = top_k_detail::match(groups_[group].tags, 0);
    if (free == 0) return nullptr;
    const auto slot = static_cast<std::uint32_t>(std::countr_zero(free));
    groups_[group].tags[slot] = second ? at.second_tag() : at.first_tag;
    return &entry_at(group, slot);
  }

  void compete(const Key& key, const Place& at, std::uint64_t weight);
  void merge_new(const Entry& theirs, const Place& at);
  std::uint32_t least_of(std::uint32_t group) const;

  Entry& entry_at(std::uint32_t group, std::uint32_t slot) {
    return entries_[std::size_t{group} * top_k_detail::kGroup + slot];
  }
  const Entry& entry_at(std::uint32_t group, std::uint32_t slot) const {
    return entries_[std::size_t{group} * top_k_detail::kGroup + slot];
  }

  /// True with probability part / whole (at most 1). Weyl's sequence through SplitMix64's
  /// finaliser: the same draws for the same packets.
  bool toss(std::uint64_t part, std::uint64_t whole) {
    __extension__ using U128 = unsigned __int128;
    draws_ += 0x9e3779b97f4a7c15u;
    const std::uint64_t x = splitmix64_finaliser(draws_);
    return static_cast<std::uint64_t>(U128{x} * whole >> 64) < part;
  }

  static constexpr std::uint32_t groups_for(std::uint32_t capacity) {
    return std::bit_ceil(std::max(1u, (capacity + kMeanLoad - 1) / kMeanLoad));
  }
  std::uint32_t mask() const { return static_cast<std::uint32_t>(groups_.size()) - 1; }

  /// Zeroed as T{} is, and in the memory only where keys have come: most of a window's sketches see
  /// no flood.
  template <class T, std::size_t kSize>
  using Memory = std::conditional_t<kCapacity == 0, HugeArray<T>, std::array<T, kSize>>;
  Memory<Group, groups_for(kCapacity)> groups_;
  Memory<Entry, groups_for(kCapacity) * top_k_detail::kGroup> entries_;
  std::uint64_t draws_ = 0;
  std::uint64_t total_ = 0;
  std::uint32_t last_ = 0;  ///< an entry in use + 1, most likely of the next key
  bool inexact_ = false;
};

template <class Key, std::uint32_t kCapacity>
std::uint32_t TopK<Key, kCapacity>::least_of(std::uint32_t group) const {
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
void TopK<Key, kCapacity>::compete(const Key& key, const Place& at, std::uint64_t weight) {
  // The floor lags behind the true minimum and never exceeds it: the first toss is at least as
  // likely to succeed as it must be, reads only what is in the cache already, and settles nearly
  // all; the second makes up for the difference.
  Group& group = groups_[at.first];
  const std::uint64_t floor = group.floor;
  if (!toss(weight, floor + weight)) return;
  const std::uint32_t slot = least_of(at.first);
  Entry& least = entry_at(at.first, slot);
  group.floor = least.count;
  if (least.count > floor && !toss(floor + weight, least.count + weight)) return;
  least = {key, least.count + weight, least.count};
  group.tags[slot] = at.first_tag;
}

template <class Key, std::uint32_t kCapacity>
void TopK<Key, kCapacity>::merge(const TopK& other) {
  if (other.groups_.size() != groups_.size()) {
    throw std::invalid_argument("TopK::merge: the capacities differ");
  }
  // First the keys that both hold, so that none of them is displaced before it is complete.
  std::vector<std::uint32_t> new_slots(groups_.size());
  for (std::uint32_t group = 0; group <= mask(); ++group) {
    for (std::uint32_t slot = 0; slot < top_k_detail::kGroup; ++slot) {
      const std::uint16_t tag = other.groups_[group].tags[slot];
      if (tag == 0) continue;
      const Entry& theirs = other.entry_at(group, slot);
      if (Entry* mine = find(theirs.key, place(group, tag))) {
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
      merge_new(other.entry_at(group, slot), place(group, other.groups_[group].tags[slot]));
    }
  }
  total_ += other.total_;
  inexact_ = inexact_ || other.inexact_;
}

template <class Key, std::uint32_t kCapacity>
void TopK<Key, kCapacity>::merge_new(const Entry& theirs, const Place& at) {
  if (Entry* entry = take_empty(at)) {
    *entry = theirs;
    return;
  }
  inexact_ = true;
  const std::uint32_t first_least = least_of(at.first);
  const std::uint32_t second_least = least_of(at.second);
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
