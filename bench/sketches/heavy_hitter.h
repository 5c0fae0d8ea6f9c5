// The interface of the heavy-hitter sketches that are compared: kName, a constructor that takes the
// number of bytes that the sketch may use, add(key, hash), and top(n).
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "engine/base/address.h"

namespace floodgauge::bench {

struct Ranked {
  IpAddress key;
  std::uint64_t count;
};

/// The `n` heaviest, the heaviest first.
inline std::vector<Ranked> heaviest(std::vector<Ranked> all, std::size_t n) {
  n = std::min(n, all.size());
  std::partial_sort(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(n), all.end(),
                    [](const Ranked& a, const Ranked& b) {
                      return a.count != b.count ? a.count > b.count : a.key < b.key;
                    });
  all.resize(n);
  return all;
}

/// A fast generator (xorshift) with a fixed seed: each run draws the same numbers.
class SeededRandom {
 public:
  std::uint64_t operator()() {
    state_ ^= state_ << 13;
    state_ ^= state_ >> 7;
    state_ ^= state_ << 17;
    return state_;
  }
  /// True with probability 1 / n.
  bool one_in(std::uint64_t n) { return (*this)() % n == 0; }

 private:
  std::uint64_t state_ = 0x2545f4914f6cdd1d;
};

}  // namespace floodgauge::bench
