#include "engine/merge/histogram.h"

#include <gtest/gtest.h>

#include <array>
#include <random>

namespace floodgauge {
namespace {

using Ttls = Histogram<256>;

TEST(Histogram, CountsFewAndManyValuesAsATableOfAllWould) {
  std::mt19937 random(3);
  for (const unsigned values : {1u, 8u, 9u, 40u, 256u}) {
    Ttls ttls;
    Ttls::Counts wanted{};
    for (unsigned i = 0; i < 2000; ++i) {
      const std::size_t value = random() % values * 97 % 256;
      const std::uint64_t packets = 1 + random() % 3;
      ttls.add(value, packets);
      wanted[value] += packets;
      ASSERT_EQ(ttls.counts(), wanted) << values << " values, " << i;
    }
  }
}

TEST(Histogram, MergesFewAndManyIntoFewAndMany) {
  for (const std::size_t mine : {0u, 3u, 8u, 20u}) {
    for (const std::size_t theirs : {0u, 3u, 8u, 20u}) {
      Ttls one;
      Ttls other;
      Ttls::Counts wanted{};
      for (std::size_t value = 0; value < mine; ++value) {
        one.add(value);
        ++wanted[value];
      }
      for (std::size_t value = 2; value < 2 + theirs; ++value) {
        other.add(value, 5);
        wanted[value] += 5;
      }
      one.merge(other);
      EXPECT_EQ(one.counts(), wanted) << mine << " and " << theirs;
      one.add(255);
      EXPECT_EQ(one[255], 1u);
      EXPECT_EQ(other[255], 0u);
    }
  }
}

TEST(Histogram, TakesWhatAWorkerCounted) {
  std::array<std::uint32_t, 256> counted{};
  counted[64] = 0xffffffffu;
  Ttls ttls;
  ttls.add(counted);
  ttls.add(counted);
  EXPECT_EQ(ttls[64], 2 * std::uint64_t{0xffffffffu});
  EXPECT_EQ(ttls[63], 0u);
}

TEST(Histogram, IsEmptyAgainWhenCleared) {
  for (const std::size_t values : {3u, 20u}) {
    Ttls ttls;
    for (std::size_t value = 0; value < values; ++value) ttls.add(value);
    EXPECT_FALSE(ttls == Ttls{});
    ttls.clear();
    EXPECT_TRUE(ttls == Ttls{});
    ttls.add(7);
    EXPECT_EQ(ttls[7], 1u);
  }
}

}  // namespace
}  // namespace floodgauge
