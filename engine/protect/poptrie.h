// A Poptrie for longest-prefix match (H. Asai, Y. Ohara, "Poptrie: A Compressed Trie with
// Population Count for Fast and Scalable Software IP Routing Table Lookup", SIGCOMM 2015) with
// direct pointing on the first 16 bits. Path compression is added to the paper's design, so that a
// hundred thousand scattered IPv6 prefixes take few nodes each.
//
//   direct_[first 16 bits] --> value                     (the lookup ends)
//                          --> node                      (compare `skipped`, then the next 6 bits)
//   node: one of 64 slots  --> inner bit set: child node nodes_[nodes + rank of the bit in `inner`]
//                          --> else: leaf number (rank in `runs`), in `own` or in leaves_
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "engine/base/branchless.h"
#include "engine/base/prefetch.h"

namespace floodgauge {

__extension__ using Bits128 = unsigned __int128;

/// `Key` contains an address in its most significant bits and has at least 64 bits.
///
/// Memory: 264 KiB for the first 16 bits. Below them, each node either separates prefixes or ends
/// one, and a path without branches takes one node for every 69 bits (63 skipped and 6 of the
/// stride). So there are at most 3 nodes of 64 bytes for each prefix.
template <typename Key>
class Poptrie {
 public:
  /// The prefix is the first `length` bits of `bits`; all other bits are zero.
  struct Prefix {
    Key bits;
    std::uint8_t length;
    std::uint32_t value;
  };

  /// `sorted`: by bits, then by length, without duplicates. `none`: the result of lookup() when no
  /// prefix matches. All values must be below 2^31.
  Poptrie(const std::vector<Prefix>& sorted, std::uint32_t none);

  /// The value of the longest prefix that `key` begins with.
  std::uint32_t lookup(Key key) const noexcept {
    std::uint32_t entry = direct(key);
    key <<= kDirectBits;
    while ((entry & kIsNode) != 0) entry = step(entry, key);
    return entry;
  }

  /// An unfinished lookup of a burst. `entry` is a node, and `key` is shifted past the bits that
  /// were used.
  struct Pending {
    Key key;
    std::uint32_t entry;
    std::uint32_t index;  ///< of its result in `values` of finish()
  };

  /// Begins a lookup. Returns true when `value` is its result. Returns false when `pending` must be
  /// passed to finish(); the node that finish() reads first has then been prefetched.
  bool begin(Key key, Pending& pending, std::uint32_t& value) const noexcept {
    value = direct(key);
    if ((value & kIsNode) == 0) return true;
    prefetch(value);
    pending.key = key << kDirectBits;
    pending.entry = value;
    return false;
  }

  /// Finishes all lookups of a burst and writes their values[index]. Each round moves every
  /// unfinished lookup to its next node, so that the memory accesses overlap. Overwrites `burst`.
  void finish(std::span<Pending> burst, std::uint32_t* values) const noexcept {
    std::size_t left = burst.size();
    while (left > 0) {
      std::size_t kept = 0;
      for (std::size_t i = 0; i < left; ++i) {
        Pending pending = burst[i];
        pending.entry = step(pending.entry, pending.key);
        if ((pending.entry & kIsNode) == 0) {
          values[pending.index] = pending.entry;
        } else {
          prefetch(pending.entry);
          burst[kept++] = pending;
        }
      }
      left = kept;
    }
  }

  std::size_t memory_bytes() const {
    return direct_.capacity() * sizeof(std::uint32_t) + any_.capacity() * sizeof(std::uint64_t) +
           nodes_.capacity() * sizeof(Node) + leaves_.capacity() * sizeof(std::uint32_t);
  }

 private:
  static constexpr unsigned kDirectBits = 16;
  static constexpr std::size_t kDirect = std::size_t{1} << kDirectBits;
  static constexpr unsigned kKeyBits = sizeof(Key) * 8;
  static constexpr unsigned kStride = 6;
  static constexpr unsigned kSlots = 1 << kStride;
  static constexpr unsigned kMaxSkip = 63;
  static constexpr std::uint32_t kIsNode = 0x8000'0000;  ///< flag of a node; without it: a value
  static constexpr std::uint32_t kOwnLeaves = 0xffff'ffff;

  /// One cache line. The first `skip` bits of the key must equal those of `skipped`; otherwise the
  /// value is leaf 0, which is that of the longest prefix above this node. The next six bits select
  /// one of 64 slots. If the slot's bit in `inner` is set, the slot leads to a child node. The
  /// children are consecutive in nodes_, from index `nodes` on. Otherwise the slot leads to a leaf.
  /// Consecutive equal leaves are stored once, as a run. `runs` has a bit at the first slot of each
  /// run, and runs are numbered from 1.
  struct alignas(64) Node {
    std::uint64_t inner = 0;
    std::uint64_t runs = 0;
    std::uint64_t skipped = 0;
    std::uint32_t skip = 0;
    std::uint32_t nodes = 0;
    std::uint32_t leaves = kOwnLeaves;  ///< index in leaves_, if there are too many for `own`
    std::array<std::uint32_t, 7> own{};
  };
  static_assert(sizeof(Node) == 64);

  /// The entry of the key's first 16 bits. any_ has a bit for each entry that is not `none`. A key
  /// without that bit reads the last element of direct_ instead, which is always `none`. The
  /// sources of a flood are scattered and match no prefix; for them this needs only any_ (8 KiB),
  /// which stays in the L1 cache, where direct_ (256 KiB) does not. Without branches.
  std::uint32_t direct(Key key) const noexcept {
    const auto slot = static_cast<std::size_t>(key >> (kKeyBits - kDirectBits));
    const std::uint64_t any = mask_of((any_[slot / 64] >> slot % 64 & 1) != 0);
    return direct_[kDirect ^ ((kDirect ^ slot) & any)];
  }
  void prefetch(std::uint32_t entry) const noexcept { prefetch_line(&nodes_[entry & ~kIsNode]); }
  std::uint32_t leaf(const Node& node, std::uint32_t number) const noexcept {
    return node.leaves == kOwnLeaves ? node.own[number] : leaves_[node.leaves + number];
  }

  /// Moves a lookup through the node `entry`: returns the entry of the next node, or a value.
  std::uint32_t step(std::uint32_t entry, Key& key) const noexcept {
    const Node& node = nodes_[entry & ~kIsNode];
    const auto ahead = static_cast<std::uint64_t>(key >> (kKeyBits - 64));
    if ((ahead ^ node.skipped) >> 1 >> (kMaxSkip - node.skip) != 0) return leaf(node, 0);
    key <<= node.skip;
    const auto slot = static_cast<unsigned>(key >> (kKeyBits - kStride));
    if ((node.inner >> slot & 1) == 0) {
      const std::uint64_t up_to = (std::uint64_t{2} << slot) - 1;
      return leaf(node, static_cast<std::uint32_t>(std::popcount(node.runs & up_to)));
    }
    const std::uint64_t before = (std::uint64_t{1} << slot) - 1;
    key <<= kStride;
    return kIsNode | (node.nodes + static_cast<std::uint32_t>(std::popcount(node.inner & before)));
  }

  using Iterator = typename std::vector<Prefix>::const_iterator;
  struct Range {
    Iterator begin;
    Iterator end;
  };

  static Key mask(unsigned length) { return length == 0 ? Key{0} : ~Key{0} << (kKeyBits - length); }
  template <typename Visit>
  static void fill_slots(Range range, unsigned offset, unsigned stride, std::uint32_t* slots,
                         Visit&& visit_longer);
  static unsigned common_bits(Range range, unsigned offset);
  void store_leaves(Node& node, std::uint32_t inherited,
                    const std::array<std::uint32_t, kSlots>& slots);
  void build_node(std::uint32_t index, Range range, unsigned offset, std::uint32_t inherited);

  std::vector<std::uint32_t> direct_;  ///< entry by the first 16 bits; the last element is `none`
  std::vector<std::uint64_t> any_;     ///< bit set: an entry of direct_ that is not `none`
  std::vector<Node> nodes_;
  std::vector<std::uint32_t> leaves_;
};

extern template class Poptrie<std::uint64_t>;
extern template class Poptrie<Bits128>;

}  // namespace floodgauge
