// What is sent to a target and by whom: exact up to a capacity, bounded beyond it.
#include "engine/merge/target_summary.h"
#include "engine/merge/repeat_filter.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cstring>
#include <map>
#include <memory>
#include <random>
#include <vector>

namespace floodgauge {
namespace {

const HashKey kKey = key_from_seed(1);

LogEntry packet(std::uint32_t source, std::uint16_t port = 53) {
  return {.source = IpAddress::from_v4(0xc0000200u + source),
          .source_port = port,
          .destination_port = 443,
          .ip_bytes = 100,
          .ttl = 60};
}

std::vector<std::uint16_t> keys(const std::vector<PrunedCounts<std::uint16_t>::Row>& rows) {
  std::vector<std::uint16_t> all;
  for (const auto& row : rows) all.push_back(row.key);
  return all;
}

TEST(PrunedCounts, AreExactWithinTheirCapacity) {
  PrunedCounts<std::uint16_t> counts(1000);
  for (unsigned n = 0; n < 30000; ++n) counts.add(static_cast<std::uint16_t>(n % 1000), 1);
  counts.prune();
  EXPECT_TRUE(counts.exact());
  EXPECT_EQ(counts.size(), 1000u);
  for (const auto& row : counts.top(1000)) EXPECT_EQ(row.packets, 30u);
}

TEST(PrunedCounts, KeepTheGreaterHalfBeyondIt) {
  PrunedCounts<std::uint16_t> counts(100);
  for (std::uint16_t key = 0; key < 200; ++key) counts.add(key, key + 1u);
  counts.prune();
  EXPECT_FALSE(counts.exact());
  EXPECT_EQ(counts.size(), 50u);
  EXPECT_EQ(counts.top(1)[0].packets, 200u);
  for (const auto& row : counts.top(50)) EXPECT_GE(row.key, 150);
}

TEST(PrunedCounts, OrderTiesByKeyHoweverTheyWereAdded) {
  PrunedCounts<std::uint16_t> up(100);
  PrunedCounts<std::uint16_t> down(100);
  for (std::uint16_t key = 0; key < 50; ++key) up.add(key, 5);
  for (std::uint16_t key = 50; key-- > 0;) down.add(key, 5);
  EXPECT_EQ(keys(up.top(10)), (std::vector<std::uint16_t>{0, 1, 2, 3, 4, 5, 6, 7, 8, 9}));
  EXPECT_EQ(keys(down.top(10)), keys(up.top(10)));
  EXPECT_EQ(up.top(1000).size(), 50u);
}

// Few rows are kept unsorted and may repeat a key until they are read; many rows have an index.
TEST(PrunedCounts, HaveEachKeyOnceHoweverManyThereAre) {
  for (const unsigned keys : {1u, 7u, 300u, 511u, 512u, 513u, 5000u}) {
    PrunedCounts<std::uint16_t> counts(65536);
    PrunedCounts<std::uint16_t> merged(65536);
    for (unsigned n = 0; n < 3 * keys; ++n) counts.add(static_cast<std::uint16_t>(n % keys), 1);
    merged.merge(counts);
    EXPECT_EQ(counts.size(), keys);
    counts.add(0, 1);
    merged.add(0, 1);
    merged.merge(counts);
    for (const auto* all : {&counts, &merged}) {
      const unsigned each = all == &counts ? 3 : 6;
      EXPECT_EQ(all->size(), keys);
      EXPECT_EQ(all->top(1)[0].packets, each + each / 3);
      std::vector<unsigned> seen(keys);
      all->for_each([&](std::uint16_t key, std::uint64_t packets) {
        ++seen[key];
        EXPECT_EQ(packets, each + (key == 0 ? each / 3 : 0)) << keys;
      });
      EXPECT_EQ(seen, std::vector<unsigned>(keys, 1));
    }
  }
}

TEST(PrunedCounts, GoOnAfterPruningAndMovingIn) {
  PrunedCounts<std::uint16_t> counts(1000);
  std::vector<PrunedCounts<std::uint16_t>::Row> rows;
  for (std::uint16_t key = 0; key < 1500; ++key) rows.push_back({key, key + 1u});
  counts.add_distinct(std::move(rows));
  EXPECT_EQ(counts.size(), 1500u);
  counts.prune();
  EXPECT_EQ(counts.size(), 500u);
  counts.add(1499, 10);
  counts.add(3, 1);
  EXPECT_EQ(counts.size(), 501u);
  EXPECT_EQ(counts.top(1)[0].packets, 1510u);
  counts.add_distinct({{3, 4}, {4, 4}});
  EXPECT_EQ(counts.size(), 502u);
  counts.clear();
  EXPECT_EQ(counts.size(), 0u);
  EXPECT_TRUE(counts.top(3).empty());
  EXPECT_TRUE(counts.top(0).empty());
}

TEST(PrunedCounts, TakeRowsOfWhichSomeHaveTheSameKey) {
  for (const unsigned keys : {3u, 300u, 4000u}) {
    PrunedCounts<std::uint16_t> counts(65536);
    std::vector<PrunedCounts<std::uint16_t>::Row> rows;
    for (unsigned n = 0; n < 2 * keys; ++n) rows.push_back({static_cast<std::uint16_t>(n / 2), 3});
    counts.add_rows(rows);
    counts.add_rows(rows);
    counts.add_rows({});
    EXPECT_EQ(counts.size(), keys);
    for (const auto& row : counts.top(keys)) EXPECT_EQ(row.packets, 12u);
  }
}

// A table of all keys gives the expected result.
TEST(PrunedCounts, KeepTheGreatestOfVeryManyKeysAsATableOfAllWould) {
  constexpr std::size_t kCapacity = 1000;
  std::mt19937 engine(5);
  for (const std::uint32_t of : {300u, 900u, 1100u, 3000u, 1000000u}) {
    for (const bool known_before : {false, true}) {
      std::vector<IpAddress> sources;
      for (unsigned n = 0; n < 20000; ++n) {
        const std::uint32_t one = static_cast<std::uint32_t>(engine()) % (n % 5 == 0 ? 300 : of);
        sources.push_back(IpAddress::from_v4(0x10000000u + one));
      }
      std::vector<const IpAddress*> keys;
      for (const IpAddress& source : sources) keys.push_back(&source);
      PrunedCounts<IpAddress> plain(65536);
      PrunedCounts<IpAddress> filtered(65536);
      for (std::uint32_t n = 0; known_before && n < 700; ++n) {
        plain.add(IpAddress::from_v4(0x10000000u + n * 3), n + 1);
        filtered.add(IpAddress::from_v4(0x10000000u + n * 3), n + 1);
      }
      for (const IpAddress& source : sources) plain.add(source, 1);
      plain.keep_of_more_than(kCapacity);
      filtered.add_and_keep(keys, kCapacity);
      EXPECT_EQ(filtered.exact(), plain.exact()) << of;
      ASSERT_EQ(filtered.size(), plain.size()) << of;
      const auto expected = plain.top(65536);
      const auto found = filtered.top(65536);
      for (std::size_t i = 0; i < expected.size(); ++i) {
        ASSERT_EQ(found[i].key, expected[i].key) << of << ", row " << i;
        ASSERT_EQ(found[i].packets, expected[i].packets) << of << ", row " << i;
      }
      filtered.add(found[0].key, 1);
      EXPECT_EQ(filtered.top(1)[0].packets, expected[0].packets + 1);
      EXPECT_EQ(filtered.size(), plain.size());
    }
  }
}

/// The shortest of several measurements of how long it takes to count these addresses.
double seconds_to_count(const std::vector<IpAddress>& addresses) {
  double least = 1e9;
  for (int round = 0; round < 3; ++round) {
    PrunedCounts<IpAddress> counts(addresses.size());
    const auto begin = std::chrono::steady_clock::now();
    for (const IpAddress& address : addresses) counts.add(address, 1);
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
    EXPECT_EQ(counts.size(), addresses.size());
    least = std::min(least, took.count());
  }
  return least;
}

IpAddress address_of_words(std::uint64_t first, std::uint64_t second) {
  IpAddress address;
  std::memcpy(address.bytes.data(), &first, 8);
  std::memcpy(address.bytes.data() + 8, &second, 8);
  return address;
}

// The hash of the index must be secret. For all of these addresses x * odd ^ y is the same number,
// as in tie_hash(). When that was the hash of the index, adding each address walked over all the
// others: 20,000 addresses took 300 times as long.
TEST(PrunedCounts, SourcesChosenToCollideCostNoMoreThanOthers) {
  std::mt19937_64 random(7);
  std::vector<IpAddress> chosen;
  std::vector<IpAddress> others;
  for (int n = 0; n < 20'000; ++n) {
    const std::uint64_t first = random();
    chosen.push_back(address_of_words(first, (first * 0x9e3779b97f4a7c15u) ^ 0x1234567));
    others.push_back(address_of_words(first, random()));
  }
  EXPECT_LT(seconds_to_count(chosen), 20 * seconds_to_count(others));
}

TEST(RepeatFilter, MissesNoKeyThatRepeatsAndTakesFewOthersForOne) {
  std::mt19937_64 engine(11);
  for (const std::size_t keys : {1u, 100u, 50000u}) {
    RepeatFilter filter(keys);
    std::vector<std::uint64_t> hashes;
    for (std::size_t n = 0; n < keys; ++n) hashes.push_back(engine());
    for (std::size_t n = 0; n < keys; ++n) {
      filter.add(hashes[n]);
      if (n % 10 == 0) filter.add(hashes[n]);
    }
    std::size_t wrongly = 0;
    for (std::size_t n = 0; n < keys; ++n) {
      if (n % 10 == 0) {
        EXPECT_TRUE(filter.may_repeat(hashes[n]));
      } else {
        wrongly += filter.may_repeat(hashes[n]) ? 1 : 0;
      }
    }
    EXPECT_LT(wrongly, keys / 6 + 1);
  }
}

/// Packets by port.
std::map<std::uint16_t, std::uint64_t> ports_in(const PortCounts& counts) {
  std::map<std::uint16_t, std::uint64_t> all;
  for (const auto& row : counts.top(65536)) all[row.key] = row.packets;
  return all;
}

TEST(PortCounts, AreExactHoweverManyThereAre) {
  for (const unsigned ports : {1u, 1000u, 1025u, 65536u}) {
    PortCounts counts;
    std::map<std::uint16_t, std::uint64_t> expected;
    for (unsigned n = 0; n < 2 * ports; ++n) {
      const auto port = static_cast<std::uint16_t>(n * 40503u % ports);
      counts.add(port, n + 1u);
      expected[port] += n + 1u;
    }
    EXPECT_EQ(ports_in(counts), expected);
    EXPECT_TRUE(counts.exact());
  }
}

TEST(PortCounts, AreAddedUpWhetherFewOrMany) {
  for (const unsigned mine : {0u, 10u, 3000u}) {
    for (const unsigned theirs : {0u, 10u, 3000u}) {
      PortCounts one;
      PortCounts other;
      std::map<std::uint16_t, std::uint64_t> expected;
      for (std::uint16_t port = 0; port < mine; ++port) {
        one.add(port, 2);
        expected[port] += 2;
      }
      std::vector<PortCounts::Row> rows;
      for (unsigned n = 0; n < theirs; ++n) {
        const auto port = static_cast<std::uint16_t>(n + 5);
        rows.push_back({port, 3});
        expected[port] += 3;
      }
      other.add_distinct(std::move(rows));
      one.merge(other);
      EXPECT_EQ(ports_in(one), expected) << mine << " and " << theirs;
      EXPECT_TRUE(one.exact());
      other.mark_inexact();
      one.merge(other);
      EXPECT_FALSE(one.exact()) << mine << " and " << theirs;
      one.clear();
      EXPECT_TRUE(one.exact());
      EXPECT_TRUE(ports_in(one).empty());
    }
  }
}

TEST(PortCounts, OrderTiesByPort) {
  PortCounts counts;
  for (unsigned port = 5000; port-- > 100;) counts.add(static_cast<std::uint16_t>(port), 7);
  counts.add(3000, 1);
  EXPECT_EQ(keys(counts.top(4)), (std::vector<std::uint16_t>{3000, 100, 101, 102}));
}

TEST(PrunedCounts, MergedAreInexactWhenEitherWas) {
  PrunedCounts<std::uint16_t> one(100);
  PrunedCounts<std::uint16_t> other(100);
  one.add(1, 2);
  other.add(1, 3);
  other.add(2, 1);
  one.merge(other);
  EXPECT_TRUE(one.exact());
  EXPECT_EQ(one.top(1)[0].packets, 5u);
  other.mark_inexact();
  one.merge(other);
  EXPECT_FALSE(one.exact());
  one.clear();
  EXPECT_TRUE(one.exact());
  EXPECT_EQ(one.size(), 0u);
}

TEST(TargetSummary, IsTheSameFromLogsAndFromDetails) {
  TargetSummary logged;
  auto detail = std::make_unique<TargetDetail>();
  for (std::uint32_t n = 0; n < 600; ++n) {
    const LogEntry entry = packet(n % 60, static_cast<std::uint16_t>(n % 7));
    logged.add(entry, kKey);
    detail->add(entry, hash_of(entry.source, kKey));
  }
  TargetSummary detailed;
  detailed.add(*detail);
  EXPECT_EQ(detailed.packets, logged.packets);
  EXPECT_EQ(detailed.ttl, logged.ttl);
  EXPECT_EQ(detailed.length, logged.length);
  EXPECT_EQ(detailed.sources.estimate(), logged.sources.estimate());
  EXPECT_EQ(keys(detailed.source_ports.top(10)), keys(logged.source_ports.top(10)));
  EXPECT_TRUE(detailed.top_sources.exact());
  EXPECT_EQ(detailed.top_sources.top(1)[0].packets, 10u);
}

TEST(TargetSummary, DoesNotDependOnHowItsPartsWereSpread) {
  TargetSummary whole;
  TargetSummary parts[4];
  for (std::uint32_t n = 0; n < 4000; ++n) {
    whole.add(packet(n % 500), kKey);
    parts[n % 3].add(packet(n % 500), kKey);
  }
  TargetSummary together;
  for (const TargetSummary& part : parts) together.merge(part);
  EXPECT_EQ(together.packets, whole.packets);
  EXPECT_EQ(together.sources.estimate(), whole.sources.estimate());
  const auto a = together.top_sources.top(500);
  const auto b = whole.top_sources.top(500);
  ASSERT_EQ(a.size(), b.size());
  for (std::size_t i = 0; i < a.size(); ++i) {
    EXPECT_EQ(a[i].key, b[i].key);
    EXPECT_EQ(a[i].packets, b[i].packets);
  }
}

TEST(TargetSummary, IsBoundedHoweverManySources) {
  TargetSummary summary(1000);
  for (std::uint32_t n = 0; n < 100000; ++n) {
    summary.add(packet(n * 2654435761u), kKey);
    summary.add(packet(7), kKey);
    if (n % 500 == 0) summary.prune();
  }
  summary.prune();
  EXPECT_LE(summary.top_sources.size(), 1000u);
  EXPECT_FALSE(summary.top_sources.exact());
  EXPECT_EQ(summary.top_sources.top(1)[0].key.text(), "192.0.2.7");
  EXPECT_NEAR(summary.sources.estimate(), 100000, 5000);
}

}  // namespace
}  // namespace floodgauge
