// A set of vectors: one bit for each, in two words.
#pragma once

#include <bit>
#include <cstdint>

namespace floodgauge {

enum class Vector : std::uint8_t;

class VectorSet {
 public:
  constexpr VectorSet() = default;

  static constexpr VectorSet of(Vector vector) {
    const auto bit = static_cast<unsigned>(vector);
    VectorSet set;
    (bit < 64 ? set.low_ : set.high_) = std::uint64_t{1} << (bit % 64);
    return set;
  }

  constexpr bool any() const { return (low_ | high_) != 0; }
  constexpr bool contains(Vector vector) const { return (*this & of(vector)).any(); }
  constexpr unsigned size() const {
    return static_cast<unsigned>(std::popcount(low_) + std::popcount(high_));
  }
  /// How many of its vectors come before this one in the order of the enum.
  constexpr unsigned index_of(Vector vector) const {
    const auto bit = static_cast<unsigned>(vector);
    const std::uint64_t before = (std::uint64_t{1} << (bit % 64)) - 1;
    if (bit < 64) return static_cast<unsigned>(std::popcount(low_ & before));
    return static_cast<unsigned>(std::popcount(low_) + std::popcount(high_ & before));
  }
  /// Calls visit(vector) for each, in the order of the enum.
  template <typename Visit>
  constexpr void for_each(Visit&& visit) const {
    for (std::uint64_t left = low_; left != 0; left &= left - 1) {
      visit(static_cast<Vector>(std::countr_zero(left)));
    }
    for (std::uint64_t left = high_; left != 0; left &= left - 1) {
      visit(static_cast<Vector>(64 + std::countr_zero(left)));
    }
  }

  constexpr VectorSet& operator|=(const VectorSet& other) { return *this = *this | other; }
  constexpr VectorSet& operator&=(const VectorSet& other) { return *this = *this & other; }
  friend constexpr VectorSet operator|(const VectorSet& a, const VectorSet& b) {
    return VectorSet(a.low_ | b.low_, a.high_ | b.high_);
  }
  friend constexpr VectorSet operator&(const VectorSet& a, const VectorSet& b) {
    return VectorSet(a.low_ & b.low_, a.high_ & b.high_);
  }
  constexpr VectorSet operator~() const { return VectorSet(~low_, ~high_); }
  constexpr bool operator==(const VectorSet&) const = default;

 private:
  constexpr VectorSet(std::uint64_t low, std::uint64_t high) : low_(low), high_(high) {}

  std::uint64_t low_ = 0;
  std::uint64_t high_ = 0;
};

constexpr VectorSet set_of(Vector vector) {
  return VectorSet::of(vector);
}

}  // namespace floodgauge
