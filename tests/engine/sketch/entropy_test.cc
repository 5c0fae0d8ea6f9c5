#include "engine/sketch/entropy.h"

#include <gtest/gtest.h>
#include <cmath>
#include <random>
#include <vector>

namespace floodgauge {
namespace {

using Counts = std::vector<std::uint64_t>;

TEST(Entropy, KnownDistributions) {
  struct Case {
    Counts counts;
    double bits;
    const char* what;
  };
  const Case cases[] = {
      {{}, 0, "no buckets"},
      {{0, 0}, 0, "nothing counted"},
      {{7, 0, 0}, 0, "all in one"},
      {{5, 5}, 1, "a fair coin"},
      {{3, 3, 3, 3, 0, 0}, 2, "even over four"},
      {{1, 3}, 2 - 0.75 * std::log2(3.0), "a quarter and three"},
      {Counts(256, 1'000'000'000'000), 8, "large counts"},
  };
  for (const Case& c : cases) EXPECT_NEAR(entropy_bits(c.counts), c.bits, 1e-12) << c.what;
  EXPECT_NEAR(normalized_entropy(Counts{4, 4, 0, 0}), 0.5, 1e-12);
}

TEST(Entropy, TheCorrectionRemovesTheBiasOfFewPackets) {
  std::mt19937_64 random(1);
  double plain = 0, corrected = 0;
  constexpr int kTrials = 200;
  for (int trial = 0; trial < kTrials; ++trial) {
    SmallHistogram<64> histogram;
    for (int i = 0; i < 200; ++i) histogram.add(random() % 64);
    plain += entropy_bits(histogram.counts()) / kTrials;
    corrected += entropy_bits_corrected(histogram.counts()) / kTrials;
  }
  EXPECT_LT(plain, 6 - 0.15)
      << "200 packets in 64 buckets look less even than their distribution is";
  EXPECT_NEAR(corrected, 6, 0.06);
  EXPECT_LE(entropy_bits_corrected(Counts{1, 1}), 1.0)
      << "never above the largest possible entropy";
}

TEST(CollisionProbability, IsUnbiasedAndHasTheDocumentedStandardDeviation) {
  std::mt19937_64 random(2);
  constexpr int kTrials = 400;
  constexpr int kPackets = 2000;
  double sum = 0, squares = 0;
  for (int trial = 0; trial < kTrials; ++trial) {
    SmallHistogram<256> histogram;
    for (int i = 0; i < kPackets; ++i) histogram.add(random() % 256);
    const double error = collision_probability(histogram.counts()) - 1.0 / 256;
    sum += error;
    squares += error * error;
  }
  const double sigma = std::sqrt(2.0 * 255) / (256.0 * kPackets);
  EXPECT_LT(std::abs(sum / kTrials), 4 * sigma / std::sqrt(kTrials));
  EXPECT_NEAR(std::sqrt(squares / kTrials), sigma, 0.2 * sigma);
}

TEST(CollisionProbability, IsDefinedForFewPackets) {
  EXPECT_EQ(collision_probability(Counts{}), 1);
  EXPECT_EQ(collision_probability(Counts{1, 0}), 1);
  EXPECT_EQ(collision_probability(Counts{5, 0}), 1);
  EXPECT_EQ(effective_buckets(Counts{5, 0}), 1);
  EXPECT_NEAR(effective_buckets(Counts{1'000'000, 1'000'000}), 2, 1e-5);
}

TEST(SmallHistogram, PartsMergeToTheWholeInAnyOrder) {
  std::mt19937_64 random(3);
  SmallHistogram<64> whole, a, b;
  for (int i = 0; i < 1000; ++i) {
    const std::size_t bucket = random() % 64;
    whole.add(bucket);
    (random() % 2 == 0 ? a : b).add(bucket);
  }
  SmallHistogram<64> other = b;
  other.merge(a);
  a.merge(b);
  EXPECT_EQ(a, whole);
  EXPECT_EQ(other, whole);
}

TEST(LengthBucket, IsMonotonicAndInRange) {
  std::size_t before = 0;
  for (std::uint32_t bytes = 0; bytes < 70'000; ++bytes) {
    const std::size_t bucket = length_bucket(bytes);
    ASSERT_GE(bucket, before);
    ASSERT_LE(bucket, before + 1) << "no bucket is skipped";
    ASSERT_LT(bucket, kLengthBuckets);
    before = bucket;
  }
  EXPECT_EQ(before, kLengthBuckets - 1);
  EXPECT_EQ(length_bucket(0xffffffff), kLengthBuckets - 1);
}

struct Spread {
  const char* what;
  bool spoofed;
  std::uint32_t (*source)(std::mt19937_64&);
};

std::uint32_t any_address(std::mt19937_64& random) {
  return static_cast<std::uint32_t>(random());
}
// The addresses that attack tools use: no private, multicast or reserved networks.
std::uint32_t routable_address(std::mt19937_64& random) {
  for (;;) {
    const auto address = static_cast<std::uint32_t>(random());
    const std::uint32_t first = address >> 24;
    if (first != 0 && first != 10 && first != 127 && first < 224) return address;
  }
}
// 40,000 real hosts, clustered as crowds are: half of them in 60 networks and half in 30.
std::uint32_t crowd(std::mt19937_64& random) {
  const std::uint64_t first = random() % 2 == 0 ? 30 + random() % 60 : 170 + random() % 30;
  return static_cast<std::uint32_t>(first) << 24 |
         static_cast<std::uint32_t>(random() % 40'000) * 97;
}
std::uint32_t one_host(std::mt19937_64&) {
  return 0xc0000201;
}
std::uint32_t one_network(std::mt19937_64& random) {
  return 0xc0000200 + static_cast<std::uint32_t>(random() % 256);
}

TEST(SourceSpread, DistinguishesSpoofedSourcesFromRealOnes) {
  const Spread cases[] = {
      {"all addresses", true, any_address},
      {"all routable addresses", true, routable_address},
      {"a crowd", false, crowd},
      {"one host", false, one_host},
      {"one network", false, one_network},
  };
  for (const Spread& c : cases) {
    std::mt19937_64 random(4);
    SourceSpread spread, other;
    for (int i = 0; i < 5000; ++i) {
      (i % 2 == 0 ? spread : other).add(IpAddress::from_v4(c.source(random)));
    }
    spread.merge(other);
    EXPECT_EQ(spread.packets(), 5000u);
    EXPECT_EQ(spread.spoofed(), c.spoofed)
        << c.what << ": " << spread.networks() << " networks, within " << spread.within();
  }
}

TEST(SourceSpread, IsNeverSpoofedForFewPackets) {
  std::mt19937_64 random(5);
  for (int trial = 0; trial < 50; ++trial) {
    SourceSpread spread;
    for (std::uint64_t i = 0; i + 1 < SourceSpread::kLeastPackets; ++i) {
      spread.add(IpAddress::from_v4(any_address(random)));
    }
    EXPECT_FALSE(spread.spoofed());
  }
}

TEST(SourceSpread, DetectsSpoofingFromAFewTimesTheLeastPacketsOn) {
  std::mt19937_64 random(6);
  int found = 0;
  for (int trial = 0; trial < 200; ++trial) {
    SourceSpread spread;
    for (std::uint64_t i = 0; i < 4 * SourceSpread::kLeastPackets; ++i) {
      spread.add(IpAddress::from_v4(routable_address(random)));
    }
    found += spread.spoofed();
  }
  EXPECT_GE(found, 190);
}

}  // namespace
}  // namespace floodgauge
