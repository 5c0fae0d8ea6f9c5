#include "engine/sketch/top_k.h"

#include <gtest/gtest.h>
#include <map>
#include <random>
#include <set>

#include "engine/base/keyed_hash.h"
#include "tests/engine/sketch/streams.h"

namespace floodgauge {
namespace {

using Sources = TopK<IpAddress>;

const HashKey kKey = key_from_seed(1);

void add(Sources& sources, std::uint32_t i, std::uint64_t weight = 1) {
  sources.add(address_number(i), hash_of(address_number(i), kKey), weight);
}

bool same(const std::vector<Sources::Entry>& a, const std::vector<Sources::Entry>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const auto& x, const auto& y) {
    return x.key == y.key && x.count == y.count && x.error == y.error;
  });
}

TEST(TopK, TheVectorMatchEqualsTheScalarOne) {
  std::mt19937_64 random(1);
  for (int i = 0; i < 2000; ++i) {
    top_k_detail::Tags tags;
    for (auto& tag : tags) tag = static_cast<std::uint16_t>(random() % 4 * 0x5555);
    const auto wanted = static_cast<std::uint16_t>(random() % 4 * 0x5555);
    EXPECT_EQ(top_k_detail::match(tags, wanted), top_k_detail::match_scalar(tags, wanted));
  }
}

TEST(TopK, AnEmptySketchHasNoEntries) {
  const Sources sources(10);
  EXPECT_TRUE(sources.top(5).empty());
  EXPECT_EQ(sources.total(), 0u);
  EXPECT_TRUE(sources.exact());
}

TEST(TopK, IsExactUpToItsCapacityForEveryHashKey) {
  for (const std::uint32_t capacity : {1u, 10u, 100u, 1000u, 10'240u, 65'536u}) {
    for (std::uint64_t seed = 0; seed < 10; ++seed) {
      const HashKey key = key_from_seed(seed);
      Sources sources(capacity);
      for (int round = 0; round < 2; ++round) {
        for (std::uint32_t i = 0; i < capacity; ++i) {
          sources.add(address_number(i), hash_of(address_number(i), key), i + 1);
        }
      }
      ASSERT_TRUE(sources.exact()) << capacity << " seed " << seed;
      ASSERT_EQ(sources.size(), capacity);
      const auto top = sources.top(capacity);
      for (std::uint32_t i = 0; i < capacity; ++i) {
        ASSERT_EQ(top[i].count, 2 * (capacity - i));
        ASSERT_EQ(top[i].key, address_number(capacity - i - 1));
        ASSERT_EQ(top[i].error, 0u);
      }
    }
  }
}

TEST(TopK, WithinItsCapacityTheResultDoesNotDependOnSplitOrOrder) {
  std::mt19937_64 random(2);
  const Zipf zipf(1000, 1.05);
  std::vector<std::uint32_t> draws(100'000);
  for (auto& draw : draws) draw = zipf(random);
  Sources whole(1000);
  for (const std::uint32_t draw : draws) add(whole, draw);
  for (const std::size_t workers : {2u, 4u, 5u}) {
    std::shuffle(draws.begin(), draws.end(), random);
    std::vector<Sources> parts;
    for (std::size_t i = 0; i < workers; ++i) parts.emplace_back(1000);
    for (const std::uint32_t draw : draws) add(parts[random() % workers], draw);
    Sources forward(1000), backward(1000);
    for (std::size_t i = 0; i < workers; ++i) {
      forward.merge(parts[i]);
      backward.merge(parts[workers - 1 - i]);
    }
    EXPECT_TRUE(forward.exact());
    EXPECT_EQ(forward.total(), draws.size());
    EXPECT_TRUE(same(forward.top(1000), whole.top(1000))) << workers;
    EXPECT_TRUE(same(backward.top(1000), whole.top(1000))) << workers;
  }
}

TEST(TopK, FindsEveryKeyAfterAMerge) {
  Sources a(500), b(500);
  for (std::uint32_t i = 0; i < 250; ++i) add(a, i, 3);
  for (std::uint32_t i = 200; i < 500; ++i) add(b, i, 4);
  a.merge(b);
  for (std::uint32_t i = 0; i < 500; ++i) {
    const auto* entry = a.find(address_number(i), hash_of(address_number(i), kKey));
    ASSERT_NE(entry, nullptr) << i;
    EXPECT_EQ(entry->count, i < 200 ? 3u : i < 250 ? 7u : 4u) << i;
  }
  add(a, 499, 1);
  EXPECT_EQ(a.size(), 500u) << "counted in its entry, not inserted a second time";
}

TEST(TopK, SketchesOfDifferentCapacitiesDoNotMerge) {
  Sources a(10), b(1000);
  EXPECT_THROW(a.merge(b), std::invalid_argument);
}

struct Truth {
  std::map<std::uint32_t, std::uint64_t> counts;
  std::vector<std::uint32_t> heaviest(std::size_t n) const {
    std::vector<std::pair<std::uint64_t, std::uint32_t>> order;
    for (const auto& [key, count] : counts) order.emplace_back(count, key);
    std::sort(order.rbegin(), order.rend());
    std::vector<std::uint32_t> keys;
    for (std::size_t i = 0; i < n; ++i) keys.push_back(order[i].second);
    return keys;
  }
};

/// The share of the true top n that the sketch has in its top n.
double recall(const Sources& sources, const Truth& truth, std::size_t n) {
  std::set<IpAddress> found;
  for (const auto& entry : sources.top(n)) found.insert(entry.key);
  std::size_t hits = 0;
  for (const std::uint32_t key : truth.heaviest(n)) hits += found.count(address_number(key));
  return static_cast<double>(hits) / static_cast<double>(n);
}

void expect_lower_bounds_hold(const Sources& sources, const Truth& truth) {
  for (const auto& entry : sources.top(sources.size())) {
    const auto found = truth.counts.find(entry.key.v4() - 0x0a000000u);
    ASSERT_NE(found, truth.counts.end());
    EXPECT_LE(entry.count - entry.error, found->second) << entry.key.text();
  }
}

TEST(TopK, BeyondItsCapacityItKeepsTheHeavyKeys) {
  std::mt19937_64 random(3);
  const Zipf zipf(200'000, 1.05);
  Truth truth;
  Sources sources(4096), first_half(4096), second_half(4096);
  constexpr int kDraws = 1'000'000;
  for (int i = 0; i < kDraws; ++i) {
    const std::uint32_t draw = zipf(random);
    ++truth.counts[draw];
    add(sources, draw);
    add(i % 2 == 0 ? first_half : second_half, draw);
  }
  EXPECT_FALSE(sources.exact());
  EXPECT_EQ(sources.total(), std::uint64_t{kDraws});
  EXPECT_GE(recall(sources, truth, 100), 0.99);
  expect_lower_bounds_hold(sources, truth);

  first_half.merge(second_half);
  EXPECT_FALSE(first_half.exact());
  EXPECT_EQ(first_half.total(), std::uint64_t{kDraws});
  EXPECT_GE(recall(first_half, truth, 100), 0.99);
  expect_lower_bounds_hold(first_half, truth);
}

TEST(TopK, AFloodOfSpoofedSourcesDoesNotDisplaceTheRealOnes) {
  std::mt19937_64 random(4);
  Truth truth;
  Sources sources(1024);
  for (std::uint32_t i = 0; i < 2'000'000; ++i) {
    // One packet in 200 comes from one of ten real senders.
    const auto key = static_cast<std::uint32_t>(random() % 200 == 0 ? random() % 10 : 1000 + i);
    ++truth.counts[key];
    add(sources, key);
  }
  EXPECT_EQ(recall(sources, truth, 10), 1.0);
  for (const auto& entry : sources.top(10)) {
    const auto real = static_cast<double>(truth.counts[entry.key.v4() - 0x0a000000u]);
    EXPECT_NEAR(static_cast<double>(entry.count), real, 0.25 * real);
  }
}

TEST(TopK, ClearRemovesEverything) {
  Sources sources(10);
  for (std::uint32_t i = 0; i < 1000; ++i) add(sources, i);
  EXPECT_FALSE(sources.exact());
  sources.clear();
  EXPECT_TRUE(sources.exact());
  EXPECT_EQ(sources.size(), 0u);
  EXPECT_EQ(sources.total(), 0u);
  EXPECT_EQ(sources.find(address_number(1), hash_of(address_number(1), kKey)), nullptr);
}

TEST(TopK, KeysMayBeNumbers) {
  TopK<std::uint16_t> ports(100);
  for (int i = 0; i < 5; ++i) ports.add(53, hash_of(std::uint64_t{53}, kKey), 100);
  ports.add(80, hash_of(std::uint64_t{80}, kKey));
  const auto top = ports.top(10);
  ASSERT_EQ(top.size(), 2u);
  EXPECT_EQ(top[0].key, 53);
  EXPECT_EQ(top[0].count, 500u);
}

}  // namespace
}  // namespace floodgauge
