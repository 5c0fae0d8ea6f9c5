#include "engine/count/prefix_sources.h"

#include <gtest/gtest.h>

#include <map>
#include <vector>

#include "engine/base/keyed_hash.h"

namespace floodgauge {
namespace {

const HashKey kKey = key_from_seed(1);

std::uint64_t hash_of_number(std::uint64_t number) {
  return hash_of(number, kKey);
}

// Prefixes with few and with many sources, added in turns.
TEST(PrefixSources, EstimatesEachPrefixAsASketchOfItsOwnWould) {
  PrefixSources sources(1000);
  const std::map<std::uint32_t, std::uint32_t> counts{
      {0, 1}, {7, 16}, {8, 17}, {500, 18}, {999, 40'000}};
  std::vector<std::uint32_t> touched;
  for (const auto& [prefix, count] : counts) touched.push_back(prefix);
  for (int round = 0; round < 3; ++round) {
    std::map<std::uint32_t, WindowSources> own;
    for (std::uint32_t i = 0; i < 40'000; ++i) {
      for (const auto& [prefix, count] : counts) {
        const std::uint64_t hash =
            hash_of_number(i % count + static_cast<std::uint32_t>(round) * 50'000);
        sources.add(prefix, hash);
        own[prefix].add(hash);
      }
    }
    for (const std::uint32_t prefix : touched) {
      GrowingHyperLogLog<12> sum;
      sources.merge_into(sum, prefix);
      EXPECT_EQ(sum.estimate(), own[prefix].estimate()) << prefix;
    }
    sources.clear(touched);
  }
  GrowingHyperLogLog<12> nothing;
  for (const std::uint32_t prefix : touched) sources.merge_into(nothing, prefix);
  EXPECT_EQ(nothing.estimate(), 0);
}

TEST(PrefixSources, CountsTheFirstFewSourcesOfPrefixesWithoutASketch) {
  constexpr std::uint32_t kPrefixes = PrefixSources::kSketches + 2;
  PrefixSources sources(kPrefixes);
  for (std::uint32_t prefix = 0; prefix < kPrefixes; ++prefix) {
    for (std::uint32_t i = 0; i < 30; ++i) sources.add(prefix, hash_of_number(i));
  }
  const auto told = [&](std::uint32_t prefix) {
    GrowingHyperLogLog<12> sum;
    sources.merge_into(sum, prefix);
    return sum.estimate();
  };
  EXPECT_NEAR(told(PrefixSources::kSketches - 1), 30, 1);
  EXPECT_NEAR(told(PrefixSources::kSketches), 16, 1);
  EXPECT_NEAR(told(kPrefixes - 1), 16, 1);
}

}  // namespace
}  // namespace floodgauge
