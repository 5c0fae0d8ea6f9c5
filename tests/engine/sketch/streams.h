// Seeded streams of keys for the tests of the sketches.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <random>
#include <vector>

#include "engine/base/address.h"

namespace floodgauge {

/// Address number `i`, counted from 10.0.0.0: consecutive addresses.
inline IpAddress address_number(std::uint32_t i) {
  return IpAddress::from_v4(0x0a000000u + i);
}

/// Draws numbers 0 .. keys - 1 with probability proportional to 1 / (number + 1)^exponent.
class Zipf {
 public:
  Zipf(std::size_t keys, double exponent) : cumulative_(keys) {
    double sum = 0;
    for (std::size_t i = 0; i < keys; ++i) {
      sum += std::pow(static_cast<double>(i + 1), -exponent);
      cumulative_[i] = sum;
    }
  }
  std::uint32_t operator()(std::mt19937_64& random) const {
    const double at = std::uniform_real_distribution<double>(0, cumulative_.back())(random);
    const auto found = std::upper_bound(cumulative_.begin(), cumulative_.end(), at);
    const auto index = static_cast<std::size_t>(found - cumulative_.begin());
    return static_cast<std::uint32_t>(std::min(index, cumulative_.size() - 1));
  }

 private:
  std::vector<double> cumulative_;
};

}  // namespace floodgauge
