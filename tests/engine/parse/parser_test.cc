// Tests the parser with tables of packets: a sentence, the packet, and the facts that are expected.
#include "engine/parse/parser.h"

#include <gtest/gtest.h>

#include <memory>
#include <random>

#include "tests/engine/parse/describe.h"
#include "tests/engine/parse/packets.h"
#include "tests/support/packet_builder.h"

namespace floodgauge::testing {
namespace {

FrameView view(const Bytes& frame, LinkType link = LinkType::ethernet) {
  const auto size = static_cast<std::uint32_t>(frame.size());
  return {frame.data(), size, size, link};
}

TEST(Parser, ReadsEveryPacketOfTheTable) {
  for (const auto& c : packet_table()) {
    EXPECT_EQ(describe_all(view(c.frame, c.link)), c.expected) << c.why;
  }
}

TEST(Parser, OverwritesTheFactsOfThePreviousPacket) {
  const Bytes frame = PacketBuilder()
                          .ethernet()
                          .ipv6({.source = "2001:db8::99", .destination = "2001:db8:2::53"})
                          .udp()
                          .build();
  PacketFacts facts;
  facts.tcp_flags = 0xff;  // as if left from the previous packet
  facts.fault = Fault::tcp_short;
  facts.inner_kind = InnerKind::ip;
  facts.depth = 3;
  parse_outer(view(frame), facts);
  EXPECT_EQ(facts.source.text(), "2001:db8::99");
  EXPECT_EQ(facts.destination.text(), "2001:db8:2::53");
  EXPECT_EQ(facts.wire_bytes, frame.size());
  EXPECT_EQ(describe(facts),
            "v6 2001:db8::99>2001:db8:2::53 protocol 17 40000>53 ip 48 payload 62+0");
  EXPECT_EQ(facts.depth, 1);
  EXPECT_EQ(facts.inner_kind, InnerKind::none);
}

TEST(Parser, AnInnerPacketThatIsNotIpLeavesTheFactsUnchanged) {
  const Bytes frame = PacketBuilder()
                          .ethernet()
                          .ipv4()
                          .udp({.destination_port = 4789})
                          .vxlan()
                          .ethernet({.type = 0x0806})
                          .payload(28)
                          .build();
  PacketFacts facts;
  parse_outer(view(frame), facts);
  const std::string before = describe(facts);
  EXPECT_EQ(facts.inner_kind, InnerKind::ethernet);
  EXPECT_FALSE(parse_inner(view(frame), facts));
  EXPECT_EQ(describe(facts), before);
}

TEST(Parser, AnInnerPacketKeepsTheOuterFramesWireBytes) {
  const Bytes frame = PacketBuilder().ethernet().ipv4().ipv4({.source = "10.0.0.1"}).tcp().build();
  PacketFacts facts;
  parse_outer(view(frame), facts);
  ASSERT_TRUE(parse_inner(view(frame), facts));
  EXPECT_EQ(facts.source.text(), "10.0.0.1");
  EXPECT_EQ(facts.wire_bytes, frame.size());
  EXPECT_EQ(facts.depth, 2);
}

TEST(Parser, StopsAtTheNestingBoundWithAFault) {
  PacketBuilder builder;
  builder.ethernet();
  for (int i = 0; i < kMaxNesting + 1; ++i) builder.ipv4();
  const Bytes frame = builder.tcp().build();
  PacketFacts facts;
  parse_outer(view(frame), facts);
  int opened = 1;
  while (parse_inner(view(frame), facts)) {
    ASSERT_LT(++opened, 100);
    EXPECT_EQ(facts.fault, opened == kMaxNesting ? Fault::nesting : Fault::none);
  }
  EXPECT_EQ(opened, kMaxNesting);
  EXPECT_EQ(facts.depth, kMaxNesting);
}

TEST(Parser, TagsBeyondTheBoundAreAFault) {
  PacketBuilder builder;
  builder.ethernet();
  for (int i = 0; i < 9; ++i) builder.vlan();
  const Bytes frame = builder.ipv4().tcp().build();
  EXPECT_EQ(describe_all(view(frame)), "none fault nesting");
}

// --- cut frames ---

/// The first `length` bytes of a frame in an allocation of exactly that size, so that a sanitizer
/// detects any read beyond them.
struct Cut {
  Cut(const Bytes& frame, std::size_t length) : data(new std::uint8_t[length]) {
    std::copy_n(frame.begin(), length, data.get());
  }
  std::unique_ptr<std::uint8_t[]> data;
};

std::string describe_general(const FrameView& frame) {
  PacketFacts facts;
  parse_outer_general(frame, facts);
  return describe(facts);
}

std::string describe_outer(const FrameView& frame) {
  PacketFacts facts;
  parse_outer(frame, facts);
  return describe(facts);
}

TEST(Parser, ReadsNothingBeyondTheEndOfACutPacket) {
  for (const auto& c : packet_table()) {
    const auto wire = static_cast<std::uint32_t>(c.frame.size());
    for (std::uint32_t length = 0; length <= wire; ++length) {
      const Cut cut(c.frame, length);
      const FrameView snapped{cut.data.get(), length, wire, c.link};
      const FrameView runt{cut.data.get(), length, length, c.link};
      for (const FrameView& frame : {snapped, runt}) {
        describe_all(frame);
        ASSERT_EQ(describe_outer(frame), describe_general(frame))
            << c.why << ", cut at " << length << ": the fast path differs from the general parser";
        PacketFacts facts;
        parse_outer(frame, facts);
        ASSERT_LE(facts.payload_captured, length);
        if (facts.payload_captured > 0) {
          ASSERT_LE(facts.payload_offset + facts.payload_captured, static_cast<int>(length));
        }
      }
    }
  }
}

TEST(Parser, ABurstGivesTheSameFactsAsSinglePackets) {
  const auto table = packet_table();
  std::uint32_t plain_ones = 0;
  for (std::size_t begin = 0; begin < table.size(); begin += 32) {
    std::vector<FrameView> frames;
    for (std::size_t i = begin; i < std::min(table.size(), begin + 32); ++i) {
      const auto bytes = static_cast<std::uint32_t>(table[i].frame.size());
      frames.push_back({table[i].frame.data(), bytes, bytes, table[i].link});
    }
    std::vector<PacketFacts> facts(frames.size());
    const std::uint32_t plain = parse_outer(frames, facts);
    for (std::size_t i = 0; i < frames.size(); ++i) {
      PacketFacts alone;
      const bool is_plain = parse_outer(frames[i], alone);
      EXPECT_EQ((plain >> i & 1) != 0, is_plain) << table[begin + i].why;
      EXPECT_EQ(describe(facts[i]), describe(alone)) << table[begin + i].why;
      plain_ones += is_plain;
    }
  }
  EXPECT_GT(plain_ones, 0u);
  EXPECT_LT(plain_ones, table.size());
}

TEST(Parser, BytesCutOffByTheSnapLengthAreNotAFault) {
  for (const auto& c : packet_table()) {
    if (c.expected.find("fault") != std::string::npos) continue;
    const auto wire = static_cast<std::uint32_t>(c.frame.size());
    for (std::uint32_t length = 0; length < wire; ++length) {
      const Cut cut(c.frame, length);
      const std::string seen = describe_all({cut.data.get(), length, wire, c.link});
      ASSERT_EQ(seen.find("fault"), std::string::npos)
          << c.why << ", snapped at " << length << ": " << seen;
      ASSERT_NE(seen.find("snapped"), std::string::npos) << c.why;
    }
  }
}

struct CutCase {
  const char* why;
  std::size_t captured;
  const char* expected;
};

TEST(Parser, ASnappedTcpPacketGivesTheFactsThatWereCaptured) {
  const Bytes frame = PacketBuilder().ethernet().ipv4().tcp().payload(100).build();
  const CutCase cases[] = {
      {"all but the payload's end", 100,
       "v4 protocol 6 40000>80 flags 2 ip 140 payload 54+46 snapped"},
      {"headers alone", 54, "v4 protocol 6 40000>80 flags 2 ip 140 payload 54+0 snapped"},
      {"cut after the flags", 48, "v4 protocol 6 40000>80 flags 2 ip 140 payload 34+0 snapped"},
      {"cut after the ports", 38, "v4 protocol 6 40000>80 ip 140 payload 34+0 snapped"},
      {"cut within the ports", 37, "v4 protocol 6 ip 140 payload 34+3 snapped"},
      {"cut within IP", 33, "none snapped"},
      {"cut within Ethernet", 13, "none snapped"},
      {"nothing captured", 0, "none snapped"},
  };
  for (const auto& c : cases) {
    const Cut cut(frame, c.captured);
    const FrameView view{cut.data.get(), static_cast<std::uint32_t>(c.captured),
                         static_cast<std::uint32_t>(frame.size()), LinkType::ethernet};
    EXPECT_EQ(describe_all(view), c.expected) << c.why;
  }
}

TEST(Parser, AFrameThatEndsWithinAHeaderOnTheWireIsMalformed) {
  const Bytes frame = PacketBuilder().ethernet().vlan().ipv4().udp().build();
  const CutCase cases[] = {
      {"within Ethernet", 13, "none fault ethernet_short"},
      {"within the VLAN tag", 17, "none fault vlan_short"},
      {"within IPv4", 37, "none fault ipv4_short"},
      {"before UDP: the total length is too long, and UDP is missing", 38,
       "v4 protocol 17 ip 28 payload 38+0 fault ipv4_total_length"},
      {"within UDP", 42, "v4 protocol 17 40000>53 ip 28 payload 38+0 fault ipv4_total_length"},
  };
  for (const auto& c : cases) {
    const Cut cut(frame, c.captured);
    const auto length = static_cast<std::uint32_t>(c.captured);
    EXPECT_EQ(describe_all({cut.data.get(), length, length, LinkType::ethernet}), c.expected)
        << c.why;
  }
}

// --- malformed packets ---

TEST(Parser, RandomlyChangedPacketsGiveTheSameFactsOnBothPaths) {
  std::mt19937_64 random(2);
  const auto table = packet_table();
  for (int round = 0; round < 60000; ++round) {
    const PacketCase& c = table[random() % table.size()];
    Bytes frame = c.frame;
    const std::size_t flips = 1 + random() % 4;
    for (std::size_t i = 0; i < flips; ++i) {
      frame[random() % frame.size()] = static_cast<std::uint8_t>(random());
    }
    const auto captured =
        static_cast<std::uint32_t>(random() % 2 == 0 ? frame.size() : random() % frame.size());
    const Cut cut(frame, captured);
    const auto wire = static_cast<std::uint32_t>(captured + random() % 3);
    const FrameView view{cut.data.get(), captured, wire, c.link};
    ASSERT_EQ(describe_outer(view), describe_general(view)) << c.why;
    describe_all(view);
  }
}

TEST(Parser, AFrameBeyond64KiBKeepsItsOffsetsInRange) {
  const Bytes frame =
      PacketBuilder().ethernet().ipv4({.total_length = 0}).tcp().payload(70000).build();
  EXPECT_EQ(describe_all(view(frame)), "v4 protocol 6 40000>80 flags 2 ip 65535 payload 54+65481");
}

TEST(Parser, AnOriginalLengthBelowTheCapturedOneIsCorrected) {
  const Bytes frame = PacketBuilder().ethernet().ipv4().tcp().build();
  PacketFacts facts;
  parse_outer({frame.data(), static_cast<std::uint32_t>(frame.size()), 1, LinkType::ethernet},
              facts);
  EXPECT_EQ(describe(facts), "v4 protocol 6 40000>80 flags 2 ip 40 payload 54+0");
  EXPECT_EQ(facts.wire_bytes, frame.size());
}

}  // namespace
}  // namespace floodgauge::testing
