// The worker's way to the keyed hashes gives the values of keyed_hash.h, for every kind of pair.
#include "engine/count/address_hasher.h"

#include <gtest/gtest.h>

#include <random>
#include <utility>
#include <vector>

namespace floodgauge {
namespace {

/// IPv4, IPv6, and IPv6 addresses that share words with IPv4's or with one another.
std::vector<IpAddress> addresses() {
  std::mt19937_64 random(11);
  std::vector<IpAddress> all = {IpAddress{},
                                IpAddress::from_v4(0),
                                IpAddress::from_v4(0xffffffff),
                                *IpAddress::parse("::1"),
                                *IpAddress::parse("2001:db8::1"),
                                *IpAddress::parse("2001:db8::2"),
                                *IpAddress::parse("::7:7")};
  for (int i = 0; i < 20; ++i) {
    all.push_back(IpAddress::from_v4(static_cast<std::uint32_t>(random())));
    IpAddress wide;
    for (auto& byte : wide.bytes) byte = static_cast<std::uint8_t>(random());
    all.push_back(wide);
  }
  return all;
}

TEST(AddressHasher, AddressesHashAsTheyDoElsewhere) {
  const HashKey key = key_from_seed(5);
  const AddressHasher hasher(key);
  for (const IpAddress& address : addresses()) {
    EXPECT_EQ(hasher.address(address), hash_of(address, key)) << address.text();
  }
}

TEST(AddressHasher, FlowsHashAsTheyDoElsewhereAndHaveTwoEnds) {
  const HashKey key = key_from_seed(6);
  const AddressHasher hasher(key);
  const std::vector<IpAddress> all = addresses();
  const std::pair<std::uint16_t, std::uint16_t> ports[] = {{0, 0}, {53, 40000}, {65535, 1}};
  for (const IpAddress& a : all) {
    for (const IpAddress& b : all) {
      for (const auto& [from, to] : ports) {
        const FlowHash there = hasher.flow(a, b, {from, to, 17});
        const FlowHash back = hasher.flow(b, a, {to, from, 17});
        EXPECT_EQ(there.hash, hash_flow_symmetric(a, b, from, to, 17, key));
        EXPECT_EQ(back.hash, there.hash);
        const bool one_end = a == b && from == to;
        EXPECT_EQ(back.from_upper != there.from_upper, !one_end) << a.text() << " " << b.text();
      }
    }
  }
}

}  // namespace
}  // namespace floodgauge
