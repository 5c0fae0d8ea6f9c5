// HeavyKeeper, to compare with: Gong et al., "HeavyKeeper: an accurate algorithm for finding top-k
// elephant flows", USENIX ATC 2018, sections 3.2 and 3.4.
#pragma once

#include <array>
#include <cmath>
#include <map>

#include "bench/sketches/heavy_hitter.h"

namespace floodgauge::bench {

/// Two arrays of fingerprint and counter. A counter that is hit by another fingerprint
/// is decremented with probability 1.08^-count. Beside them, the keys of the 100 largest estimates
/// are kept.
class HeavyKeeper {
 public:
  static constexpr const char* kName = "HeavyKeeper";
  static constexpr std::size_t kKept = 100;
  explicit HeavyKeeper(std::size_t bytes) : width_(bytes / sizeof(Cell) / 2), cells_(2 * width_) {
    for (std::size_t i = 0; i < decay_.size(); ++i) {
      decay_[i] = static_cast<std::uint64_t>(std::pow(1.08, -static_cast<double>(i)) * 0x1p63);
    }
  }

  void add(const IpAddress& key, std::uint64_t hash) {
    // Uses bits that neither index depends on.
    const auto fingerprint = static_cast<std::uint16_t>(hash);
    const auto known = kept_.find(key);
    std::uint32_t estimate = 0;
    for (Cell* cell : {&cells_[(hash >> 32) * width_ >> 32],
                       &cells_[width_ + ((hash & 0xffffffff) * width_ >> 32)]}) {
      if (cell->count == 0) {
        *cell = {fingerprint, 1};
        estimate = std::max(estimate, 1u);
      } else if (cell->fingerprint == fingerprint) {
        // "Selective increment": a key that is not kept may not exceed the smallest estimate that
        // is.
        if (known != kept_.end() || cell->count <= least_) ++cell->count;
        estimate = std::max(estimate, cell->count);
      } else if (cell->count < decay_.size() && random_() >> 1 < decay_[cell->count]) {
        if (--cell->count == 0) *cell = {fingerprint, 1};
      }
    }
    keep(key, known, estimate);
  }

  std::vector<Ranked> top(std::size_t n) const {
    std::vector<Ranked> all;
    for (const auto& [key, count] : kept_) all.push_back({key, count});
    return heaviest(std::move(all), n);
  }

 private:
  struct Cell {
    std::uint16_t fingerprint = 0;
    std::uint32_t count = 0;
  };
  using Kept = std::map<IpAddress, std::uint32_t>;

  void keep(const IpAddress& key, Kept::iterator known, std::uint32_t estimate) {
    if (known != kept_.end()) {
      known->second = std::max(known->second, estimate);
    } else if (kept_.size() < kKept) {
      kept_[key] = estimate;
    } else if (estimate > least_) {
      const auto least =
          std::min_element(kept_.begin(), kept_.end(),
                           [](const auto& a, const auto& b) { return a.second < b.second; });
      if (estimate > least->second) {
        kept_.erase(least);
        kept_[key] = estimate;
      }
      least_ = std::min_element(kept_.begin(), kept_.end(), [](const auto& a, const auto& b) {
                 return a.second < b.second;
               })->second;
    }
  }

  std::size_t width_;
  std::vector<Cell> cells_;
  std::array<std::uint64_t, 512> decay_;
  Kept kept_;
  std::uint32_t least_ = 0;
  SeededRandom random_;
};

}  // namespace floodgauge::bench
