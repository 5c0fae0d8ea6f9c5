#include "detectors/carpet.h"

#include <algorithm>
#include <string>

#include <gtest/gtest.h>

#include "tests/support/window_feed.h"

namespace floodgauge {
namespace {

/// There are enough hosts that they are sorted by radix sort, and they come in no order.
TEST(Carpets, ManyHostsInAnyOrderAreGroupedByNetwork) {
  constexpr std::uint32_t kNetworks = 10;
  constexpr std::uint32_t kHosts = 200;
  const Settings everything;
  testing::WindowFeed feed(everything);
  for (std::uint32_t i = 0; i < kNetworks * kHosts; ++i) {
    const std::uint32_t any = i * 797 % (kNetworks * kHosts);
    const std::uint32_t network = any % kNetworks;
    const std::string target = std::to_string(200 - 17 * network) + ".18." +
                               std::to_string(network * 25) + "." + std::to_string(any / kNetworks);
    feed.add({.target = target.c_str(), .vector = Vector::udp, .packets = 4 + network});
  }
  Carpets carpets(feed.registry());
  bool shown = false;
  feed.close([&](const NetworkWindow& window) {
    shown = true;
    carpets.collect(window, [](const IpPrefix&) { return VectorSet{}; });
    const Carpets::Networks found =
        carpets.networks(window, [](const IpPrefix&, std::uint32_t) { return false; });
    ASSERT_EQ(found.size(), kNetworks);
    for (const auto& [address, network] : found) {
      const std::uint32_t number = (200u - address.address.v4() / (1u << 24)) / 17;
      EXPECT_EQ(address.length, 24);
      EXPECT_EQ(network.suspicious, kHosts * (4 + number));
      EXPECT_EQ(network.counts.in_total.packets, network.suspicious);
      EXPECT_EQ(network.busiest, 4 + number);
      ASSERT_EQ(network.members.size(), kHosts);
      EXPECT_TRUE(std::is_sorted(network.members.begin(), network.members.end()));
      for (const std::uint32_t member : network.members) {
        EXPECT_TRUE(address.contains(window.hosts()[member].address));
      }
      EXPECT_EQ(network.hit(), network.members) << "each host got the same number of packets";
    }
  });
  EXPECT_TRUE(shown);
}

}  // namespace
}  // namespace floodgauge
