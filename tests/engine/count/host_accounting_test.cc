#include "engine/count/host_accounting.h"

#include <gtest/gtest.h>

#include <cstddef>
#include <cstdint>
#include <iterator>
#include <set>

#include "tests/engine/count/engine.h"

namespace floodgauge {
namespace {

using testing::Bytes;
using testing::Engine;
using testing::kServer;
using testing::Paths;
using testing::protecting;
using testing::tcp;
using testing::udp;

TEST(HostAccounting, KeepsMoreVectorsThanARecordHasRoomFor) {
  Engine engine;
  const std::uint16_t ports[] = {53,   123, 11211, 1900, 389,  161,  19,    17,  520,
                                 5353, 137, 111,   69,   3702, 5683, 27960, 500, 1701};
  for (int round = 0; round < 3; ++round) {
    for (const std::uint16_t port : ports) engine.see(udp("192.0.2.1", kServer, port, 40000));
  }
  std::size_t cells = 0;
  std::uint64_t packets = 0;
  engine.host(kServer)->for_each_cell([&](const Cell& cell) {
    ++cells;
    packets += cell.packets;
    EXPECT_EQ(cell.packets % 3, 0u) << info(cell.vector).name;
  });
  EXPECT_EQ(packets, 3 * std::size(ports));
  EXPECT_GT(cells, std::size_t{HostRecord::kCells});
}

TEST(HostAccounting, CountsIntoBothHostsAndCachesTheirSlotsInTheFlow) {
  Paths paths(protecting({"198.51.100.0/24", "203.0.113.0/24"}));
  paths.count(std::array{udp("203.0.113.9", kServer), udp(kServer, "203.0.113.9", 9000, 40000)});
  const Bytes frame = udp("203.0.113.9", kServer);
  const auto burst = paths.classified({&frame, 1});
  paths.host_accounting.count(*burst, *paths.protection, *paths.window);
  const CountedBurst::Records& records = burst->records[0];
  ASSERT_NE(records.in, nullptr);
  ASSERT_NE(records.out, nullptr);
  EXPECT_EQ(records.in->address, IpAddress::parse(kServer).value());
  EXPECT_EQ(records.in->inbound().packets, 2u);
  EXPECT_EQ(records.in->flows_active, 1u);
  EXPECT_EQ(records.out->inbound().packets, 1u);
  const CachedHostSlots cached = FlowTable::cached_host_slots(burst->flow_handles[0]);
  const std::set<std::size_t> slots{paths.window->hosts.slot_of(*records.in),
                                    paths.window->hosts.slot_of(*records.out)};
  EXPECT_EQ((std::set<std::size_t>{cached.one, cached.other}), slots);
}

constexpr const char* kOutside = "192.0.2.1";

/// The sent part of the server's record.
HostSent sent_by_server(const Engine& engine) {
  return engine.host(kServer)->sent();
}
std::uint64_t packets_aside(const Engine& engine, Vector vector) {
  std::uint64_t packets = 0;
  engine.host(kServer)->for_each_cell([&](const Cell& cell) {
    if (cell.vector == vector && cell.aside) packets += cell.packets;
  });
  return packets;
}

TEST(HostAccounting, KeepsWhatAHostSendsOutWithItsReceivers) {
  Engine engine(protecting({"198.51.100.0/24"}));
  for (std::uint16_t port = 1; port <= 3; ++port) engine.see(udp(kServer, kOutside, 1000, port));
  engine.see(udp(kServer, kOutside, 1000, 3));
  const HostSent sent = sent_by_server(engine);
  EXPECT_EQ(sent.suspicious, 4u);
  EXPECT_EQ(sent.new_flows, 3u);
  EXPECT_EQ(sent.logged, 4u);
  const LogEntry& last = engine.window().log[sent.log_head - 1];
  EXPECT_EQ(last.source, IpAddress::parse(kOutside).value());
  EXPECT_EQ(last.source_port, 1000);
  EXPECT_EQ(last.destination_port, 3);
  EXPECT_EQ(engine.host(kServer)->events().suspicious, 0u) << "nothing came in";
  EXPECT_EQ(engine.cells(kServer), "out udp 4");
}

TEST(HostAccounting, WhatIsAnsweredOrGoesToAProtectedHostIsNoPartOfAFloodOut) {
  Engine engine(protecting({"198.51.100.0/24"}));
  engine.see(udp(kOutside, kServer, 40000, 9000));
  engine.see(udp(kServer, kOutside, 9000, 40000));
  EXPECT_FALSE(engine.host(kServer)->sends());
  engine.see(udp(kServer, "198.51.100.9", 1, 2));
  EXPECT_FALSE(engine.host(kServer)->sends());
  EXPECT_EQ(packets_aside(engine, Vector::udp), 0u) << "its source may be forged";
  EXPECT_EQ(engine.host("198.51.100.9")->events().suspicious, 1u) << "it is inbound there";
}

TEST(HostAccounting, IcmpAnswersAreSetAsideAndEchoRequestsAreNot) {
  Engine engine(protecting({"198.51.100.0/24"}));
  const auto message = [&](std::uint8_t type, std::uint8_t code) {
    return testing::PacketBuilder()
        .ethernet()
        .ipv4({.source = kServer, .destination = kOutside})
        .icmp({.type = type, .code = code})
        .build();
  };
  engine.see(message(3, 3));
  engine.see(message(11, 0));
  engine.see(message(0, 0));
  EXPECT_EQ(packets_aside(engine, Vector::icmp), 3u);
  EXPECT_FALSE(engine.host(kServer)->sends());
  engine.see(message(8, 0));
  EXPECT_EQ(sent_by_server(engine).suspicious, 1u);
  EXPECT_EQ(engine.window().client_events.size(), 1u) << "the destination that is unreachable";
}

TEST(HostAccounting, LargeAnswersOfServicesThatAmplifyAreKept) {
  for (const bool fast : {false, true}) {
    Engine engine(protecting({"198.51.100.0/24"}));
    engine.fast_path = fast;
    for (int round = 0; round < 3; ++round) {
      engine.see(udp(kOutside, kServer, 40000, 123, 20));
      engine.see(udp(kServer, kOutside, 123, 40000, 228));  // 256 IP bytes
      engine.see(udp(kServer, kOutside, 123, 40000, 227));
    }
    engine.see(udp(kOutside, kServer, 40000, 1194, 20));
    engine.see(udp(kServer, kOutside, 1194, 40000, 1000));  // a tunnel
    EXPECT_EQ(sent_by_server(engine).reflected, 3u) << fast;
    EXPECT_EQ(sent_by_server(engine).reflected_bytes, 3 * 270u) << fast;
    EXPECT_EQ(sent_by_server(engine).suspicious, 0u) << fast;
    EXPECT_EQ(sent_by_server(engine).logged, 3u) << fast;
  }
}

TEST(HostAccounting, WhenEverythingIsProtectedNobodyIsASenderOfAFloodOut) {
  Engine engine;
  engine.see(udp(kServer, kOutside, 1000, 1));
  engine.see(udp(kOutside, kServer, 1, 1000));
  for (std::uint16_t port = 1; port <= 9; ++port) engine.see(udp(kServer, kOutside, 1000, port));
  EXPECT_FALSE(engine.host(kServer)->sends());
}

TEST(HostAccounting, RepeatedSynsAndAnswersToSynsAreCounted) {
  Engine engine(protecting({"198.51.100.0/24"}));
  for (int n = 0; n < 3; ++n) engine.see(tcp(kOutside, kServer, testing::kSyn));
  EXPECT_EQ(engine.host(kServer)->events().repeated_syns, 2u);
  EXPECT_EQ(engine.host(kServer)->events().new_flows, 1u);
  Engine client(protecting({"192.0.2.0/24"}));
  client.see(tcp(kOutside, kServer, testing::kSyn));
  client.see(tcp(kServer, kOutside, testing::kSyn | testing::kAck));
  EXPECT_EQ(client.host(kOutside)->sent().syn_answered, 1u);
  EXPECT_EQ(client.host(kOutside)->sent().suspicious, 1u);
}

TEST(HostAccounting, ClientsAreRefusedOrSpeak) {
  Engine engine(protecting({"198.51.100.0/24"}));
  engine.see(tcp(kOutside, kServer, testing::kSyn, "", 1001));
  engine.see(tcp(kServer, kOutside, testing::kRst | testing::kAck, "", 1001));
  engine.see(tcp(kOutside, kServer, testing::kSyn, "", 1002));
  engine.see(tcp(kServer, kOutside, testing::kSyn | testing::kAck, "", 1002));
  engine.see(tcp(kOutside, kServer, testing::kAck, "", 1002));
  engine.see(tcp(kOutside, kServer, testing::kAck | testing::kPsh, "Hello", 1002));
  engine.see(tcp(kOutside, kServer, testing::kAck | testing::kPsh, "again", 1002));
  engine.see(udp(kOutside, kServer, 1003, 9000));
  engine.see(udp(kServer, kOutside, 9000, 1003));
  engine.see(udp(kServer, kOutside, 9000, 1003));
  std::multiset<ClientOutcome> outcomes;
  engine.window().client_events.for_each([&](const ClientEvent& event) {
    EXPECT_EQ(event.client, IpAddress::parse(kOutside).value());
    outcomes.insert(event.outcome);
  });
  EXPECT_EQ(outcomes,
            (std::multiset{ClientOutcome::refused, ClientOutcome::spoke, ClientOutcome::spoke}));
}

}  // namespace
}  // namespace floodgauge
