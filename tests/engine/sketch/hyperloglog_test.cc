#include "engine/sketch/hyperloglog.h"

#include <gtest/gtest.h>
#include <algorithm>
#include <cmath>
#include <memory>
#include <random>
#include <vector>

#include "engine/base/keyed_hash.h"
#include "tests/engine/sketch/streams.h"

namespace floodgauge {
namespace {

std::vector<std::uint64_t> address_hashes(std::uint32_t count, const HashKey& key) {
  std::vector<std::uint64_t> hashes;
  for (std::uint32_t i = 0; i < count; ++i) hashes.push_back(hash_of(address_number(i), key));
  return hashes;
}

template <unsigned Precision>
double relative_error(const std::vector<std::uint64_t>& hashes) {
  HyperLogLog<Precision> sketch;
  for (const std::uint64_t hash : hashes) sketch.add(hash);
  return sketch.estimate() / static_cast<double>(hashes.size()) - 1;
}

TEST(HyperLogLog, AnEmptySketchEstimatesZero) {
  EXPECT_EQ(HyperLogLog<13>{}.estimate(), 0.0);
  EXPECT_EQ((SparseHyperLogLog<13, 64>{}.estimate()), 0.0);
}

TEST(HyperLogLog, SmallNumbersAreEstimatedAlmostExactly) {
  const HashKey key = key_from_seed(3);
  for (const std::uint32_t count : {1u, 2u, 10u, 50u}) {
    EXPECT_NEAR(relative_error<13>(address_hashes(count, key)), 0, 0.03) << count;
  }
}

// Over many hash keys, the error has mean 0 and the standard deviation that the paper gives, for
// small and large numbers of consecutive addresses.
TEST(HyperLogLog, TheErrorOverManyHashKeysStaysWithinItsBound) {
  constexpr int kKeys = 60;
  for (const std::uint32_t count : {300u, 3'000u, 20'000u, 60'000u}) {
    double sum = 0, squares = 0;
    for (int seed = 0; seed < kKeys; ++seed) {
      const auto hashes = address_hashes(count, key_from_seed(static_cast<std::uint64_t>(seed)));
      const double error = relative_error<10>(hashes);
      sum += error;
      squares += error * error;
    }
    const double sigma = HyperLogLog<10>::standard_error();
    EXPECT_LT(std::abs(sum / kKeys), 4 * sigma / std::sqrt(kKeys)) << "bias at " << count;
    EXPECT_LT(std::sqrt(squares / kKeys), 1.35 * sigma) << "spread at " << count;
  }
}

TEST(HyperLogLog, AMillionSourcesWithinThreeStandardErrors) {
  EXPECT_LE(IncidentSources::standard_error(), 0.016);
  const double error = relative_error<13>(address_hashes(1'000'000, key_from_seed(5)));
  EXPECT_LT(std::abs(error), 3 * IncidentSources::standard_error());
}

TEST(HyperLogLog, TheResultDoesNotDependOnOrderSplitOrRepetition) {
  auto hashes = address_hashes(50'000, key_from_seed(6));
  HyperLogLog<13> whole;
  for (const std::uint64_t hash : hashes) whole.add(hash);

  std::mt19937_64 random(1);
  std::shuffle(hashes.begin(), hashes.end(), random);
  for (const std::size_t workers : {2u, 3u, 7u}) {
    std::vector<HyperLogLog<13>> parts(workers);
    for (const std::uint64_t hash : hashes) {
      parts[random() % workers].add(hash);
      parts[random() % workers].add(hash);
    }
    for (std::size_t i = 1; i < workers; ++i) parts[0].merge(parts[i]);
    EXPECT_EQ(parts[0], whole) << workers;
    EXPECT_EQ(parts[0].estimate(), whole.estimate());
  }
}

TEST(SparseHyperLogLog, EstimatesTheSameAsADenseSketchUntilItIsFull) {
  HyperLogLog<13> dense;
  SparseHyperLogLog<13, 64> sparse;
  std::size_t added = 0;
  for (const std::uint64_t hash : address_hashes(1000, key_from_seed(7))) {
    if (!sparse.add(hash)) break;
    dense.add(hash);
    ++added;
    ASSERT_EQ(sparse.estimate(), dense.estimate()) << added;
  }
  EXPECT_EQ(sparse.size(), 64);
  EXPECT_GE(added, sparse.size());
  HyperLogLog<13> converted;
  sparse.merge_into(converted);
  EXPECT_EQ(converted, dense);
}

TEST(SparseHyperLogLog, KeepsTheLargerRankOfARegister) {
  SparseHyperLogLog<12, 16> sparse;
  HyperLogLog<12> dense;
  const std::uint64_t low = std::uint64_t{1} << 51;   // register 0, rank 1
  const std::uint64_t high = std::uint64_t{1} << 40;  // register 0, rank 12
  for (const std::uint64_t hash : {low, high, low}) {
    EXPECT_TRUE(sparse.add(hash));
    dense.add(hash);
    EXPECT_EQ(sparse.size(), 1);
    EXPECT_EQ(sparse.estimate(), dense.estimate());
  }
  sparse.clear();
  EXPECT_EQ(sparse.estimate(), 0);
  EXPECT_TRUE(sparse.add(low));
  EXPECT_EQ(sparse.size(), 1) << "clear() removed the old registers";
}

TEST(SparseHyperLogLog, MergesAsADenseSketchDoes) {
  HyperLogLog<12> dense;
  SparseHyperLogLog<12, 64> a;
  SparseHyperLogLog<12, 16> b;
  const auto hashes = address_hashes(40, key_from_seed(8));
  for (std::size_t i = 0; i < hashes.size(); ++i) {
    dense.add(hashes[i]);
    EXPECT_TRUE(i >= 30 || a.add(hashes[i]));
    EXPECT_TRUE(i < 26 || b.add(hashes[i]));
  }
  EXPECT_TRUE(a.merge(b));
  EXPECT_EQ(a.estimate(), dense.estimate());

  SparseHyperLogLog<12, 64> full;
  for (const std::uint64_t hash : address_hashes(1000, key_from_seed(9))) full.add(hash);
  EXPECT_FALSE(a.merge(full)) << "there is no room, and the result says so";
}

TEST(SparseHyperLogLog, ARepeatedHashNeedsNoRoom) {
  SparseHyperLogLog<13, 16> sparse;
  const auto hashes = address_hashes(1000, key_from_seed(10));
  std::size_t held = 0;
  while (sparse.add(hashes[held])) ++held;
  for (std::size_t i = 0; i < held; ++i) EXPECT_TRUE(sparse.add(hashes[i]));
}

// Whether the merged parts are sparse, dense or growing themselves.
TEST(GrowingHyperLogLog, EstimatesTheSameAsADenseSketch) {
  const auto hashes = address_hashes(3000, key_from_seed(11));
  HyperLogLog<12> whole;
  GrowingHyperLogLog<12> sum;
  std::size_t at = 0;
  for (const std::size_t part : {3u, 5u, 1u, 9u, 700u, 4u, 2000u, 2u}) {
    HyperLogLog<12> dense;
    SparseHyperLogLog<12, 16> sparse;
    for (const std::size_t end = at + part; at < end; ++at) {
      whole.add(hashes[at]);
      dense.add(hashes[at]);
      sparse.add(hashes[at]);
    }
    GrowingHyperLogLog<12> between;
    part > 16 ? between.merge(dense) : between.merge(sparse);
    part % 2 == 0 ? sum.merge(between) : sum.merge(sparse);
    ASSERT_EQ(sum.estimate(), whole.estimate()) << at;
  }
}

// With the hash key an attacker can choose sources that all use a few registers, or sources with a
// high rank for every register.
TEST(HyperLogLog, OnlyAnAttackerWithTheHashKeyCanMisleadIt) {
  const HashKey known = key_from_seed(1);
  std::vector<IpAddress> unseen, inflating;
  std::vector<bool> raised(HyperLogLog<10>::kRegisters);
  for (std::uint32_t i = 0; unseen.size() < 2000 || inflating.size() < raised.size(); ++i) {
    const auto [index, rank] = hyperloglog_detail::observe<10>(hash_of(address_number(i), known));
    if (index < 16 && unseen.size() < 2000) unseen.push_back(address_number(i));
    if (rank >= 7 && !raised[index]) {
      raised[index] = true;
      inflating.push_back(address_number(i));
    }
  }
  const auto estimate = [](const std::vector<IpAddress>& sources, const HashKey& key) {
    HyperLogLog<10> sketch;
    for (const IpAddress& source : sources) sketch.add(hash_of(source, key));
    return sketch.estimate();
  };
  EXPECT_LT(estimate(unseen, known), 0.05 * 2000) << "2,000 sources are estimated as a few";
  EXPECT_GT(estimate(inflating, known), 20 * 1024.0) << "1,024 sources are estimated as a botnet";

  const double bound = 5 * HyperLogLog<10>::standard_error();
  for (std::uint64_t draw = 1000; draw < 1020; ++draw) {
    const HashKey secret = key_from_seed(draw);
    EXPECT_NEAR(estimate(unseen, secret), 2000, bound * 2000);
    EXPECT_NEAR(estimate(inflating, secret), 1024, bound * 1024);
  }
}

}  // namespace
}  // namespace floodgauge
