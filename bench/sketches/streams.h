// Seeded streams of keys for the comparisons, with their true counts.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <random>
#include <utility>
#include <vector>

#include "engine/base/address.h"

namespace floodgauge::bench {

constexpr std::size_t kKeys = 1'000'000;
constexpr std::size_t kTop = 100;
constexpr double kExponent = 1.05;

/// The address of key number `i`: addresses from 1.0.0.0 on.
inline IpAddress address(std::uint32_t i) {
  return IpAddress::from_v4(0x01000000u + i);
}

/// A stream of key numbers, one per packet, with the true counts.
struct Stream {
  const char* name;
  std::vector<std::uint32_t> draws;
  std::vector<std::uint32_t> counts;
  std::vector<std::uint32_t> heaviest;  ///< the kTop heaviest keys, the heaviest first
};

/// Counts the keys of `draws`, which are less than `keys`.
inline Stream finish(const char* name, std::vector<std::uint32_t> draws, std::size_t keys) {
  Stream stream{name, std::move(draws), std::vector<std::uint32_t>(keys), {}};
  for (const std::uint32_t draw : stream.draws) ++stream.counts[draw];
  std::vector<std::uint32_t> order(keys);
  for (std::uint32_t i = 0; i < keys; ++i) order[i] = i;
  std::partial_sort(
      order.begin(), order.begin() + kTop, order.end(),
      [&stream](std::uint32_t a, std::uint32_t b) { return stream.counts[a] > stream.counts[b]; });
  stream.heaviest.assign(order.begin(), order.begin() + kTop);
  return stream;
}

/// Draws numbers 0 .. keys - 1 with probability proportional to (number + 1)^-exponent, by Walker's
/// alias method.
class Zipf {
 public:
  Zipf(std::size_t keys, double exponent) : accept_(keys), alias_(keys) {
    double sum = 0;
    for (std::size_t i = 0; i < keys; ++i) {
      accept_[i] = std::pow(static_cast<double>(i + 1), -exponent);
      sum += accept_[i];
    }
    std::vector<std::uint32_t> small, large;
    for (std::uint32_t i = 0; i < keys; ++i) {
      accept_[i] *= static_cast<double>(keys) / sum;
      (accept_[i] < 1 ? small : large).push_back(i);
    }
    while (!small.empty() && !large.empty()) {
      const std::uint32_t poor = small.back(), rich = large.back();
      small.pop_back();
      alias_[poor] = rich;
      accept_[rich] -= 1 - accept_[poor];
      if (accept_[rich] < 1) {
        large.pop_back();
        small.push_back(rich);
      }
    }
    for (const std::uint32_t i : small) accept_[i] = 1;
    for (const std::uint32_t i : large) accept_[i] = 1;
  }
  std::uint32_t operator()(std::mt19937_64& random) const {
    const std::uint64_t draw = random();
    const auto i = static_cast<std::uint32_t>((draw >> 32) * accept_.size() >> 32);
    return static_cast<double>(draw & 0xffffffff) * 0x1p-32 < accept_[i] ? i : alias_[i];
  }

 private:
  std::vector<double> accept_;
  std::vector<std::uint32_t> alias_;
};

inline Stream zipf_stream(std::size_t packets) {
  std::mt19937_64 random(1);
  const Zipf zipf(kKeys, kExponent);
  std::vector<std::uint32_t> draws(packets);
  for (std::uint32_t& draw : draws) draw = zipf(random);
  return finish("Zipf 1.05 over a million sources", std::move(draws), kKeys);
}

/// 95 % of the packets come from spoofed sources, each used once, and the rest from 1,000 real ones
/// with Zipf 1.05.
inline Stream spoofed_stream(std::size_t packets) {
  std::mt19937_64 random(2);
  const Zipf zipf(1000, kExponent);
  std::vector<std::uint32_t> draws(packets);
  for (std::uint32_t i = 0; i < packets; ++i)
    draws[i] = random() % 20 == 0 ? zipf(random) : 1000 + i;
  return finish("95 % spoofed, each source once", std::move(draws), packets + 1000);
}

}  // namespace floodgauge::bench
