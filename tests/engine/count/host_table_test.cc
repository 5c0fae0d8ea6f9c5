#include "engine/count/host_table.h"

#include <gtest/gtest.h>

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <vector>

#include "tests/engine/count/engine.h"

namespace floodgauge {
namespace {

using testing::Engine;
using testing::kClient;
using testing::kServer;
using testing::udp;

TEST(HostTable, ASweepDoesNotHideTheHostThatIsReallyHit) {
  Engine engine;
  for (unsigned n = 0; n < 200; ++n) {
    engine.see(udp("192.0.2.1", ("203.0.113." + std::to_string(n)).c_str()));
  }
  EXPECT_LT(engine.window().hosts_used, Engine::kSmall.hosts) << "some records are kept back";
  EXPECT_GT(engine.window().hosts_overflowed, 100u);
  for (unsigned n = 0; n < 500; ++n) engine.see(udp("192.0.2.1", kServer));
  ASSERT_NE(engine.host(kServer), nullptr);
  EXPECT_GE(engine.host(kServer)->events().suspicious, 500u - OverflowHosts::kAdmit);
  engine.next_window();
  engine.see(udp("192.0.2.1", "203.0.113.250"));
  EXPECT_EQ(engine.cells("203.0.113.250"), "udp 1") << "the next window has all its records";
  EXPECT_EQ(engine.window().hosts_overflowed, 0u);
}

TEST(HostTable, AHostKeepsItsSlotWhileItIsFree) {
  Engine engine;
  const auto see = [&](std::initializer_list<int> hosts) {
    for (const int host : hosts) {
      engine.see(udp(kClient, ("198.51.100." + std::to_string(host)).c_str()));
    }
  };
  const auto slot = [&](int host) {
    return engine.window().hosts.slot_of(
        *engine.host(("198.51.100." + std::to_string(host)).c_str()));
  };
  see({1, 2, 3});
  const auto first = slot(1);
  const auto third = slot(3);
  engine.next_window();
  see({3, 4, 1});
  EXPECT_EQ(slot(1), first);
  EXPECT_EQ(slot(3), third);
  EXPECT_NE(slot(4), slot(1));
  EXPECT_EQ(engine.window().host(0).address, IpAddress::parse("198.51.100.3").value())
      << "the order is that of the first packets all the same";
}

/// A table and the window that it finds records in.
class Table {
 public:
  static constexpr std::uint32_t kHosts = 128;
  static constexpr std::uint32_t kLimit = kHosts - kHosts / 16;

  HostRecord* find(std::uint32_t address, std::uint64_t hash, std::uint32_t prefix = 0) {
    const IpAddress of = IpAddress::from_v4(address);
    const std::uint32_t guess = table.prefetch_record(hash, window);
    return table.find_or_begin({.address = of, .hash = hash, .slot_guess = guess, .prefix = prefix},
                               HostRecord::hit_by(Vector::udp), window);
  }
  HostRecord* find(std::uint32_t address) {
    return find(address, hash_of(std::uint64_t{address}, key_from_seed(1)));
  }
  HostRecord* begin_in_cached_slot(std::uint32_t address, std::size_t slot) {
    return table.begin_in_cached_slot(IpAddress::from_v4(address), static_cast<std::uint32_t>(slot),
                                      window);
  }
  void next_window() {
    window.clear();
    table.next_window();
  }

  HostTable table{kHosts, false};
  WorkerWindow window{{.hosts = kHosts, .prefixes = 8, .log_entries = 64, .details = 1}};
};

TEST(HostTable, FindsTheRecordThatItHasBegun) {
  Table hosts;
  HostRecord* const first = hosts.find(1, 42, 5);
  ASSERT_NE(first, nullptr);
  EXPECT_EQ(first->address, IpAddress::from_v4(1));
  EXPECT_EQ(first->prefix, 5u);
  EXPECT_EQ(hosts.find(1, 42), first);
  EXPECT_EQ(hosts.window.hosts_used, 1u);
}

TEST(HostTable, GivesHostsOfTheSameHashRecordsOfTheirOwn) {
  Table hosts;
  HostRecord* const first = hosts.find(1, 42);
  HostRecord* const second = hosts.find(2, 42);
  EXPECT_NE(first, second);
  EXPECT_EQ(hosts.find(1, 42), first);
  EXPECT_EQ(hosts.find(2, 42), second);
}

TEST(HostTable, KeepsTheLastRecordsForHostsThatAreSeenOften) {
  Table hosts;
  for (std::uint32_t address = 0; address < Table::kLimit; ++address) {
    ASSERT_NE(hosts.find(address), nullptr) << address;
  }
  for (std::uint32_t n = 1; n < OverflowHosts::kAdmit; ++n) {
    ASSERT_EQ(hosts.find(1000), nullptr) << n;
  }
  EXPECT_NE(hosts.find(1000), nullptr);
  EXPECT_EQ(hosts.window.hosts_overflowed, OverflowHosts::kAdmit - 1);
}

TEST(HostTable, BeginsARecordInACachedSlotWithThePrefixOfTheWindowBefore) {
  Table hosts;
  const std::size_t slot = hosts.window.hosts.slot_of(*hosts.find(1, 42, 5));
  EXPECT_EQ(hosts.begin_in_cached_slot(1, slot), nullptr) << "it is begun already";
  hosts.next_window();
  EXPECT_EQ(hosts.begin_in_cached_slot(2, slot), nullptr) << "another host";
  EXPECT_EQ(hosts.begin_in_cached_slot(1, Table::kHosts), nullptr) << "no such slot";
  HostRecord* const record = hosts.begin_in_cached_slot(1, slot);
  ASSERT_NE(record, nullptr);
  EXPECT_EQ(hosts.window.hosts.slot_of(*record), slot);
  EXPECT_EQ(record->prefix, 5u);
  EXPECT_EQ(record->inbound().packets, 0u);
  EXPECT_EQ(hosts.window.touched_prefixes, std::vector<std::uint32_t>{5});
  EXPECT_EQ(hosts.find(1, 42), record);
}

TEST(HostTable, BeginsNoRecordInACachedSlotWhosePrefixMayHaveChanged) {
  Table hosts;
  const std::size_t slot = hosts.window.hosts.slot_of(*hosts.find(1, 42, 5));
  hosts.window.records_valid_from = hosts.window.record_generation + 1;
  hosts.next_window();
  EXPECT_EQ(hosts.begin_in_cached_slot(1, slot), nullptr);
}

TEST(HostTable, BeginsNoRecordInACachedSlotWhereNotAllHostsOfABurstMightFindRoom) {
  Table hosts;
  const std::size_t slot = hosts.window.hosts.slot_of(*hosts.find(1, 42, 5));
  hosts.next_window();
  for (std::uint32_t address = 2; address < 2 + Table::kLimit - 2 * kBurst + 1; ++address) {
    ASSERT_NE(hosts.find(address), nullptr);
  }
  EXPECT_EQ(hosts.begin_in_cached_slot(1, slot), nullptr) << "a packet may begin two records";
}

}  // namespace
}  // namespace floodgauge
