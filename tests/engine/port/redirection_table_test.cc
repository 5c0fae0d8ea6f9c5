#include "engine/port/redirection_table.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "engine/port/ethdev_port.h"

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
