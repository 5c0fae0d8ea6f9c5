// How many distinct sources each protected prefix has in one window. Where there are many prefixes,
// most have few sources: one cache line a prefix holds those. A prefix with more sources gets a
// sketch of a pool. Both give the same estimate (hyperloglog.h). One writer, fixed memory, resident
// only where used.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>

#include "engine/base/huge_array.h"
#include "engine/base/prefetch.h"
#include "engine/sketch/hyperloglog.h"

namespace floodgauge {

class PrefixSources {
 public:
  /// How many prefixes may have more than a few sources in one window. Further prefixes count only
  /// as many sources as fit in their cache line.
  static constexpr std::uint32_t kSketches = 16384;

  explicit PrefixSources(std::uint32_t prefixes)
      : few_(prefixes), sketch_of_(prefixes), sketches_(std::min(prefixes, kSketches)) {}

  /// `hash`: the keyed hash of the source.
  [[gnu::always_inline]] void add(std::uint32_t prefix, std::uint64_t hash) {
    const std::uint16_t sketch = sketch_of_[prefix];
    if (sketch != 0) {
      sketches_[sketch - 1u].add(hash);
    } else if (!few_[prefix].add(hash)) [[unlikely]] {
      take_sketch(prefix, hash);
    }
  }

  /// Prefetches what add() is going to touch.
  void prefetch(std::uint32_t prefix, std::uint64_t hash) const {
    const std::uint16_t sketch = sketch_of_[prefix];
    if (sketch != 0) {
      sketches_[sketch - 1u].prefetch(hash);
    } else {
      prefetch_line_to_write(&few_[prefix]);
    }
  }

  /// Prefetches the prefix's cache line alone, before the hash is known: where there are many
  /// prefixes, it is in no cache.
  void prefetch_few(std::uint32_t prefix) const { prefetch_line_to_write(&few_[prefix]); }

  /// Empties it. `touched` must have every prefix that was added to.
  void clear(std::span<const std::uint32_t> touched) {
    for (const std::uint32_t prefix : touched) {
      few_[prefix].clear();
      sketch_of_[prefix] = 0;
    }
    for (std::uint32_t i = 0; i < sketches_used_; ++i) sketches_[i].clear();
    sketches_used_ = 0;
  }

  /// Adds a prefix's sources to `sum`.
  void merge_into(GrowingHyperLogLog<12>& sum, std::uint32_t prefix) const {
    if (const std::uint16_t sketch = sketch_of_[prefix]; sketch != 0) {
      sum.merge(sketches_[sketch - 1u]);
    } else {
      sum.merge(few_[prefix]);
    }
  }

  void prefault() {
    few_.prefault();
    sketch_of_.prefault();
    sketches_.prefault();
  }
  std::size_t memory_bytes() const { return few_.bytes() + sketch_of_.bytes() + sketches_.bytes(); }

 private:
  using Few = SparseHyperLogLog<12, 16>;
  static_assert(sizeof(Few) == 64);

  [[gnu::noinline]] void take_sketch(std::uint32_t prefix, std::uint64_t hash) {
    if (sketches_used_ == sketches_.size()) return;
    WindowSources& sketch = sketches_[sketches_used_];
    few_[prefix].merge_into(sketch);
    sketch.add(hash);
    sketch_of_[prefix] = static_cast<std::uint16_t>(++sketches_used_);
  }

  HugeArray<Few> few_;
  HugeArray<std::uint16_t> sketch_of_;  ///< its sketch + 1; 0: none
  HugeArray<WindowSources> sketches_;
  std::uint32_t sketches_used_ = 0;
};

}  // namespace floodgauge
