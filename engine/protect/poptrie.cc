#include "engine/protect/poptrie.h"

#include <algorithm>
#include <array>

namespace floodgauge {

/// Handles the prefixes of `range` at the `stride` bits from `offset` on, which select a slot.
/// Writes the value of each prefix that ends within these bits to all its slots. Calls
/// visit_longer(slot, range) once for each slot that longer prefixes continue below. Because the
/// prefixes are sorted, a prefix comes before those that it contains, so longer ones overwrite its
/// value; and the longer prefixes of one slot are consecutive.
template <typename Key>
template <typename Visit>
void Poptrie<Key>::fill_slots(Range range, unsigned offset, unsigned stride, std::uint32_t* slots,
                              Visit&& visit_longer) {
  const auto slot_of = [=](const Prefix& prefix) {
    return static_cast<std::size_t>((prefix.bits << offset) >> (kKeyBits - stride));
  };
  for (Iterator prefix = range.begin; prefix != range.end;) {
    const std::size_t slot = slot_of(*prefix);
    if (prefix->length <= offset + stride) {
      const std::size_t count = std::size_t{1} << (offset + stride - prefix->length);
      std::fill_n(slots + slot, count, prefix->value);
      ++prefix;
      continue;
    }
    const Iterator end = std::find_if(prefix, range.end,
                                      [&](const Prefix& other) { return slot_of(other) != slot; });
    visit_longer(slot, Range{prefix, end});
    prefix = end;
  }
}

/// How many bits from `offset` on are equal in all prefixes of the range. Less than the shortest
/// prefix has left, and at most kMaxSkip.
template <typename Key>
unsigned Poptrie<Key>::common_bits(Range range, unsigned offset) {
  unsigned shortest = kKeyBits;
  for (Iterator prefix = range.begin; prefix != range.end; ++prefix) {
    shortest = std::min<unsigned>(shortest, prefix->length);
  }
  unsigned common = std::min(shortest - 1 - offset, kMaxSkip);
  // In a sorted range, bits that are equal in the first and the last prefix are equal in all.
  const Key difference = (range.begin->bits ^ std::prev(range.end)->bits) << offset;
  while ((difference & mask(common)) != 0) --common;
  return common;
}

/// Numbers the runs of equal leaves in `slots`, with `inherited` as number 0. Stores them in the
/// node if they fit, else in leaves_.
template <typename Key>
void Poptrie<Key>::store_leaves(Node& node, std::uint32_t inherited,
                                const std::array<std::uint32_t, kSlots>& slots) {
  std::array<std::uint32_t, 1 + kSlots> leaves;
  leaves[0] = inherited;
  std::size_t count = 1;
  for (std::size_t slot = 0; slot < kSlots; ++slot) {
    if ((node.inner >> slot & 1) != 0) continue;
    if (count > 1 && leaves[count - 1] == slots[slot]) continue;
    node.runs |= std::uint64_t{1} << slot;
    leaves[count++] = slots[slot];
  }
  if (count <= node.own.size()) {
    std::copy_n(leaves.begin(), count, node.own.begin());
  } else {
    node.leaves = static_cast<std::uint32_t>(leaves_.size());
    leaves_.insert(leaves_.end(), leaves.begin(), leaves.begin() + static_cast<int>(count));
  }
}

/// Builds the node with number `index`, and all below it, from the prefixes of `range`.
/// `inherited`: the value of the longest prefix above the node.
template <typename Key>
void Poptrie<Key>::build_node(std::uint32_t index, Range range, unsigned offset,
                              std::uint32_t inherited) {
  Node node;
  node.skip = common_bits(range, offset);
  node.skipped = static_cast<std::uint64_t>((range.begin->bits << offset) >> (kKeyBits - 64));
  offset += node.skip;

  std::array<std::uint32_t, kSlots> slots;
  slots.fill(inherited);
  struct Child {
    std::size_t slot;
    Range range;
  };
  std::vector<Child> children;
  fill_slots(range, offset, kStride, slots.data(), [&](std::size_t slot, Range longer) {
    node.inner |= std::uint64_t{1} << slot;
    children.push_back({slot, longer});
  });

  store_leaves(node, inherited, slots);
  node.nodes = static_cast<std::uint32_t>(nodes_.size());
  nodes_.resize(nodes_.size() + children.size());
  nodes_[index] = node;
  for (std::size_t i = 0; i < children.size(); ++i) {
    build_node(node.nodes + static_cast<std::uint32_t>(i), children[i].range, offset + kStride,
               slots[children[i].slot]);
  }
}

template <typename Key>
Poptrie<Key>::Poptrie(const std::vector<Prefix>& sorted, std::uint32_t none)
    : direct_(kDirect + 1, none), any_(kDirect / 64) {
  fill_slots({sorted.begin(), sorted.end()}, 0, kDirectBits, direct_.data(),
             [&](std::size_t slot, Range longer) {
               const auto index = static_cast<std::uint32_t>(nodes_.size());
               nodes_.emplace_back();
               build_node(index, longer, kDirectBits, direct_[slot]);
               direct_[slot] = kIsNode | index;
             });
  for (std::size_t slot = 0; slot < kDirect; ++slot) {
    any_[slot / 64] |= std::uint64_t{direct_[slot] != none} << slot % 64;
  }
  nodes_.shrink_to_fit();
  leaves_.shrink_to_fit();
}

template class Poptrie<std::uint64_t>;
template class Poptrie<Bits128>;

}  // namespace floodgauge
