#include "engine/sketch/count_min.h"

#include <gtest/gtest.h>
#include <map>
#include <random>
#include <vector>

#include "engine/base/keyed_hash.h"
#include "tests/engine/sketch/streams.h"

namespace floodgauge {
namespace {

using Linear = CountMin<4, CountMinUpdate::linear>;
using Conservative = CountMin<4, CountMinUpdate::conservative>;

std::uint64_t hash(std::uint32_t key, std::uint64_t seed = 1) {
  return hash_of(address_number(key), key_from_seed(seed));
}

struct Stream {
  std::vector<std::uint32_t> draws;
  std::map<std::uint32_t, std::uint32_t> truth;
};

Stream zipf_stream(std::size_t draws, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  const Zipf zipf(50'000, 1.05);
  Stream stream;
  for (std::size_t i = 0; i < draws; ++i) {
    stream.draws.push_back(zipf(random));
    ++stream.truth[stream.draws.back()];
  }
  return stream;
}

/// The keys whose estimates are too low, and those whose estimates exceed the error bound.
struct Misses {
  std::size_t low = 0;
  std::size_t above_bound = 0;
  double excess = 0;  ///< estimate minus count, summed over the keys
};
template <class Sketch>
Misses misses_of(const Sketch& sketch, const Stream& stream, std::uint64_t seed = 1) {
  Misses misses;
  for (const auto& [key, count] : stream.truth) {
    const std::uint32_t estimate = sketch.estimate(hash(key, seed));
    misses.low += estimate < count;
    misses.above_bound += estimate - count > sketch.error_bound();
    misses.excess += estimate - count;
  }
  return misses;
}

TEST(CountMin, ExactForFewKeys) {
  Linear linear(4096);
  Conservative conservative(4096);
  for (std::uint32_t key = 0; key < 20; ++key) {
    linear.add(hash(key), key + 1);
    conservative.add(hash(key), key + 1);
  }
  for (std::uint32_t key = 0; key < 20; ++key) {
    EXPECT_EQ(linear.estimate(hash(key)), key + 1);
    EXPECT_EQ(conservative.estimate(hash(key)), key + 1);
  }
  EXPECT_EQ(linear.estimate(hash(1000)), 0u);
}

TEST(CountMin, EstimatesAreNeverTooLowAndRarelyExceedTheBound) {
  for (std::uint64_t seed = 1; seed <= 5; ++seed) {
    const Stream stream = zipf_stream(200'000, seed);
    Linear linear(2048);
    Conservative conservative(2048);
    for (const std::uint32_t key : stream.draws) {
      linear.add(hash(key, seed));
      EXPECT_GE(conservative.add(hash(key, seed)), 1u);
    }
    const Misses of_linear = misses_of(linear, stream, seed);
    const Misses of_conservative = misses_of(conservative, stream, seed);
    EXPECT_EQ(of_linear.low, 0u);
    EXPECT_EQ(of_conservative.low, 0u);
    // e^-4 is 1.8 % of the keys.
    EXPECT_LT(static_cast<double>(of_linear.above_bound),
              0.018 * static_cast<double>(stream.truth.size()));
    EXPECT_LE(of_conservative.above_bound, of_linear.above_bound);
    EXPECT_LT(of_conservative.excess, 0.7 * of_linear.excess)
        << "the benefit of the more expensive update";
  }
}

TEST(CountMin, LinearSketchesOfPartsMergeToTheWhole) {
  const Stream stream = zipf_stream(50'000, 7);
  Linear whole(1024);
  for (const std::uint32_t key : stream.draws) whole.add(hash(key));
  std::mt19937_64 random(1);
  for (const std::size_t workers : {2u, 5u}) {
    std::vector<Linear> parts(workers, Linear(1024));
    for (const std::uint32_t key : stream.draws) parts[random() % workers].add(hash(key));
    Linear merged(1024);
    for (const Linear& part : parts) merged.merge(part);
    EXPECT_EQ(merged, whole) << workers;
  }
}

TEST(CountMin, ConservativeSketchesOfPartsMergeWithinTheBound) {
  const Stream stream = zipf_stream(50'000, 8);
  Linear linear(1024);
  Conservative parts[] = {Conservative(1024), Conservative(1024), Conservative(1024)};
  std::mt19937_64 random(1);
  for (const std::uint32_t key : stream.draws) {
    linear.add(hash(key));
    parts[random() % 3].add(hash(key));
  }
  parts[0].merge(parts[1]);
  parts[0].merge(parts[2]);
  EXPECT_EQ(parts[0].total(), stream.draws.size());
  for (const auto& [key, count] : stream.truth) {
    EXPECT_GE(parts[0].estimate(hash(key)), count);
    EXPECT_LE(parts[0].estimate(hash(key)), linear.estimate(hash(key)));
  }
}

TEST(CountMin, SketchesOfDifferentWidthsDoNotMerge) {
  Linear a(1024), b(2048);
  EXPECT_THROW(a.merge(b), std::invalid_argument);
}

TEST(CountMin, CountersSaturate) {
  constexpr std::uint32_t kLargest = 0xffffffff;
  Linear linear(16);
  Conservative conservative(16);
  for (int i = 0; i < 3; ++i) {
    linear.add(hash(1), 0x80000000u);
    conservative.add(hash(1), 0x80000000u);
  }
  EXPECT_EQ(linear.estimate(hash(1)), kLargest);
  EXPECT_EQ(conservative.estimate(hash(1)), kLargest);
  linear.merge(linear);
  EXPECT_EQ(linear.estimate(hash(1)), kLargest);
  EXPECT_EQ(linear.total(), 2 * 3 * 0x80000000ull);
}

TEST(CountMin, ClearRemovesEverything) {
  Conservative sketch(64);
  sketch.add(hash(1), 5);
  sketch.clear();
  EXPECT_EQ(sketch, Conservative(64));
}

// With the hash key an attacker can find keys that share the victim's counters in each row.
TEST(CountMin, OnlyAnAttackerWithTheHashKeyCanInflateAVictim) {
  constexpr std::uint64_t kKnown = 1;
  constexpr std::uint32_t kVictim = 0;
  constexpr std::size_t kKeysARow = 50;
  const Conservative empty(4096);
  const auto victim = empty.positions(hash(kVictim, kKnown));
  std::array<std::size_t, 4> found{};
  std::vector<std::uint32_t> crafted;
  for (std::uint32_t key = 1; crafted.size() < 4 * kKeysARow; ++key) {
    const auto positions = empty.positions(hash(key, kKnown));
    for (std::size_t row = 0; row < 4; ++row) {
      if (positions[row] != victim[row] || found[row] == kKeysARow) continue;
      ++found[row];
      crafted.push_back(key);
    }
  }
  const auto attacked = [&crafted](std::uint64_t seed) {
    Conservative sketch(4096);
    for (int packet = 0; packet < 100; ++packet) {
      for (const std::uint32_t key : crafted) sketch.add(hash(key, seed));
    }
    return sketch.estimate(hash(kVictim, seed)) / sketch.error_bound();
  };
  EXPECT_GT(attacked(kKnown), 5) << "the victim sent nothing, but is estimated as a heavy sender";
  for (std::uint64_t secret = 1000; secret < 1020; ++secret)
    EXPECT_LE(attacked(secret), 1) << secret;
}

}  // namespace
}  // namespace floodgauge
