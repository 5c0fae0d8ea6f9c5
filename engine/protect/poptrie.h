// A Poptrie (Asai and Ohara, "Poptrie: A Compressed Trie with Population Count for Fast and
// Scalable Software IP Routing Table Lookup", SIGCOMM 2015) with direct pointing on the first 16
// bits and, of our own, path compression, so that a hundred thousand scattered IPv6 prefixes cost
// few nodes each.
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

/// `Key` holds an address at its left end; it is at least 64 bits wide.
///
/// Memory: 256 KiB for the first 16 bits. Beyond them every node either parts prefixes from one
/// another or ends one, and a path without branches takes a node for every 69 bits: at most 3 nodes
/// of 64 bytes for each prefix.
template <typename Key>
class Poptrie {
 public:
  /// `length` leading bits of `bits` are the prefix; the others are zero.
  struct Prefix {
    Key bits;
    std::uint8_t length;
    std::uint32_t value;
  };

  /// `sorted` by bits, then by length, without two equal prefixes. `none`: what lookup() gives
  /// where no prefix matches. All values are below 2^31.
  Poptrie(const std::vector<Prefix>& sorted, std::uint32_t none);

  /// The value of the longest prefix of `key`.
  std::uint32_t lookup(Key key) const noexcept {
    std::uint32_t entry = direct(key);
    key <<= kDirectBits;
    while ((entry & kIsNode) != 0) entry = step(entry, key);
    return entry;
  }

  /// A lookup under way, one of a burst: `entry` is a node, `key` shifted past what has been read.
  struct Pending {
    Key key;
    std::uint32_t entry;
    std::uint32_t index;  ///< of its result
  };

  /// Begins a lookup. Returns true when it is done with `value`, false when `pending` has to be
  /// handed to finish() with the rest of its burst; what that reads first is on its way.
  bool begin(Key key, Pending& pending, std::uint32_t& value) const noexcept {
    value = direct(key);
    if ((value & kIsNode) == 0) return true;
    prefetch(value);
    pending.key = key << kDirectBits;
    pending.entry = value;
    return false;
  }

  /// Takes all of them a node further in turn, so that their memory accesses overlap; writes
  /// values[index] of each. Uses `burst` as its scratch.
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
  static constexpr std::uint32_t kIsNode = 0x8000'0000;  ///< an entry without it is a value
  static constexpr std::uint32_t kOwnLeaves = 0xffff'ffff;

  /// One cache line. `skip` bits of the key have to equal those of `skipped`, else the value is
  /// leaf 0. Of the slot that the next six bits name: its bit in `inner` says that it leads to a
  /// node, numbered from `nodes`; otherwise to a leaf. Neighbouring equal leaves are one run;
  /// `runs` marks where runs begin, and they are numbered from 1.
  struct alignas(64) Node {
    std::uint64_t inner = 0;
    std::uint64_t runs = 0;
    std::uint64_t skipped = 0;
    std::uint32_t skip = 0;
    std::uint32_t nodes = 0;
    std::uint32_t leaves = kOwnLeaves;  ///< where in leaves_, if there are too many for `own`
    std::array<std::uint32_t, 7> own{};
  };
  static_assert(sizeof(Node) == 64);

  /// Of most addresses that no prefix matches a bit says so, which is in the first cache where
  /// direct_ is not: a flood's sources are such addresses, and come from everywhere.
  std::uint32_t direct(Key key) const noexcept {
    const auto slot = static_cast<std::size_t>(key >> (kKeyBits - kDirectBits));
    const std::uint64_t any = mask_of((any_[slot / 64] >> slot % 64 & 1) != 0);
    return direct_[kDirect ^ ((kDirect ^ slot) & any)];
  }
  void prefetch(std::uint32_t entry) const noexcept { prefetch_line(&nodes_[entry & ~kIsNode]); }
  std::uint32_t leaf(const Node& node, std::uint32_t number) const noexcept {
    return node.leaves == kOwnLeaves ? node.own[number] : leaves_[node.leaves + number];
  }

  /// One node further: the entry of the next one, or a value.
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

  std::vector<std::uint32_t> direct_;  ///< by the first bits; the last one is that of no prefix
  std::vector<std::uint64_t> any_;     ///< a bit for each of them where it is another
  std::vector<Node> nodes_;
  std::vector<std::uint32_t> leaves_;
};

extern template class Poptrie<std::uint64_t>;
extern template class Poptrie<Bits128>;

}  // namespace floodgauge
