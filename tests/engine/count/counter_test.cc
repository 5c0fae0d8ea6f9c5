// Packets in, a worker's window out: all stages together, as a worker runs them.
#include "engine/count/counter.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>

#include "tests/engine/count/engine.h"

namespace floodgauge {
namespace {

using testing::Bytes;
using testing::Engine;
using testing::kAck;
using testing::kClient;
using testing::kPsh;
using testing::kServer;
using testing::kSyn;
using testing::PacketBuilder;
using testing::protecting;
using testing::tcp;
using testing::udp;

TEST(Counter, CountsAWholeConnection) {
  Engine engine(protecting({"198.51.100.0/24"}));
  engine.see(tcp(kClient, kServer, kSyn), 0);
  engine.see(tcp(kServer, kClient, kSyn | kAck), 20);
  engine.see(tcp(kClient, kServer, kAck), 40);
  engine.see(tcp(kClient, kServer, kPsh | kAck, "GET / HTTP/1.1\r\n"), 41);
  engine.see(tcp(kServer, kClient, kPsh | kAck, "HTTP/1.1 200 OK\r\n"), 60);
  EXPECT_EQ(engine.cells(kServer),
            "http_request 1, out tcp_established 2, tcp_established 1, tcp_syn 1");
  const HostRecord& host = *engine.host(kServer);
  EXPECT_EQ(host.events().new_flows, 1u);
  EXPECT_EQ(host.flows_active, 1u);
  EXPECT_EQ(host.events().syn_answered, 1u);
  EXPECT_EQ(host.events().handshakes, 1u);
  EXPECT_EQ(host.events().first_payloads, 1u);
  EXPECT_EQ(engine.host(kClient), nullptr) << "the client is not protected";
  const ServiceWindow& services = engine.window().services;
  ASSERT_EQ(services.used, 1u);
  EXPECT_EQ(services.records[0].counts.asked_within[1], 1u);
  ASSERT_EQ(services.answers.size(), 2u) << "the connection was accepted, and the request answered";
  EXPECT_EQ(engine.window().total.packets, 5u);
  EXPECT_EQ(engine.window().unprotected, 0u);
}

TEST(Counter, CountsClientsThatGoOnWhenAnswersAreNotVisible) {
  Engine engine(protecting({"198.51.100.0/24"}));
  engine.see(tcp(kClient, kServer, kSyn));
  engine.see(tcp(kClient, kServer, kAck));
  EXPECT_EQ(engine.host(kServer)->events().progressed, 1u);
  EXPECT_EQ(engine.host(kServer)->events().handshakes, 0u);
}

TEST(Counter, CountsBothSidesOfAConversationBetweenProtectedHosts) {
  Engine engine(protecting({"198.51.100.0/24", "203.0.113.0/24"}));
  engine.see(udp("203.0.113.9", kServer));
  EXPECT_EQ(engine.cells(kServer), "udp 1");
  EXPECT_EQ(engine.host("203.0.113.9"), nullptr) << "its address may be forged";
  engine.see(udp(kServer, "203.0.113.9", 9000, 40000));
  EXPECT_EQ(engine.cells(kServer), "out udp_answered 1, udp 1");
  EXPECT_EQ(engine.cells("203.0.113.9"), "udp_answered 1");
  EXPECT_EQ(engine.window().touched_prefixes.size(), 2u);
}

/// A frame on a wire: its MAC addresses are not zeros.
Bytes on_wire(Bytes frame) {
  frame[0] = frame[6] = 2;
  return frame;
}
Bytes own_tcp(std::uint8_t flags, std::uint16_t from, std::uint16_t to) {
  return on_wire(PacketBuilder()
                     .ethernet()
                     .ipv4({.source = kServer, .destination = kServer})
                     .tcp({.source_port = from, .destination_port = to, .flags = flags})
                     .build());
}

TEST(Counter, APacketFromItsOwnDestinationIsNoAnswerOfIt) {
  for (const bool everything : {false, true}) {
    Engine engine(everything ? Settings{} : protecting({"198.51.100.0/24"}));
    for (int n = 0; n < 3; ++n) {
      engine.see(on_wire(udp(kServer, kServer, 40000, 9000)));
      engine.see(on_wire(udp(kServer, kServer, 9000, 40000)));
      engine.see(own_tcp(kSyn, 40000, 80));
      engine.see(own_tcp(kSyn | kAck, 80, 40000));
      engine.see(own_tcp(kAck, 40000, 80));
    }
    EXPECT_EQ(engine.cells(kServer), "tcp_oneway 3, tcp_syn 3, tcp_synack 3, udp 6") << everything;
    EXPECT_EQ(engine.host(kServer)->events().handshakes, 0u);
    EXPECT_EQ(engine.host(kServer)->events().answers, 0u);
    EXPECT_EQ(engine.window()
                  .senders.of(hash_of(IpAddress::parse(kServer).value(), key_from_seed(1)))
                  .udp,
              0u);
  }
}

TEST(Counter, AHostTalksToItselfOverItsLoopbackInterface) {
  Engine engine;
  Bytes there = udp(kServer, kServer, 40000, 9000);
  Bytes back = udp(kServer, kServer, 9000, 40000);
  std::fill_n(there.begin(), 12, std::uint8_t{0});  // MAC addresses
  std::fill_n(back.begin(), 12, std::uint8_t{0});
  engine.see(there);
  engine.see(back);
  engine.see(udp("127.0.0.1", "127.0.0.1", 40000, 9000));
  engine.see(udp("127.0.0.1", "127.0.0.1", 9000, 40000));
  EXPECT_EQ(engine.cells(kServer), "out udp_answered 1, udp 1, udp_answered 1");
  EXPECT_EQ(engine.cells("127.0.0.1"), "out udp_answered 1, udp 1, udp_answered 1");
}

TEST(Counter, TouchesAPrefixThatOnlySends) {
  Engine engine(protecting({"198.51.100.0/24"}));
  engine.see(udp(kServer, kClient));
  EXPECT_EQ(engine.cells(kServer), "out udp 1");
  EXPECT_EQ(engine.window().touched_prefixes.size(), 1u) << "or the merge skips it";
}

TEST(Counter, CountsUnprotectedPacketsSeparately) {
  Engine engine(protecting({"198.51.100.0/24"}));
  engine.see(udp("192.0.2.1", "203.0.113.1"));
  engine.see(PacketBuilder().ethernet({.type = 0x0806}).payload(28).build());
  EXPECT_EQ(engine.window().unprotected, 2u);
  EXPECT_EQ(engine.window().hosts_used, 0u);
  EXPECT_EQ(engine.window().parse.non_ip, 1u);
  EXPECT_EQ(engine.window().parse.ipv4, 1u);
}

TEST(Counter, AHostThatOnlySendsHasNoRecordWhenEverythingIsProtected) {
  Engine engine;
  engine.see(udp("192.0.2.1", kServer));
  EXPECT_EQ(engine.cells(kServer), "udp 1");
  EXPECT_EQ(engine.host("192.0.2.1"), nullptr);
}

TEST(Counter, CountsExcludedTrafficAsOrdinary) {
  Settings settings = protecting({"198.51.100.0/24"});
  settings.exclude.sources = {IpPrefix::parse("192.0.2.0/24").value()};
  Engine engine(settings);
  engine.see(udp("192.0.2.1", kServer));
  engine.see(tcp("192.0.2.1", kServer, kSyn));
  engine.see(udp("203.0.113.1", kServer));
  EXPECT_EQ(engine.cells(kServer), "tcp_established 1, udp 1, udp_answered 1");
  EXPECT_EQ(engine.host(kServer)->events().suspicious, 1u);
}

TEST(Counter, CountsBytesAsOnTheWire) {
  Engine engine;
  const Bytes frame = udp(kClient, kServer, 40000, 9000, 1000);
  engine.see(frame);
  EXPECT_EQ(engine.window().total, (Volume{1, frame.size()}));
  engine.host(kServer)->for_each_cell(
      [&](const Cell& cell) { EXPECT_EQ(cell.bytes, frame.size()); });
}

/// A TCP segment with as much payload as `packets` packets of an Ethernet.
Bytes superframe(const char* from, const char* to, unsigned packets) {
  return PacketBuilder()
      .ethernet()
      .ipv4({.source = from, .destination = to})
      .tcp({.source_port = 40000, .destination_port = 80, .flags = kAck})
      .payload(packets * 1460)
      .build();
}

TEST(Counter, CountsThePacketsOfASuperframe) {
  Engine engine;
  const Bytes frame = superframe(kClient, kServer, 10);
  engine.see(frame);
  engine.see(superframe(kClient, kServer, 1));
  EXPECT_EQ(engine.cells(kServer), "tcp_ack 11");
  EXPECT_EQ(engine.window().total.packets, 2u) << "the total is of frames";
  EXPECT_EQ(engine.window().parse.tcp, 2u);
  EXPECT_EQ(engine.window().parse.superframes, 1u);
  EXPECT_EQ(engine.window().parse.superframe_packets, 10u);
}

TEST(Counter, CountsThePacketsOfASuperframeInAKnownFlowAndOutwards) {
  for (const bool fast : {false, true}) {
    Engine engine(protecting({"198.51.100.0/24"}));
    engine.fast_path = fast;
    engine.see(tcp(kClient, kServer, kSyn));
    engine.see(tcp(kServer, kClient, kSyn | kAck));
    engine.see(tcp(kClient, kServer, kAck));
    for (int n = 0; n < 3; ++n) {
      engine.see(superframe(kClient, kServer, 10));
      Bytes back = PacketBuilder()
                       .ethernet()
                       .ipv4({.source = kServer, .destination = kClient})
                       .tcp({.source_port = 80, .destination_port = 40000, .flags = kAck})
                       .payload(20 * 1460)
                       .build();
      engine.see(back);
    }
    EXPECT_EQ(engine.cells(kServer), "out tcp_established 61, tcp_established 31, tcp_syn 1")
        << fast;
    EXPECT_EQ(engine.window().parse.superframes, 6u);
    EXPECT_EQ(engine.window().parse.superframe_packets, 90u);
  }
}

constexpr MacAddress kRouter = {2, 0, 0, 0, 0, 0xaa};
constexpr MacAddress kOther = {2, 0, 0, 0, 0, 0xbb};
constexpr const char* kNeighbour = "198.51.100.9";  ///< protected, as kServer

/// A datagram between two protected hosts, with port 7777 on both sides.
Bytes between(const char* from, const char* to, const MacAddress& from_mac,
              const MacAddress& to_mac) {
  Bytes frame = udp(from, to, 7777, 7777);
  std::copy(to_mac.begin(), to_mac.end(), frame.begin());
  std::copy(from_mac.begin(), from_mac.end(), frame.begin() + 6);
  return frame;
}

TEST(Counter, WhatComesFromOutsideAnswersNothingThatCameFromThere) {
  for (const bool fast : {false, true}) {
    for (const bool known : {false, true}) {
      Settings settings = protecting({"198.51.100.0/24"});
      if (known) settings.engine.outside.macs = {kRouter};
      Engine engine(settings);
      engine.fast_path = fast;
      for (int n = 0; n < 3; ++n) {
        engine.see(between(kNeighbour, kServer, kRouter, kOther), n);
        engine.see(between(kServer, kNeighbour, kRouter, kOther), n);
      }
      if (known) {
        EXPECT_EQ(engine.cells(kServer), "udp 3") << fast;
        EXPECT_EQ(engine.cells(kNeighbour), "udp 3") << fast;
      } else {
        EXPECT_NE(engine.cells(kServer).find("udp_answered"), std::string::npos) << fast;
      }
    }
  }
}

TEST(Counter, AConversationWithAProtectedHostBehindARouterIsOne) {
  Settings settings = protecting({"198.51.100.0/24"});
  settings.engine.outside.macs = {kRouter};
  for (const bool upper : {false, true}) {
    const char* const behind = upper ? kNeighbour : kServer;
    const char* const here = upper ? kServer : kNeighbour;
    Engine engine(settings);
    for (int n = 0; n < 3; ++n) {
      engine.see(between(behind, here, kRouter, kOther), n);
      engine.see(between(here, behind, kOther, kRouter), n);
    }
    EXPECT_EQ(engine.cells(here), "out udp_answered 3, udp 1, udp_answered 2") << upper;
    EXPECT_EQ(engine.cells(behind), "udp_answered 3") << upper;
  }
}

TEST(Counter, AConversationOnThisSideOfARouterIsOne) {
  Settings settings = protecting({"198.51.100.0/24"});
  settings.engine.outside.macs = {kRouter};
  Engine engine(settings);
  const MacAddress third = {2, 0, 0, 0, 0, 0xcc};
  for (int n = 0; n < 3; ++n) {
    engine.see(between(kNeighbour, kServer, kOther, third), n);
    engine.see(between(kServer, kNeighbour, third, kOther), n);
  }
  EXPECT_EQ(engine.cells(kServer), "out udp_answered 3, udp 1, udp_answered 2");
}

TEST(Counter, BeginsEachWindowEmptyButKnowsItsFlows) {
  Engine engine;
  engine.see(udp(kClient, kServer));
  engine.next_window();
  EXPECT_EQ(engine.window().hosts_used, 0u);
  EXPECT_EQ(engine.window().total.packets, 0u);
  engine.see(udp(kClient, kServer));
  engine.see(udp(kServer, kClient, 9000, 40000));
  engine.see(udp(kClient, kServer));
  EXPECT_EQ(engine.cells(kServer), "out udp_answered 1, udp 1, udp_answered 1");
  EXPECT_EQ(engine.host(kServer)->events().new_flows, 0u);
  EXPECT_EQ(engine.host(kServer)->flows_active, 1u);
  EXPECT_EQ(engine.host(kServer)->events().answers, 1u);
}

TEST(Counter, MemoryDoesNotGrow) {
  Engine engine;
  const std::size_t counter = engine.memory_bytes();
  const std::size_t window = engine.window().memory_bytes();
  for (unsigned n = 0; n < 20000; ++n) {
    const std::string source = "192.0.2." + std::to_string(n % 250);
    const std::string target = "203.0.113." + std::to_string(n % 241);
    engine.see(udp(source.c_str(), target.c_str(), static_cast<std::uint16_t>(n), 9000));
  }
  EXPECT_EQ(engine.memory_bytes(), counter);
  EXPECT_EQ(engine.window().memory_bytes(), window);
}

}  // namespace
}  // namespace floodgauge
