// Random numbers that are the same on every machine. The distributions of the standard library are
// implementation-defined, and would give different captures with different compilers.
#pragma once

#include <array>
#include <bit>
#include <cstdint>
#include <span>

#include "engine/base/splitmix64.h"

namespace floodgauge::trafficgen {

/// One step of SplitMix64 (Steele, Lea, Flood, "Fast Splittable Pseudorandom Number Generators",
/// OOPSLA 2014): a bijection of 64 bits that also serves as a hash.
constexpr std::uint64_t mix64(std::uint64_t x) {
  return splitmix64_finaliser(x + 0x9e3779b97f4a7c15u);
}

/// The seed of part `index` of an object with seed `seed`. Parts have independent seeds, so that an
/// additional flood on the command line does not change the ordinary traffic.
constexpr std::uint64_t derive_seed(std::uint64_t seed, std::uint64_t index) {
  return mix64(seed ^ mix64(index));
}

/// xoshiro256** (Blackman and Vigna, "Scrambled Linear Pseudorandom Number Generators", 2018).
class Rng {
 public:
  explicit constexpr Rng(std::uint64_t seed) {
    for (std::uint64_t& word : state_) word = seed = mix64(seed);
  }

  constexpr std::uint64_t next() {
    const std::uint64_t result = std::rotl(state_[1] * 5, 7) * 9;
    const std::uint64_t t = state_[1] << 17;
    state_[2] ^= state_[0];
    state_[3] ^= state_[1];
    state_[1] ^= state_[2];
    state_[0] ^= state_[3];
    state_[2] ^= t;
    state_[3] = std::rotl(state_[3], 45);
    return result;
  }

  /// Uniform in [0, bound), bound < 2^32 and not 0 (the bias is below 2^-32).
  constexpr std::uint32_t below(std::uint32_t bound) {
    return static_cast<std::uint32_t>(((next() >> 32) * bound) >> 32);
  }
  /// Uniform in [low, high].
  constexpr std::uint32_t between(std::uint32_t low, std::uint32_t high) {
    return low + below(high - low + 1);
  }
  /// Uniform in [0, 1).
  constexpr double unit() { return static_cast<double>(next() >> 11) * 0x1p-53; }
  constexpr bool chance(double probability) { return unit() < probability; }
  constexpr std::uint16_t u16() { return static_cast<std::uint16_t>(next() >> 48); }
  constexpr std::uint32_t u32() { return static_cast<std::uint32_t>(next() >> 32); }
  constexpr std::uint8_t u8() { return static_cast<std::uint8_t>(next() >> 56); }
  /// An ephemeral port of a client, from the default range of Linux (wider than that of RFC 6335).
  constexpr std::uint16_t client_port() {
    return static_cast<std::uint16_t>(between(32768, 60999));
  }

  template <typename T>
  constexpr const T& pick(std::span<const T> from) {
    return from[below(static_cast<std::uint32_t>(from.size()))];
  }

 private:
  std::array<std::uint64_t, 4> state_{};
};

}  // namespace floodgauge::trafficgen
