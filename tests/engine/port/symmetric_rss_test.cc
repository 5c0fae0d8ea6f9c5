#include "engine/port/symmetric_rss.h"

#include <gtest/gtest.h>
#include <rte_thash.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <random>
#include <vector>

namespace floodgauge {
namespace {

/// DPDK's Toeplitz hash of `words` 32-bit words in network byte order, with the published key.
std::uint32_t toeplitz(const std::uint8_t* tuple, std::uint32_t words) {
  std::array<std::uint8_t, 40> key;
  for (std::size_t at = 0; at < key.size(); at += 2) {
    key[at] = 0x6d;
    key[at + 1] = 0x5a;
  }
  std::array<std::uint32_t, 8> host{};
  for (std::uint32_t word = 0; word < words; ++word) {
    std::memcpy(&host[word], tuple + 4 * word, 4);
    host[word] = rte_be_to_cpu_32(host[word]);
  }
  return rte_softrss(host.data(), words, key.data());
}

TEST(SymmetricRss, IsToeplitzWithTheSymmetricKey) {
  std::mt19937_64 random(7);
  for (int round = 0; round < 1000; ++round) {
    std::array<std::uint8_t, 32> v6;
    for (std::uint8_t& byte : v6) byte = static_cast<std::uint8_t>(random());
    IpAddress source, destination;
    std::memcpy(source.bytes.data(), v6.data(), 16);
    std::memcpy(destination.bytes.data(), v6.data() + 16, 16);
    EXPECT_EQ(symmetric_rss(source, destination), toeplitz(v6.data(), 8));
    EXPECT_EQ(symmetric_rss(destination, source), toeplitz(v6.data(), 8));

    for (IpAddress* address : {&source, &destination}) {
      const std::array<std::uint8_t, 12> mapped = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
      std::memcpy(address->bytes.data(), mapped.data(), mapped.size());
    }
    std::array<std::uint8_t, 8> v4;
    std::memcpy(v4.data(), source.bytes.data() + 12, 4);
    std::memcpy(v4.data() + 4, destination.bytes.data() + 12, 4);
    EXPECT_EQ(symmetric_rss(source, destination), toeplitz(v4.data(), 2));
  }
}

TEST(SymmetricRss, SpreadsEvenly) {
  constexpr std::uint32_t kQueues = 5;
  std::vector<int> packets(kQueues);
  std::mt19937 random(7);
  for (int round = 0; round < 10'000; ++round) {
    IpAddress source;
    for (std::uint8_t& byte : source.bytes) byte = static_cast<std::uint8_t>(random());
    ++packets[queue_of(symmetric_rss(source, IpAddress{}), kQueues)];
  }
  for (const int count : packets) EXPECT_NEAR(count, 2000, 200);
}

TEST(SymmetricRss, EveryHashHasAQueue) {
  EXPECT_EQ(queue_of(0, 3), 0u);
  EXPECT_EQ(queue_of(0xffffffff, 3), 2u);
  EXPECT_EQ(queue_of(0xffffffff, 1), 0u);
  EXPECT_EQ(queue_of(0xffffffff, 100), 99u);
}

TEST(SymmetricRss, NoShareIsSplitBetweenQueues) {
  for (std::uint32_t queues = 1; queues <= 32; ++queues) {
    std::vector<std::uint32_t> shares(queues);
    for (std::uint32_t share = 0; share < kHashShares; ++share) {
      const std::uint32_t first = share << 25;
      const std::uint32_t queue = queue_of(first, queues);
      EXPECT_EQ(queue_of(first + 0x1ffffff, queues), queue);
      EXPECT_EQ(hash_share(first + 0x1ffffff), share);
      ++shares[queue];
    }
    const auto [least, most] = std::minmax_element(shares.begin(), shares.end());
    EXPECT_LE(*most * 4, *least * 5) << queues;
  }
}

}  // namespace
}  // namespace floodgauge
