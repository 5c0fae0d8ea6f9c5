#include "engine/protect/prefix_table.h"

#include <gtest/gtest.h>

#include <array>
#include <map>
#include <random>
#include <stdexcept>
#include <string>
#include <vector>

namespace floodgauge {
namespace {

using Entry = PrefixTable::Entry;

IpAddress address(const char* text) {
  return IpAddress::parse(text).value();
}

/// Each prefix has its index in the list as its id.
std::vector<Entry> entries(const std::vector<const char*>& texts) {
  std::vector<Entry> result;
  result.reserve(texts.size());
  for (const char* text : texts) {
    result.push_back({IpPrefix::parse(text).value(), static_cast<std::uint32_t>(result.size())});
  }
  return result;
}

struct Lookup {
  const char* address;
  std::uint32_t id;
};

struct TableCase {
  const char* why;
  std::vector<const char*> prefixes;
  std::vector<Lookup> lookups;
};

const std::vector<TableCase>& table_cases() {
  static const std::vector<TableCase> cases = {
      {"an empty table contains no address",
       {},
       {{"192.0.2.1", kNoPrefix}, {"2001:db8::1", kNoPrefix}}},
      {"one prefix: its first and last address, and their neighbours",
       {"198.51.100.0/24"},
       {{"198.51.100.0", 0},
        {"198.51.100.255", 0},
        {"198.51.99.255", kNoPrefix},
        {"198.51.101.0", kNoPrefix}}},
      {"the longest of nested prefixes is found",
       {"10.0.0.0/8", "10.1.0.0/16", "10.1.2.0/24", "10.1.2.3/32"},
       {{"10.255.0.1", 0},
        {"10.1.255.1", 1},
        {"10.1.2.4", 2},
        {"10.1.2.3", 3},
        {"11.0.0.0", kNoPrefix}}},
      {"the order of the list does not matter",
       {"10.1.2.3/32", "10.1.2.0/24", "10.1.0.0/16", "10.0.0.0/8"},
       {{"10.255.0.1", 3}, {"10.1.255.1", 2}, {"10.1.2.4", 1}, {"10.1.2.3", 0}}},
      {"adjacent prefixes are kept apart",
       {"10.0.0.0/25", "10.0.0.128/25", "10.0.1.0/31", "10.0.1.2/31"},
       {{"10.0.0.127", 0},
        {"10.0.0.128", 1},
        {"10.0.1.1", 2},
        {"10.0.1.2", 3},
        {"10.0.1.4", kNoPrefix}}},
      {"IPv4's default route is not IPv6's",
       {"0.0.0.0/0"},
       {{"0.0.0.0", 0}, {"255.255.255.255", 0}, {"::", kNoPrefix}, {"2001:db8::1", kNoPrefix}}},
      {"IPv6's default route is not IPv4's",
       {"::/0"},
       {{"::", 0}, {"ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", 0}, {"192.0.2.1", kNoPrefix}}},
      {"both default routes, and a longer prefix in each",
       {"0.0.0.0/0", "::/0", "192.0.2.0/24", "2001:db8::/32"},
       {{"192.0.1.1", 0}, {"2001:db7::1", 1}, {"192.0.2.1", 2}, {"2001:db8::1", 3}}},
      {"an IPv6 prefix that covers the mapped addresses does not match IPv4",
       {"::/32"},
       {{"192.0.2.1", kNoPrefix}, {"::1", 0}}},
      {"the first and the last address of each version",
       {"0.0.0.0/32", "255.255.255.255/32", "::/128",
        "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff/128"},
       {{"0.0.0.0", 0},
        {"0.0.0.1", kNoPrefix},
        {"255.255.255.255", 1},
        {"255.255.255.254", kNoPrefix},
        {"::", 2},
        {"::1", kNoPrefix},
        {"ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", 3},
        {"ffff:ffff:ffff:ffff:ffff:ffff:ffff:fffe", kNoPrefix}}},
      {"a long path without branches, and keys that differ at each part of it",
       {"2001:db8::/32", "2001:db8:1:2:3:4:5:6/128"},
       {{"2001:db8:1:2:3:4:5:6", 1},
        {"2001:db8:1:2:3:4:5:7", 0},
        {"2001:db8:1:2:3:4:6:6", 0},
        {"2001:db8:1:2:4:4:5:6", 0},
        {"2001:db8:9:2:3:4:5:6", 0},
        {"2001:db9:1:2:3:4:5:6", kNoPrefix}}},
      {"a prefix of exactly 16 bits",
       {"198.51.0.0/16", "2001::/16", "2001:0:8000::/33"},
       {{"198.51.7.7", 0}, {"2001:1::", 1}, {"2001:0:7fff::", 1}, {"2001:0:8000::", 2}}},
      {"of equal prefixes the first is used", {"192.0.2.0/24", "192.0.2.0/24"}, {{"192.0.2.1", 0}}},
  };
  return cases;
}

TEST(PrefixTable, FindsTheLongestPrefix) {
  for (const auto& c : table_cases()) {
    const auto table = PrefixTable::build(entries(c.prefixes));
    for (const auto& lookup : c.lookups) {
      EXPECT_EQ(table->lookup(address(lookup.address)), lookup.id)
          << c.why << ": " << lookup.address;
    }
  }
}

TEST(PrefixTable, RefusesAnIdThatIsNotBelowNoPrefix) {
  const std::vector<Entry> wrong = {{IpPrefix::parse("192.0.2.0/24").value(), kNoPrefix}};
  EXPECT_THROW(PrefixTable::build(wrong), std::invalid_argument);
}

TEST(PrefixTable, IgnoresHostBits) {
  IpPrefix prefix = IpPrefix::parse("192.0.2.0/24").value();
  prefix.address = address("192.0.2.77");
  const std::vector<Entry> list = {{prefix, 5}};
  EXPECT_EQ(PrefixTable::build(list)->lookup(address("192.0.2.1")), 5u);
}

// --- compared with a reference ---

/// A simple implementation: looks for each prefix length in turn, the longest first.
class Reference {
 public:
  explicit Reference(const std::vector<Entry>& list) {
    for (const Entry& entry : list) {
      prefixes_[entry.prefix.v6][entry.prefix.length].try_emplace(entry.prefix.address, entry.id);
    }
  }
  std::uint32_t lookup(const IpAddress& wanted) const {
    const auto& lengths = prefixes_[wanted.is_v4() ? 0 : 1];
    for (auto of_length = lengths.rbegin(); of_length != lengths.rend(); ++of_length) {
      const auto found = of_length->second.find(IpPrefix::around(wanted, of_length->first).address);
      if (found != of_length->second.end()) return found->second;
    }
    return kNoPrefix;
  }

 private:
  std::array<std::map<std::uint8_t, std::map<IpAddress, std::uint32_t>>, 2> prefixes_;
};

class Random {
 public:
  explicit Random(std::uint64_t seed) : engine_(seed) {}
  std::uint64_t next() { return engine_(); }
  IpAddress v4() { return IpAddress::from_v4(static_cast<std::uint32_t>(next())); }
  IpAddress v6() {
    IpAddress result;
    for (auto& byte : result.bytes) byte = static_cast<std::uint8_t>(next());
    return result;
  }
  /// Random prefixes. About half are derived from another one, so that some are nested or adjacent.
  std::vector<Entry> prefixes(std::size_t count, bool v6_too) {
    std::vector<Entry> list;
    for (std::uint32_t id = 0; id < count; ++id) {
      const bool use_v6 = v6_too && next() % 2 == 0;
      IpAddress base = use_v6 ? v6() : v4();
      if (!list.empty() && next() % 2 == 0) {
        const IpPrefix& other = list[next() % list.size()].prefix;
        base = other.address;
        base.bytes[15 - next() % (other.v6 ? 16 : 4)] ^= static_cast<std::uint8_t>(next());
      }
      const unsigned longest = base.is_v4() ? 32 : 128;
      list.push_back(
          {IpPrefix::around(base, static_cast<std::uint8_t>(next() % (longest + 1))), id});
    }
    return list;
  }
  /// A random address, or one in or near a prefix.
  IpAddress probe(const std::vector<Entry>& list) {
    if (list.empty() || next() % 4 == 0) return next() % 2 == 0 ? v4() : v6();
    IpAddress result = list[next() % list.size()].prefix.address;
    const std::size_t own_bytes = result.is_v4() ? 4 : 16;
    for (std::uint64_t flips = next() % 3; flips > 0; --flips) {
      result.bytes[15 - next() % own_bytes] ^= static_cast<std::uint8_t>(1u << next() % 8);
    }
    return result;
  }

 private:
  std::mt19937_64 engine_;
};

void expect_equal_to_reference(const std::vector<Entry>& list, Random& random, int probes) {
  const auto table = PrefixTable::build(list);
  const Reference reference(list);
  for (int i = 0; i < probes; ++i) {
    const IpAddress wanted = random.probe(list);
    ASSERT_EQ(table->lookup(wanted), reference.lookup(wanted)) << wanted.text();
  }
}

TEST(PrefixTable, EqualsTheReferenceForManySmallRandomSets) {
  Random random(3);
  for (int round = 0; round < 300; ++round) {
    expect_equal_to_reference(random.prefixes(random.next() % 40, true), random, 300);
  }
}

TEST(PrefixTable, EqualsTheReferenceForLargeRandomSets) {
  Random random(4);
  expect_equal_to_reference(random.prefixes(20000, true), random, 20000);
  expect_equal_to_reference(random.prefixes(20000, false), random, 20000);
}

TEST(PrefixTable, ABurstGivesTheSameIdsAsSingleLookups) {
  Random random(5);
  const auto list = random.prefixes(5000, true);
  const auto table = PrefixTable::build(list);
  for (std::size_t size : {0u, 1u, 31u, 32u, 64u, 1000u}) {
    std::vector<IpAddress> wanted;
    for (std::size_t i = 0; i < size; ++i) wanted.push_back(random.probe(list));
    std::vector<const IpAddress*> pointers;
    pointers.reserve(size);
    for (const auto& one : wanted) pointers.push_back(&one);
    std::vector<std::uint32_t> ids(size + 1, 12345);
    table->lookup_burst(pointers, ids.data());
    for (std::size_t i = 0; i < size; ++i) ASSERT_EQ(ids[i], table->lookup(wanted[i]));
    EXPECT_EQ(ids[size], 12345u) << "nothing is written beyond the burst";
  }
}

// --- size ---

TEST(PrefixTable, AHundredThousandPrefixesStayWithinTheDocumentedMemory) {
  Random random(6);
  constexpr std::uint32_t kCount = 100'000;
  struct Shape {
    const char* why;
    std::uint8_t length;
    bool v6;
  };
  for (const Shape& shape :
       {Shape{"random IPv4 /24", 24, false}, Shape{"random IPv4 hosts", 32, false},
        Shape{"random IPv6 /64", 64, true}, Shape{"random IPv6 hosts", 128, true}}) {
    std::vector<Entry> list;
    for (std::uint32_t id = 0; id < kCount; ++id) {
      list.push_back({IpPrefix::around(shape.v6 ? random.v6() : random.v4(), shape.length), id});
    }
    const auto table = PrefixTable::build(list);
    RecordProperty(shape.why, std::to_string(table->memory_bytes()));
    EXPECT_LT(table->memory_bytes(), kCount * 5u * (32 + 16) + (1u << 20)) << shape.why;
    EXPECT_EQ(table->lookup(list[7].prefix.address), 7u) << shape.why;
  }
}

TEST(PrefixTable, AnEmptyTableTakesOnlyItsFirstLevels) {
  EXPECT_LT(PrefixTable::build({})->memory_bytes(), 600u * 1024);
}

}  // namespace
}  // namespace floodgauge
