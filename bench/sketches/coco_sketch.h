// CocoSketch for one kind of key, to compare with: Zhang et al., "CocoSketch: high-performance
// sketch-based measurement over arbitrary partial key query", SIGCOMM 2021, section 4.1.
#pragma once

#include "bench/sketches/heavy_hitter.h"

namespace floodgauge::bench {

/// Two arrays of key and counter. A key that is in neither increments the smaller of its two
/// counters, and replaces that counter's key with probability 1 / count.
class CocoSketch {
 public:
  static constexpr const char* kName = "CocoSketch";
  explicit CocoSketch(std::size_t bytes) : width_(bytes / sizeof(Cell) / 2), cells_(2 * width_) {}

  void add(const IpAddress& key, std::uint64_t hash) {
    Cell& a = cells_[(hash >> 32) * width_ >> 32];
    Cell& b = cells_[width_ + ((hash & 0xffffffff) * width_ >> 32)];
    if (a.count != 0 && a.key == key) {
      ++a.count;
    } else if (b.count != 0 && b.key == key) {
      ++b.count;
    } else {
      Cell& least = b.count < a.count ? b : a;
      ++least.count;
      if (random_.one_in(least.count)) least.key = key;
    }
  }

  std::vector<Ranked> top(std::size_t n) const {
    std::vector<Ranked> all;
    for (const Cell& cell : cells_) {
      if (cell.count != 0) all.push_back({cell.key, cell.count});
    }
    return heaviest(std::move(all), n);
  }

 private:
  struct Cell {
    IpAddress key;
    std::uint64_t count = 0;
  };
  std::size_t width_;
  std::vector<Cell> cells_;
  SeededRandom random_;
};

}  // namespace floodgauge::bench
