#include "engine/count/target_detail.h"

#include <gtest/gtest.h>

#include <cmath>
#include <memory>

#include "engine/base/keyed_hash.h"

namespace floodgauge {
namespace {

const HashKey kKey = key_from_seed(1);

std::uint64_t hash_of_number(std::uint64_t number) {
  return hash_of(number, kKey);
}

LogEntry packet_from(std::uint32_t source, std::uint16_t source_port = 1000) {
  return {.source = IpAddress::from_v4(0xc0000200u + source),
          .source_port = source_port,
          .destination_port = 443,
          .ip_bytes = 1500,
          .ttl = 57};
}

TEST(TargetDetail, IsExactWithinItsCapacity) {
  auto detail = std::make_unique<TargetDetail>();
  for (std::uint32_t n = 0; n < 3000; ++n) {
    const LogEntry packet = packet_from(n % 100, static_cast<std::uint16_t>(n % 500));
    detail->add(packet, hash_of(packet.source, kKey));
  }
  EXPECT_EQ(detail->packets, 3000u);
  EXPECT_TRUE(detail->top_sources.exact());
  detail->top_sources.for_each([](const auto& entry) { EXPECT_EQ(entry.count, 30u); });
  EXPECT_EQ(detail->source_ports_seen.size(), 500u);
  EXPECT_EQ(detail->destination_ports_seen.size(), 1u);
  EXPECT_EQ(detail->ttl[57], 3000u);
  EXPECT_EQ(detail->length[1500 / 32], 3000u);
  EXPECT_NEAR(detail->sources.estimate(), 100, 5);
}

TEST(TargetDetail, KeepsTheHeaviestOfManySourcesAndIsThenNotExact) {
  auto detail = std::make_unique<TargetDetail>();
  for (std::uint32_t n = 0; n < 50000; ++n) {
    const LogEntry packet = packet_from(n % 5 == 0 ? 7 : 1000 + n);
    detail->add(packet, hash_of(packet.source, kKey));
  }
  EXPECT_FALSE(detail->top_sources.exact());
  std::uint64_t heaviest = 0;
  IpAddress who;
  detail->top_sources.for_each([&](const auto& entry) {
    if (entry.count > heaviest) heaviest = entry.count, who = entry.key;
  });
  EXPECT_EQ(who.text(), "192.0.2.7");
  EXPECT_NEAR(static_cast<double>(heaviest), 10000, 50);
}

TEST(TargetDetail, SamplesOnePacketInEightOfAVeryHeavyFlood) {
  constexpr std::uint32_t kPackets = 1'000'000;
  constexpr std::uint32_t kSources = 100'000;
  const auto detail = std::make_unique<TargetDetail>();
  for (std::uint32_t n = 0; n < kPackets; ++n) {
    // One packet in ten is of one source with TTL 64. The others are of all sources, with ports
    // that repeat after eight packets.
    const bool heavy = hash_of_number(n) % 10 == 0;
    const std::uint32_t source = heavy ? 0 : 1 + n % kSources;
    const LogEntry packet{.source = IpAddress::from_v4(source),
                          .source_port = static_cast<std::uint16_t>(n % 8),
                          .destination_port = 443,
                          .ip_bytes = 40,
                          .ttl = heavy ? std::uint8_t{64} : std::uint8_t{50},
                          .vector = Vector::tcp_syn};
    detail->add(packet, hash_of_number(source));
  }
  EXPECT_EQ(detail->packets, kPackets);
  EXPECT_NEAR(detail->sources.estimate(), kSources, kSources * 0.05) << "counted of every packet";
  EXPECT_EQ(detail->source_ports_seen.size(), 8u);
  EXPECT_FALSE(detail->top_sources.exact());
  // Five standard errors of a sample of one in eight; one is the square root of eight times the
  // count.
  const auto near = [](double count, double truth) {
    return std::abs(count - truth) < 5 * std::sqrt(8 * truth);
  };
  const auto top = detail->top_sources.top(1);
  EXPECT_EQ(top[0].key, IpAddress::from_v4(0));
  EXPECT_TRUE(near(static_cast<double>(top[0].count), kPackets / 10.0)) << top[0].count;
  EXPECT_TRUE(near(detail->ttl[64], kPackets / 10.0)) << detail->ttl[64];
  EXPECT_TRUE(near(detail->ttl[50], kPackets * 0.9)) << detail->ttl[50];
  EXPECT_TRUE(near(detail->length[1], kPackets)) << detail->length[1];
  const auto ports = detail->source_ports.top(10);
  ASSERT_EQ(ports.size(), 8u);
  for (const auto& port : ports) {
    EXPECT_TRUE(near(static_cast<double>(port.count), kPackets / 8.0)) << port.count;
  }
}

TEST(TargetDetail, IsEmptyAfterClear) {
  auto detail = std::make_unique<TargetDetail>();
  detail->add(packet_from(1), hash_of(packet_from(1).source, kKey));
  detail->clear();
  EXPECT_EQ(detail->packets, 0u);
  EXPECT_EQ(detail->ttl[57], 0u);
  EXPECT_EQ(detail->source_ports_seen.size(), 0u);
  unsigned entries = 0;
  detail->top_sources.for_each([&](const auto&) { ++entries; });
  EXPECT_EQ(entries, 0u);
}

}  // namespace
}  // namespace floodgauge
