#include "engine/port/fast_rss.h"

#include <gtest/gtest.h>

#include <random>

#include "tests/engine/parse/packets.h"

namespace floodgauge {
namespace {

/// What a frame's queue would be chosen by if it were parsed; nothing where it has no addresses.
void expect_as_parsed(const FrameView& frame, std::uint32_t hash) {
  PacketFacts facts;
  parse_outer_general(frame, facts);
  EXPECT_EQ(facts.inner_kind, InnerKind::none) << "another pair of addresses may count";
  if ((facts.flags & (kFactIpv4 | kFactIpv6)) == 0) return;
  EXPECT_EQ(hash, symmetric_rss(facts.source, facts.destination));
}

TEST(RssAtAGlance, IsThatOfWhatParsingFinds) {
  std::mt19937 random(7);
  for (const testing::PacketCase& packet : testing::packet_table()) {
    SCOPED_TRACE(packet.why);
    const auto whole = static_cast<std::uint32_t>(packet.frame.size());
    for (int round = 0; round < 300; ++round) {
      testing::Bytes frame = packet.frame;  // of its own length: what lies beyond is nobody's
      if (round % 3 == 1) frame.resize(random() % (frame.size() + 1));
      if (round % 2 == 1 && !frame.empty()) {
        frame[random() % frame.size()] = static_cast<std::uint8_t>(random());
      }
      frame.shrink_to_fit();
      const FrameView view{frame.data(), static_cast<std::uint32_t>(frame.size()), whole,
                           packet.link};
      if (std::uint32_t hash = 0; fast_rss(view, hash)) expect_as_parsed(view, hash);
    }
  }
}

TEST(RssAtAGlance, KnowsWhatMostPacketsAre) {
  std::size_t plain = 0;
  std::size_t known = 0;
  for (const testing::PacketCase& packet : testing::packet_table()) {
    const auto bytes = static_cast<std::uint32_t>(packet.frame.size());
    const FrameView view{packet.frame.data(), bytes, bytes, packet.link};
    PacketFacts facts;
    if (!parse_outer(view, facts)) continue;
    ++plain;
    std::uint32_t hash = 0;
    known += fast_rss(view, hash);
  }
  EXPECT_GT(plain, 5u);
  EXPECT_EQ(known, plain);
}

}  // namespace
}  // namespace floodgauge
