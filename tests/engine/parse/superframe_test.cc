// Frames that hold several packets: how many they stand for, on both sides of each bound.
#include "engine/parse/superframe.h"

#include <gtest/gtest.h>

#include "engine/parse/parser.h"
#include "tests/support/packet_builder.h"

namespace floodgauge::testing {
namespace {

using parse::kLongestPacket;
using parse::packets_in;

constexpr std::uint32_t kHeaders = 20 + 32;  ///< IPv4, TCP with timestamps
constexpr std::uint32_t kSegment = 1500 - kHeaders;

/// Packets that a frame stands for. `wire`: its length, where it was captured in part.
std::uint32_t packets_of(const Bytes& frame, std::uint32_t wire = 0, bool may_be_several = true) {
  const auto size = static_cast<std::uint32_t>(frame.size());
  PacketFacts facts;
  parse_outer({frame.data(), size, std::max(size, wire), LinkType::ethernet, may_be_several},
              facts);
  return 1u + facts.more_packets;
}

Bytes tcp_of(std::size_t payload, Ipv4Options ip = {}) {
  return PacketBuilder()
      .ethernet()
      .ipv4(std::move(ip))
      .tcp({.flags = kAck, .options = Bytes(12, 1)})
      .payload(payload)
      .build();
}

TEST(Superframe, APacketOfAWireIsOne) {
  EXPECT_EQ(packets_in(40, 40), 1u);
  EXPECT_EQ(packets_in(1500, kHeaders), 1u);
  EXPECT_EQ(packets_in(kLongestPacket, kHeaders), 1u);
  EXPECT_EQ(packets_in(kLongestPacket + 1, kHeaders), 2u);
}

TEST(Superframe, EachSegmentIsOneAndTheRestIsOneMore) {
  EXPECT_EQ(packets_in(kHeaders + 2 * kSegment, kHeaders), 2u);
  EXPECT_EQ(packets_in(kHeaders + 2 * kSegment + 1, kHeaders), 3u);
  EXPECT_EQ(packets_in(kHeaders + 45 * kSegment - 1, kHeaders), 45u);
  EXPECT_EQ(packets_in(kHeaders + 45 * kSegment, kHeaders), 45u);
}

TEST(Superframe, AFullJumboFrameIsOneUnlessItHoldsWholeSegments) {
  EXPECT_EQ(packets_in(8'799, kHeaders), 7u);
  EXPECT_EQ(packets_in(8'800, kHeaders), 1u);
  EXPECT_EQ(packets_in(9'000, kHeaders), 1u);
  EXPECT_EQ(packets_in(9'216, kHeaders), 1u);
  EXPECT_EQ(packets_in(9'217, kHeaders), 7u);
  EXPECT_EQ(packets_in(40 + 6 * 1460, 40), 6u) << "8,800 bytes that are six whole segments";
}

TEST(Superframe, WholeJumboFramesAreDividedAsSuch) {
  EXPECT_EQ(packets_in(kHeaders + 7 * (9000 - kHeaders), kHeaders), 7u);
  EXPECT_EQ(packets_in(kHeaders + 7 * (9000 - kHeaders) + 1, kHeaders), 44u);
  EXPECT_EQ(packets_in(40 + 5 * (9001 - 40), 40), 5u);
}

TEST(Superframe, NoLengthsBreakTheEstimate) {
  EXPECT_EQ(packets_in(0, 0), 1u);
  EXPECT_EQ(packets_in(2000, 2000), 1u);
  EXPECT_EQ(packets_in(2000, 1999), 1u);
  EXPECT_EQ(packets_in(0xffffffff, 0), 0xffffu);
  EXPECT_EQ(packets_in(0xffffffff, 1500), 0xffffu);
}

TEST(Superframe, OfTcpTheHeadersAreRead) {
  EXPECT_EQ(packets_of(tcp_of(1448)), 1u);
  EXPECT_EQ(packets_of(tcp_of(10 * 1448)), 10u);
  EXPECT_EQ(packets_of(PacketBuilder().ethernet().ipv4().tcp().payload(10 * 1460).build()), 10u);
  EXPECT_EQ(packets_of(PacketBuilder().ethernet().ipv6().tcp().payload(10 * 1440).build()), 10u);
  EXPECT_EQ(packets_of(PacketBuilder().ethernet().ipv6().tcp().payload(10 * 1440 + 1).build()),
            11u);
}

TEST(Superframe, OfADatagramToo) {
  EXPECT_EQ(packets_of(PacketBuilder().ethernet().ipv4().udp().payload(10 * 1472).build()), 10u);
  EXPECT_EQ(packets_of(PacketBuilder().ethernet().ipv4().udp().payload(1572).build()), 1u);
  EXPECT_EQ(packets_of(PacketBuilder().ethernet().ipv4().udp().payload(1573).build()), 2u);
}

TEST(Superframe, AFrameThatWasCutIsKnownByItsIpLength) {
  Bytes frame = tcp_of(10 * 1448);
  const auto wire = static_cast<std::uint32_t>(frame.size());
  for (const std::size_t snap : {96u, 66u}) {
    frame.resize(snap);
    EXPECT_EQ(packets_of(frame, wire), 10u) << snap;
  }
  frame.resize(60);
  EXPECT_EQ(packets_of(frame, wire), 10u) << "without its options: timestamps are assumed";
}

TEST(Superframe, WithoutAnIpLengthTheFrameTellsIt) {
  EXPECT_EQ(packets_of(tcp_of(10 * 1448, {.total_length = 0})), 10u) << "TSO";
  EXPECT_EQ(packets_of(tcp_of(1448, {.total_length = 0})), 1u);
  EXPECT_EQ(packets_of(tcp_of(100 * 1448, {.total_length = 0})), 100u) << "BIG TCP over IPv4";
  const Bytes big = PacketBuilder()
                        .ethernet()
                        .ipv6({.payload_length = 0})
                        .tcp({.flags = kAck})
                        .payload(100 * 1440)
                        .build();
  EXPECT_EQ(packets_of(big), 100u) << "BIG TCP over IPv6";
}

TEST(Superframe, ALengthBeyondTheFrameIsAFaultAndNoPackets) {
  PacketFacts facts;
  const Bytes frame = tcp_of(100, {.total_length = 60'000});
  const auto size = static_cast<std::uint32_t>(frame.size());
  parse_outer({frame.data(), size, size, LinkType::ethernet}, facts);
  EXPECT_EQ(facts.fault, Fault::ipv4_total_length);
  EXPECT_EQ(facts.more_packets, 0u);
}

TEST(Superframe, AFragmentIsOnePacket) {
  EXPECT_EQ(packets_of(tcp_of(10 * 1448, {.more_fragments = true})), 1u);
  EXPECT_EQ(packets_of(tcp_of(10 * 1448, {.fragment_offset = 1480})), 1u);
}

TEST(Superframe, AFrameOfACardIsOnePacket) {
  EXPECT_EQ(packets_of(tcp_of(10 * 1448), 0, false), 1u);
}

TEST(Superframe, APacketInATunnelStandsForAsManyAsItsFrame) {
  const Bytes frame = PacketBuilder()
                          .ethernet()
                          .ipv4()
                          .udp({.destination_port = 4789})
                          .vxlan()
                          .ethernet()
                          .ipv4({.source = "10.0.0.1"})
                          .tcp({.flags = kAck})
                          .payload(9 * 1472 - 8 - 14 - 40)
                          .build();
  const auto size = static_cast<std::uint32_t>(frame.size());
  const FrameView view{frame.data(), size, size, LinkType::ethernet};
  PacketFacts facts;
  parse_outer(view, facts);
  EXPECT_EQ(facts.more_packets, 8u);
  ASSERT_TRUE(parse_inner(view, facts));
  EXPECT_EQ(facts.more_packets, 8u);
}

TEST(Superframe, TheFactsOfTheLastPacketAreOverwritten) {
  PacketFacts facts;
  for (const bool v6 : {false, true}) {
    facts.more_packets = 7;
    PacketBuilder builder;
    builder.ethernet();
    const Bytes frame = (v6 ? builder.ipv6() : builder.ipv4()).tcp().build();
    const auto size = static_cast<std::uint32_t>(frame.size());
    parse_outer({frame.data(), size, size, LinkType::ethernet}, facts);
    EXPECT_EQ(facts.more_packets, 0u);
    EXPECT_EQ(facts.transport_bytes, 20u);
  }
}

TEST(Superframe, TheFastPathAndTheGeneralOneAgreeAtTheBound) {
  for (const std::uint32_t ip_bytes : {kLongestPacket - 1, kLongestPacket, kLongestPacket + 1}) {
    for (const bool v6 : {false, true}) {
      PacketBuilder builder;
      builder.ethernet();
      const Bytes frame =
          (v6 ? builder.ipv6() : builder.ipv4()).udp().payload(ip_bytes - (v6 ? 48 : 28)).build();
      const auto size = static_cast<std::uint32_t>(frame.size());
      const FrameView view{frame.data(), size, size, LinkType::ethernet};
      PacketFacts fast;
      PacketFacts general;
      const bool plain = parse_outer(view, fast);
      parse_outer_general(view, general);
      EXPECT_EQ(fast, general) << ip_bytes;
      EXPECT_EQ(plain, !v6 && ip_bytes <= kLongestPacket);
      EXPECT_EQ(fast.more_packets, ip_bytes <= kLongestPacket ? 0u : 1u);
    }
  }
}

}  // namespace
}  // namespace floodgauge::testing
