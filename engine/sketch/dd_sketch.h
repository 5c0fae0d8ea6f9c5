// Quantiles of durations with a relative error of at most 2 %: DDSketch (Masson, Rim and Lee,
// "DDSketch: A fast and fully-mergeable quantile sketch with relative-error guarantees", PVLDB
// 12(12), 2019), with a fixed range instead of collapsing buckets. Bucket i holds the durations in
// (kLeast * g^(i-1), kLeast * g^i] with g = (1 + e) / (1 - e), and e the relative error. Two
// sketches are merged by adding their buckets.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <optional>

namespace floodgauge {

class DdSketch {
 public:
  static constexpr double kError = 0.02;
  static constexpr double kLeast = 1e-6;  ///< seconds; shorter durations count as this
  static constexpr double kMost = 60;     ///< seconds; longer durations count as this

  void add(double seconds, std::uint32_t times = 1) {
    counts_[bucket_of(seconds)] += times;
    total_ += times;
  }
  void merge(const DdSketch& other) {
    for (std::size_t b = 0; b < kBuckets; ++b) counts_[b] += other.counts_[b];
    total_ += other.total_;
  }
  /// The duration that a share `q` (0..1) of all is at most; nothing while it is empty.
  std::optional<double> quantile(double q) const {
    if (total_ == 0) return std::nullopt;
    const auto rank = static_cast<std::uint64_t>(q * static_cast<double>(total_ - 1));
    std::uint64_t seen = 0;
    for (std::size_t b = 0; b < kBuckets; ++b) {
      seen += counts_[b];
      if (seen > rank) return value_of(b);
    }
    return kMost;
  }
  /// Halves all counts, so that what is added later weighs more.
  void fade() {
    total_ = 0;
    for (std::uint32_t& count : counts_) {
      count /= 2;
      total_ += count;
    }
  }
  std::uint64_t total() const { return total_; }

 private:
  // ln(kMost / kLeast) / ln(1.02 / 0.98) = 447.7
  static constexpr std::size_t kBuckets = 450;

  static double log_growth() {
    static const double value = std::log((1 + kError) / (1 - kError));
    return value;
  }
  static std::size_t bucket_of(double seconds) {
    if (!(seconds > kLeast)) return 0;
    const double at = std::ceil(std::log(std::min(seconds, kMost) / kLeast) / log_growth());
    return std::min(kBuckets - 1, static_cast<std::size_t>(at));
  }
  /// The middle of a bucket, from which its bounds have the same relative distance.
  static double value_of(std::size_t bucket) {
    return kLeast * std::exp(static_cast<double>(bucket) * log_growth()) * (1 - kError);
  }

  std::array<std::uint32_t, kBuckets> counts_{};
  std::uint64_t total_ = 0;
};

}  // namespace floodgauge
