#include "engine/port/fast_rss.h"

#include <gtest/gtest.h>

#include <random>

#include "tests/engine/parse/packets.h"

namespace floodgauge {
namespace {

/// Compares `hash` with that of the addresses that the parser finds, if it finds any.
void expect_as_parsed(const FrameView& frame, std::uint32_t hash) {
  PacketFacts facts;
  parse_outer_general(frame, facts);
  EXPECT_EQ(facts.inner_kind, InnerKind::none) << "the inner addresses may be the ones to hash";
  if ((facts.flags & (kFactIpv4 | kFactIpv6)) == 0) return;
  EXPECT_EQ(hash, symmetric_rss(facts.source, facts.destination));
}

TEST(FastRss, EqualsTheHashOfTheParsedAddresses) {
  std::mt19937 random(7);
  for (const testing::PacketCase& packet : testing::packet_table()) {
    SCOPED_TRACE(packet.why);
    const auto whole = static_cast<std::uint32_t>(packet.frame.size());
    for (int round = 0; round < 300; ++round) {
      testing::Bytes frame = packet.frame;  // allocated in its exact size
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

TEST(FastRss, SucceedsForEveryPlainPacket) {
  std::size_t plain = 0;
  std::size_t fast = 0;
  for (const testing::PacketCase& packet : testing::packet_table()) {
    const auto bytes = static_cast<std::uint32_t>(packet.frame.size());
    const FrameView view{packet.frame.data(), bytes, bytes, packet.link};
    PacketFacts facts;
    if (!parse_outer(view, facts)) continue;
    ++plain;
    std::uint32_t hash = 0;
    fast += fast_rss(view, hash);
  }
  EXPECT_GT(plain, 5u);
  EXPECT_EQ(fast, plain);
}

}  // namespace
}  // namespace floodgauge
