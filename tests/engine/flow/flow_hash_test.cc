#include "engine/flow/flow_hash.h"

#include <gtest/gtest.h>

#include <random>
#include <set>
#include <utility>
#include <vector>

#include "tests/engine/sketch/streams.h"

namespace floodgauge {
namespace {

const HashKey kKey = key_from_seed(1);
const IpAddress kA = IpAddress::from_v4(0xc0000201);
const IpAddress kB = IpAddress::from_v4(0xc6336407);

/// IPv4 and IPv6 addresses, among them IPv6 ones that share words with IPv4 or with one another.
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

TEST(FlowHash, IsTheSameInBothDirectionsAndTellsWhichEndSent) {
  const std::vector<IpAddress> all = addresses();
  const std::pair<std::uint16_t, std::uint16_t> ports[] = {{0, 0}, {53, 40000}, {65535, 1}};
  std::set<std::uint64_t> seen;
  std::size_t flows = 0;
  for (const IpAddress& a : all) {
    for (const IpAddress& b : all) {
      for (const auto& [from, to] : ports) {
        const FlowHash there = flow_hash(a, b, {from, to, 17}, kKey);
        const FlowHash back = flow_hash(b, a, {to, from, 17}, kKey);
        EXPECT_EQ(back.hash, there.hash);
        const bool one_end = a == b && from == to;
        EXPECT_EQ(back.from_upper != there.from_upper, !one_end) << a.text() << " " << b.text();
        seen.insert(there.hash);
        // Without ports, the loops visit both directions of a flow.
        flows += from != to || !(b < a) ? 1 : 0;
      }
    }
  }
  EXPECT_EQ(seen.size(), flows);
}

TEST(FlowHash, IsTheSameForPlainPackets) {
  const std::pair<std::uint16_t, std::uint16_t> ports[] = {
      {0, 0}, {53, 40000}, {40000, 53}, {65535, 1}};
  PacketFacts facts;
  // The bytes beside ports and protocol have no influence.
  facts.ip_bytes = 0xffff;
  facts.traffic_class = 0xff;
  facts.tcp_flags = facts.ttl = facts.flags = facts.depth = 0xff;
  for (const IpAddress& a : addresses()) {
    for (const IpAddress& b : addresses()) {
      if (!a.is_v4() || !b.is_v4()) continue;
      for (const auto& [from, to] : ports) {
        for (const std::uint8_t protocol : {std::uint8_t{6}, std::uint8_t{17}}) {
          facts.source = a;
          facts.destination = b;
          facts.source_port = from;
          facts.destination_port = to;
          facts.protocol = protocol;
          const FlowHash plain = flow_hash_of_plain(facts, kKey);
          const FlowHash general = flow_hash(a, b, {from, to, protocol}, kKey);
          EXPECT_EQ(plain.hash, general.hash) << a.text() << " " << b.text();
          EXPECT_EQ(plain.from_upper, general.from_upper) << a.text() << " " << b.text();
        }
      }
    }
  }
}

TEST(FlowHash, DependsOnEveryField) {
  const IpAddress wide = *IpAddress::parse("2001:db8::53");
  for (const IpAddress& other : {kB, wide}) {
    const auto hash = [](const IpAddress& from, const IpAddress& to, FlowPorts ports,
                         const HashKey& key) { return flow_hash(from, to, ports, key).hash; };
    const std::uint64_t base = hash(kA, other, {1024, 53, 17}, kKey);
    EXPECT_NE(base, hash(other, kA, {1024, 53, 17}, kKey)) << "ports belong to their addresses";
    EXPECT_NE(base, hash(kA, kA, {1024, 53, 17}, kKey)) << "one end";
    EXPECT_NE(base, hash(other, other, {1024, 53, 17}, kKey)) << "the other end";
    EXPECT_NE(base, hash(kA, other, {1025, 53, 17}, kKey)) << "source port";
    EXPECT_NE(base, hash(kA, other, {1024, 54, 17}, kKey)) << "destination port";
    EXPECT_NE(base, hash(kA, other, {1024, 53, 6}, kKey)) << "protocol";
    EXPECT_NE(base, hash(kA, other, {1024, 53, 17}, key_from_seed(2))) << "key";
  }
  // Ends whose bytes have the same sum, which a sum of two hashes might confuse.
  EXPECT_NE(flow_hash(address_number(1), address_number(4), {1, 1, 17}, kKey).hash,
            flow_hash(address_number(2), address_number(3), {1, 1, 17}, kKey).hash);
}

}  // namespace
}  // namespace floodgauge
