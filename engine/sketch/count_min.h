// Count-min sketch: how often each of any number of keys was seen, in fixed memory. An estimate is
// never less than what was added for the key. With probability 1 - delta it is at most epsilon x
// total() more. Cormode and Muthukrishnan, "An improved data stream summary: the count-min sketch
// and its applications", J. Algorithms 55(1), 2005: epsilon = e / width, delta = e^-rows.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <numbers>
#include <stdexcept>

#include "engine/base/huge_array.h"
#include "engine/base/prefetch.h"

namespace floodgauge {

enum class CountMinUpdate : std::uint8_t {
  /// Adds to the key's counter in every row. Merging the sketches of the parts of a stream gives
  /// exactly the sketch of the whole stream.
  linear,
  /// Raises to the key's new estimate only those of its counters that are below it (Estan and
  /// Varghese, "New directions in traffic measurement and accounting", SIGCOMM 2002, section 3.2).
  /// Errors are several times smaller. The result depends on the order of the packets and on how
  /// they were split before a merge, but stays within the bound.
  conservative,
};

/// Which column of each row a hash has. Two independent halves of the hash are combined (Kirsch and
/// Mitzenmacher, "Less hashing, same performance", ESA 2006). The step is odd, so that rows never
/// coincide.
struct DoubleHashing {
  /// `width`: columns a row, a power of two.
  DoubleHashing(std::uint64_t hash, std::uint32_t width)
      : start_(static_cast<std::uint32_t>(hash)),
        step_(static_cast<std::uint32_t>(hash >> 32) | 1u),
        shift_(std::countl_zero(width) + 1) {}
  std::uint32_t column(unsigned row) const { return (start_ + row * step_) >> shift_; }

 private:
  std::uint32_t start_;
  std::uint32_t step_;
  int shift_;
};

/// Which column of each row a hash has: row r takes 16 bits of the hash, from bit 16 r on. For at
/// most four rows of at most 65,536 columns.
struct HashSlices {
  HashSlices(std::uint64_t hash, std::uint32_t width) : hash_(hash), mask_(width - 1) {}
  std::uint32_t column(unsigned row) const {
    return static_cast<std::uint32_t>(hash_ >> 16 * row) & mask_;
  }

 private:
  std::uint64_t hash_;
  std::uint32_t mask_;
};

/// `Rows` rows of 32-bit counters that stop at their greatest value. Columns: DoubleHashing or
/// HashSlices.
template <unsigned Rows, CountMinUpdate Update = CountMinUpdate::conservative,
          typename Columns = DoubleHashing>
class CountMin {
 public:
  static_assert(Rows >= 1 && Rows <= 8);

  /// `width`: counters per row, 2 to 2^28, rounded up to a power of two. Allocates all memory.
  explicit CountMin(std::uint32_t width)
      : width_(std::bit_ceil(std::clamp(width, 2u, 1u << 28))),
        counters_(std::size_t{Rows} * width_) {}
  CountMin(const CountMin& other) : CountMin(other.width_) { *this = other; }
  /// Takes over the counters of a sketch of the same width.
  CountMin& operator=(const CountMin& other) {
    std::copy_n(other.counters_.data(), counters_.size(), counters_.data());
    total_ = other.total_;
    return *this;
  }

  /// Adds `weight` to the key whose keyed hash is `hash`. Returns the key's new estimate.
  std::uint32_t add(std::uint64_t hash, std::uint32_t weight = 1) {
    total_ += weight;
    const auto at = positions(hash);
    if constexpr (Update == CountMinUpdate::linear) {
      std::uint32_t least = std::numeric_limits<std::uint32_t>::max();
      for (const std::size_t i : at) {
        counters_[i] = saturating_sum(counters_[i], weight);
        least = std::min(least, counters_[i]);
      }
      return least;
    } else {
      const std::uint32_t raised = saturating_sum(least_of(at), weight);
      for (const std::size_t i : at) counters_[i] = std::max(counters_[i], raised);
      return raised;
    }
  }

  std::uint32_t estimate(std::uint64_t hash) const { return least_of(positions(hash)); }

  void prefetch(std::uint64_t hash) const {
    for (const std::size_t i : positions(hash)) prefetch_line(&counters_[i]);
  }

  /// Adds the counts of a sketch with the same width and hash key. Throws std::invalid_argument
  /// when the widths differ.
  void merge(const CountMin& other) {
    if (other.width_ != width_) throw std::invalid_argument("CountMin::merge: the widths differ");
    for (std::size_t i = 0; i < counters_.size(); ++i) {
      counters_[i] = saturating_sum(counters_[i], other.counters_[i]);
    }
    total_ += other.total_;
  }

  void clear() {
    std::fill_n(counters_.data(), counters_.size(), 0u);
    total_ = 0;
  }

  using Positions = std::array<std::size_t, Rows>;
  /// The index of a hash's counter in each row.
  Positions positions(std::uint64_t hash) const {
    const Columns columns(hash, width_);
    Positions at;
    for (unsigned row = 0; row < Rows; ++row) {
      at[row] = std::size_t{row} * width_ + columns.column(row);
    }
    return at;
  }

  std::uint64_t total() const { return total_; }
  /// With probability 1 - e^-Rows, an estimate exceeds the true count by at most this.
  double error_bound() const {
    return std::numbers::e / static_cast<double>(width_) * static_cast<double>(total_);
  }
  std::uint32_t width() const { return width_; }
  /// Throws std::bad_alloc when there is not enough memory.
  void prefault() { counters_.prefault(); }
  std::size_t memory_bytes() const { return counters_.bytes(); }

  bool operator==(const CountMin& other) const {
    return width_ == other.width_ && total_ == other.total_ &&
           std::equal(counters_.data(), counters_.data() + counters_.size(),
                      other.counters_.data());
  }

 private:
  std::uint32_t least_of(const Positions& at) const {
    std::uint32_t least = std::numeric_limits<std::uint32_t>::max();
    for (const std::size_t i : at) least = std::min(least, counters_[i]);
    return least;
  }
  static std::uint32_t saturating_sum(std::uint32_t a, std::uint32_t b) {
    const std::uint32_t sum = a + b;
    return sum < a ? std::numeric_limits<std::uint32_t>::max() : sum;
  }

  std::uint32_t width_;
  HugeArray<std::uint32_t> counters_;
  std::uint64_t total_ = 0;
};

}  // namespace floodgauge
