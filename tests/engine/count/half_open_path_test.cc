#include "engine/count/half_open_path.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <iterator>
#include <random>
#include <string>
#include <vector>

#include "tests/engine/count/engine.h"

namespace floodgauge {
namespace {

using testing::Bytes;
using testing::Engine;
using testing::kAck;
using testing::kPsh;
using testing::kRoomForAll;
using testing::kServer;
using testing::kServers;
using testing::kSyn;
using testing::PacketBuilder;
using testing::parsed_burst;
using testing::Paths;
using testing::protecting;
using testing::random_packet;
using testing::tcp;
using testing::udp;

/// A packet of a SYN flood to one of the servers. Some are repeated, some have a server's address
/// as their source, and some are more than a plain SYN.
Bytes spoofed_syn(std::mt19937& random) {
  const std::string source = random() % 8 == 0
                                 ? "198.51.100." + std::to_string(7 + random() % kServers)
                                 : "203.0.113." + std::to_string(random() % 256);
  const std::string target = "198.51.100." + std::to_string(7 + random() % kServers);
  constexpr std::uint8_t kFlags[] = {kSyn, kSyn, kSyn, kSyn, kSyn | kPsh, kSyn | kAck, kSyn | 0x01};
  PacketBuilder builder;
  builder.ethernet()
      .ipv4({.source = source.c_str(),
             .destination = target.c_str(),
             .ttl = static_cast<std::uint8_t>(random() % 256)})
      .tcp({.source_port = static_cast<std::uint16_t>(random() % 64),
            .destination_port = static_cast<std::uint16_t>(random() % 3 == 0 ? 443 : 80),
            .flags = kFlags[random() % std::size(kFlags)]});
  if (random() % 4 == 0) builder.payload("of TCP Fast Open");
  return builder.build();
}

/// The half-open path must count the same as all stages together. With exclusions, which exclude no
/// packet here, every SYN takes every stage.
void expect_syns_count_the_same(Settings settings, const WindowCapacity& capacity) {
  std::mt19937 random(11);
  Engine half_open(settings, capacity);
  settings.exclude.sources.push_back(*IpPrefix::parse("192.0.2.200/32"));
  Engine whole(settings, capacity);
  const HashKey key = key_from_seed(1);
  for (int window = 0; window < 60; ++window) {
    const bool flood = window % 10 > 2;
    for (int burst = 0; burst < 20; ++burst) {
      std::vector<Bytes> frames(1 + random() % kBurst);
      for (Bytes& frame : frames) {
        frame = flood && random() % 4 != 0 ? spoofed_syn(random) : random_packet(random);
      }
      whole.see_burst(frames, window * 100);
      half_open.see_burst(frames, window * 100);
    }
    ASSERT_EQ(half_open.everything(), whole.everything()) << "window " << window;
    ASSERT_EQ(half_open.logged(), whole.logged()) << "window " << window;
    for (unsigned last = 0; last < 256; ++last) {
      const auto hash = hash_of(*IpAddress::parse("203.0.113." + std::to_string(last)), key);
      ASSERT_EQ(half_open.window().senders.of(hash).tcp, whole.window().senders.of(hash).tcp);
    }
    whole.next_window();
    half_open.next_window();
  }
}

TEST(HalfOpenPath, CountsAsAllStagesTogetherWould) {
  expect_syns_count_the_same(protecting({"198.51.100.0/24"}), kRoomForAll);
}
TEST(HalfOpenPath, CountsTheSameWhenEverythingIsProtected) {
  expect_syns_count_the_same({}, kRoomForAll);
}

/// Begins so many flows in window 0 that the flow table gives no entries to new flows in window 1.
void begin_crowd(Paths& paths) {
  std::mt19937_64 random(1);
  for (int i = 0; i < 4096; ++i) {
    paths.tables.flows.count_packet({.hash = random(), .tcp = true, .tcp_flags = kSyn}, 0);
  }
  paths.tables.flows.count_packet({.hash = random(), .tcp = true, .tcp_flags = kSyn}, 1);
}

TEST(HalfOpenPath, AppliesOnlyWhileNewFlowsGetNoEntryAndWithoutExclusions) {
  Settings settings = protecting({"198.51.100.0/24"});
  Paths paths(settings);
  EXPECT_FALSE(paths.half_open_path.applies(*paths.protection));
  begin_crowd(paths);
  EXPECT_TRUE(paths.half_open_path.applies(*paths.protection));
  settings.exclude.sources.push_back(*IpPrefix::parse("192.0.2.200/32"));
  paths.protect(settings);
  EXPECT_FALSE(paths.half_open_path.applies(*paths.protection));
}

TEST(HalfOpenPath, TakesPlainSynsOutOfTheBurstAndCountsThem) {
  Paths paths(protecting({"198.51.100.0/24"}));
  begin_crowd(paths);
  const Bytes frames[] = {tcp("192.0.2.1", kServer, kSyn),        tcp("192.0.2.2", kServer, kAck),
                          tcp("192.0.2.3", kServer, kSyn | kAck), udp("192.0.2.4", kServer),
                          tcp("192.0.2.5", kServer, kSyn),        tcp("192.0.2.5", kServer, kSyn)};
  const auto burst = parsed_burst(frames);
  paths.protection->find_targets(*burst);
  paths.flow_stage.hash_unknown(*burst, *paths.window);
  paths.half_open_path.look_up(*burst, false, 1, *paths.window);
  EXPECT_EQ(burst->half_open, 0b010001u) << "a repeated SYN is of a known flow";
  EXPECT_EQ(burst->remaining, 0b101110u);
  EXPECT_FALSE(burst->lookups[5].new_flow);
  paths.half_open_path.count(*burst, false, *paths.window);
  ASSERT_EQ(paths.window->hosts_used, 1u);
  const HostRecord& server = paths.window->host(0);
  EXPECT_EQ(server.inbound().packets, 2u);
  EXPECT_EQ(server.flows_active, 2u);
  EXPECT_EQ(server.events().new_flows, 2u);
  EXPECT_EQ(server.events().suspicious, 2u);
  EXPECT_EQ(paths.window->log_used, 2u);
  ServiceStage services{key_from_seed(1)};
  services.count(*burst, *paths.protection, *paths.window);
  ASSERT_EQ(paths.window->services.used, 1u);
  EXPECT_EQ(paths.window->services.records[0].counts.asked[0], 2u) << "two SYNs of http";
}

}  // namespace
}  // namespace floodgauge
