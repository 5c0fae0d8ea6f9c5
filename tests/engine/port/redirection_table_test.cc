#include "engine/port/redirection_table.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <random>
#include <string>
#include <vector>

#include <rte_ethdev.h>
#include <rte_thash.h>

#include "engine/port/ethdev_port.h"
#include "engine/port/symmetric_rss.h"

namespace floodgauge {
namespace {

TEST(RedirectionTable, TablesOfAllPortsHaveTheirSharesInCommon) {
  struct Case {
    const char* what;
    std::vector<std::uint16_t> sizes;
    std::uint32_t queues;
    std::uint32_t shares;
  };
  for (const Case& one : {
           Case{"one table has as many shares as entries", {128}, 3, 128},
           Case{"a larger one has those of software", {512}, 3, 128},
           Case{"the smaller table decides", {512, 128}, 3, 128},
           Case{"a table of no power of two has the divisors in common", {96, 64}, 4, 32},
           Case{"as many shares as queues are enough", {64, 64}, 64, 64},
           Case{"fewer are not: a queue would get nothing", {64, 64}, 65, 0},
           Case{"tables that share no divisor cannot agree", {63, 64}, 2, 0},
           Case{"a device that tells no size", {128, 0}, 2, 0},
       }) {
    EXPECT_EQ(common_shares(one.sizes, one.queues), one.shares) << one.what;
  }
}

TEST(RedirectionTable, EveryQueueGetsItsPartAndAnySizeLeadsAHashToTheSameQueue) {
  for (const std::uint32_t queues : {1u, 2u, 3u, 5u, 8u, 13u, 32u, 48u, 64u}) {
    for (const int entries : {64, 128, 512, 2048, 192}) {
      const auto size = static_cast<std::uint16_t>(entries);
      const std::vector<std::uint16_t> table = redirection_table(size, 64, queues);
      ASSERT_EQ(table.size(), size);
      std::vector<unsigned> got(queues);
      for (const std::uint16_t queue : table) {
        ASSERT_LT(queue, queues);
        ++got[queue];
      }
      const auto [least, most] = std::minmax_element(got.begin(), got.end());
      EXPECT_LE(*most - *least, size / 64u) << size << " entries, " << queues << " queues";
      EXPECT_GT(*least, 0u) << size << " entries, " << queues << " queues";
      const std::vector<std::uint16_t> smallest = redirection_table(64, 64, queues);
      for (std::uint32_t hash = 0; hash < 4096; ++hash) {
        ASSERT_EQ(table[hash % size], smallest[hash % 64])
            << "hash " << hash << ", " << size << " entries, " << queues << " queues";
      }
    }
  }
}

/// What a NIC with our key computes of two IPv4 addresses.
std::uint32_t nic_hash(std::uint32_t source, std::uint32_t destination) {
  constexpr std::array<std::uint8_t, 40> key = nic_rss_key<40>();
  std::uint32_t words[] = {source, destination};
  return rte_softrss(words, 2, key.data());
}

TEST(RedirectionTable, LeadsAddressesToTheWorkerOfCapturesAndOfSoftware) {
  std::mt19937 random(1);
  const auto any = [&] { return static_cast<std::uint32_t>(random()); };
  for (int pair = 0; pair < 2000; ++pair) {
    const std::uint32_t source = any();
    const std::uint32_t destination = any();
    const std::uint32_t hash = nic_hash(source, destination);
    ASSERT_EQ(nic_hash(destination, source), hash) << "both directions";
    const std::uint32_t software =
        symmetric_rss(IpAddress::from_v4(source), IpAddress::from_v4(destination));
    ASSERT_EQ(symmetric_rss_of_nic(hash), software);
    for (const std::uint32_t queues : {2u, 3u, 8u, 31u}) {
      for (const int size : {128, 256, 512}) {
        const auto table = redirection_table(static_cast<std::uint16_t>(size), 128, queues);
        ASSERT_EQ(table[hash % static_cast<std::uint32_t>(size)], queue_of(software, queues))
            << size << " entries, " << queues << " queues";
      }
    }
  }
}

TEST(RedirectionTable, ATableThatEndsWithinAGroupIsWrittenWhole) {
  const std::vector<std::uint16_t> table = redirection_table(100, 50, 3);
  EXPECT_EQ(table.size(), 100u);
  EXPECT_EQ(table[49], 2);
  EXPECT_EQ(table[50], 0);
  EXPECT_EQ(write_redirection(RTE_MAX_ETHPORTS - 1, table), -ENODEV);
}

TEST(RedirectionTable, APortGetsTheTableWhenItStarts) {
  EthdevPortOptions options{
      .name = "link", .device = "net_null_redirected", .rx_queues = 3, .descriptors = 64, .mtu = 0};
  EthdevPort port(options);
  ASSERT_TRUE(port.spreads_pairs());
  const std::uint16_t size = port.redirection_entries();
  ASSERT_GT(size, 0) << "net_null has a table";
  port.set_redirection(64, true);
  port.start();
  EXPECT_EQ(read_redirection(port.id(), size), redirection_table(size, 64, 3));
  EXPECT_NE(port.summary().find("by address pair"), std::string::npos) << port.summary();
}

}  // namespace
}  // namespace floodgauge
