// HyperLogLog: an estimate of the number of distinct keys, in a few kilobytes however many there
// are. Flajolet, Fusy, Gandouet and Meunier, "HyperLogLog: the analysis of a near-optimal
// cardinality estimation algorithm", AofA 2007. The estimator is the improved raw estimator of
// Ertl, "New cardinality estimation algorithms for HyperLogLog sketches", arXiv:1702.01284,
// algorithm 6. It needs no tables of empirical bias, as HyperLogLog++ (Heule et al., EDBT 2013)
// does, and no switch between formulas for small and large counts.
//
// The relative standard error is 1.04 / sqrt(2^Precision): 1.15 % at 13, 3.25 % at 10, 13 % at 6.
#pragma once

#include <emmintrin.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstdint>
#include <memory>
#include <span>

#include "engine/base/prefetch.h"

namespace floodgauge {

/// The estimate of distinct keys. `counts[v]`: how many registers have the value v. The last index
/// is the largest value that a register can have, and the sum of `counts` is the number of
/// registers. Infinite if every register has the largest value.
double hyperloglog_estimate(std::span<const std::uint32_t> counts);

namespace hyperloglog_detail {

struct Observation {
  std::uint32_t index;
  std::uint8_t rank;
};

/// The register of a hash, given by its first Precision bits, and the rank of the hash: the
/// position of the first 1 in the remaining bits, 1 .. 65 - Precision.
template <unsigned Precision>
constexpr Observation observe(std::uint64_t hash) {
  const auto index = static_cast<std::uint32_t>(hash >> (64 - Precision));
  const std::uint64_t rest = hash << Precision | std::uint64_t{1} << (Precision - 1);
  return {index, static_cast<std::uint8_t>(std::countl_zero(rest) + 1)};
}

}  // namespace hyperloglog_detail

/// The dense form: 2^Precision registers of one byte, no pointers, trivially copyable. The register
/// values depend only on the set of hashes, not on their order, and not on how they were split over
/// sketches that were then merged.
template <unsigned Precision>
class HyperLogLog {
 public:
  static_assert(Precision >= 4 && Precision <= 16);
  static constexpr std::size_t kRegisters = std::size_t{1} << Precision;
  static constexpr std::size_t kMaxRank = 65 - Precision;

  /// `hash`: 64 uniform bits, keyed (keyed_hash.h).
  void add(std::uint64_t hash) {
    const auto [index, rank] = hyperloglog_detail::observe<Precision>(hash);
    // std::max compiles to no branch. A branch could not be predicted: at first every other hash
    // raises its register.
    registers_[index] = std::max(registers_[index], rank);
  }

  void prefetch(std::uint64_t hash) const {
    prefetch_line_to_write(&registers_[hyperloglog_detail::observe<Precision>(hash).index]);
  }

  /// Raises one register to `rank` if it is below it.
  void raise(std::uint32_t index, std::uint8_t rank) {
    if (registers_[index] < rank) registers_[index] = rank;
  }

  /// Makes this the sketch of the union of both sets.
  void merge(const HyperLogLog& other) {
    for (std::size_t i = 0; i < kRegisters; ++i) {
      const std::uint8_t mine = registers_[i];
      const std::uint8_t theirs = other.registers_[i];
      registers_[i] = mine < theirs ? theirs : mine;
    }
  }

  /// The estimated number of distinct hashes. Reads every register, which is affordable once per
  /// window, but not once per packet.
  double estimate() const {
    std::array<std::uint32_t, kMaxRank + 1> counts{};
    for (const std::uint8_t value : registers_) ++counts[value];
    return hyperloglog_estimate(counts);
  }

  void clear() { registers_.fill(0); }

  static constexpr double standard_error() { return 1.04 / std::sqrt(double{kRegisters}); }

  std::span<const std::uint8_t, kRegisters> registers() const { return registers_; }

  bool operator==(const HyperLogLog&) const = default;

 private:
  alignas(64) std::array<std::uint8_t, kRegisters> registers_{};
};

/// The sparse form: a list of the registers that are not zero, at most `Slots` of them, in no
/// order. It is exact: its estimate, and the dense sketch that it is merged into, are the same as
/// if the hashes had been added to a dense sketch. Trivially copyable. With 16 slots it is one
/// cache line.
template <unsigned Precision, std::size_t Slots>
class alignas(64) SparseHyperLogLog {
 public:
  static_assert(Precision <= 16 && Slots % 16 == 0 && Slots <= 64);

  /// Returns false, and changes nothing, if there is no room for another register. Then continue
  /// with a dense sketch: see merge_into().
  bool add(std::uint64_t hash) {
    const auto [index, rank] = hyperloglog_detail::observe<Precision>(hash);
    return raise(index, rank);
  }

  /// Returns false if there is no room. This sketch then contains a part of the other one, and both
  /// have to be merged into a dense sketch.
  template <std::size_t Others>
  bool merge(const SparseHyperLogLog<Precision, Others>& other) {
    bool room = true;
    other.for_each(
        [&](std::uint32_t index, std::uint8_t rank) { room = room && raise(index, rank); });
    return room;
  }

  void merge_into(HyperLogLog<Precision>& dense) const {
    for_each([&](std::uint32_t index, std::uint8_t rank) { dense.raise(index, rank); });
  }

  double estimate() const {
    std::array<std::uint32_t, HyperLogLog<Precision>::kMaxRank + 1> counts{};
    for_each([&](std::uint32_t, std::uint8_t rank) { ++counts[rank]; });
    counts[0] = static_cast<std::uint32_t>(HyperLogLog<Precision>::kRegisters - size_);
    return hyperloglog_estimate(counts);
  }

  /// Calls visit(index, rank) for each register that is not zero.
  template <typename Visit>
  void for_each(Visit&& visit) const {
    for (std::size_t i = 0; i < size_; ++i) visit(std::uint32_t{indices_[i]}, ranks_[i]);
  }

  /// The number of registers in the list.
  std::size_t size() const { return size_; }
  void clear() { size_ = 0; }

 private:
  bool raise(std::uint32_t index, std::uint8_t rank) {
    const auto at = static_cast<std::uint32_t>(std::countr_zero(slots_of(index)));
    if (at < size_) {  // slots from size_ on may contain values from before clear()
      if (ranks_[at] < rank) ranks_[at] = rank;
      return true;
    }
    if (size_ == Slots) return false;
    indices_[size_] = static_cast<std::uint16_t>(index);
    ranks_[size_++] = rank;
    return true;
  }

  /// Bit i is set if slot i has the index.
  std::uint64_t slots_of(std::uint32_t index) const {
    const __m128i wanted = _mm_set1_epi16(static_cast<std::int16_t>(index));
    std::uint64_t slots = 0;
    for (std::size_t i = 0; i < Slots; i += 16) {
      const auto* at = reinterpret_cast<const __m128i*>(&indices_[i]);
      const __m128i equal = _mm_packs_epi16(_mm_cmpeq_epi16(_mm_load_si128(at), wanted),
                                            _mm_cmpeq_epi16(_mm_load_si128(at + 1), wanted));
      slots |= std::uint64_t{static_cast<unsigned>(_mm_movemask_epi8(equal))} << i;
    }
    return slots;
  }

  alignas(
      16) std::array<std::uint16_t, Slots> indices_{};  ///< of registers; the first size_ are used
  std::array<std::uint8_t, Slots> ranks_{};
  std::uint32_t size_ = 0;
};

/// Starts sparse and becomes dense when it no longer fits. For the control path, which has many
/// sketches with mostly few keys. Allocates the dense sketch when it needs it.
template <unsigned Precision>
class GrowingHyperLogLog {
 public:
  /// `hash`: 64 uniform bits, keyed.
  void add(std::uint64_t hash) {
    if (dense_ != nullptr || !sparse_.add(hash)) dense().add(hash);
  }
  void merge(const HyperLogLog<Precision>& other) { dense().merge(other); }
  template <std::size_t Others>
  void merge(const SparseHyperLogLog<Precision, Others>& other) {
    if (dense_ == nullptr && sparse_.merge(other)) return;
    other.merge_into(dense());
  }
  void merge(const GrowingHyperLogLog& other) {
    other.dense_ != nullptr ? merge(*other.dense_) : merge(other.sparse_);
  }

  double estimate() const { return dense_ != nullptr ? dense_->estimate() : sparse_.estimate(); }

  void clear() {
    sparse_.clear();
    dense_.reset();
  }

 private:
  HyperLogLog<Precision>& dense() {
    if (dense_ == nullptr) {
      dense_ = std::make_unique<HyperLogLog<Precision>>();
      sparse_.merge_into(*dense_);
    }
    return *dense_;
  }

  SparseHyperLogLog<Precision, 32> sparse_;
  std::unique_ptr<HyperLogLog<Precision>> dense_;
};

/// Sources of one incident: 8 KiB, standard error 1.15 %.
using IncidentSources = HyperLogLog<13>;
/// Sources of one protected prefix in one window: 4 KiB, standard error 1.6 %.
using WindowSources = HyperLogLog<12>;

}  // namespace floodgauge
