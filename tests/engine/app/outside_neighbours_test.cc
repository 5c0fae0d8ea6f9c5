// Who brings traffic from outside, learned from the first frames of captures.
#include "engine/app/outside_neighbours.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "tests/engine/port/capture_builder.h"
#include "tests/engine/port/temp_folder.h"
#include "tests/support/packet_builder.h"

namespace floodgauge {
namespace {

using test::Bytes;

constexpr MacAddress kRouter = {2, 0, 0, 0, 0, 0xaa};
constexpr MacAddress kServer = {2, 0, 0, 0, 0, 0xbb};
constexpr const char* kInside = "198.51.100.7";
constexpr const char* kOutside = "192.0.2.1";

Settings protecting() {
  Settings settings;
  ProtectEntry entry;
  entry.prefixes.push_back(IpPrefix::parse("198.51.100.0/24").value());
  settings.protect.push_back(entry);
  return settings;
}

Bytes datagram(const char* from, const char* to, const MacAddress& sender) {
  Bytes frame =
      testing::PacketBuilder().ethernet().ipv4({.source = from, .destination = to}).udp().build();
  std::copy(sender.begin(), sender.end(), frame.begin() + 6);
  return frame;
}

class OutsideNeighboursTest : public ::testing::Test {
 protected:
  OutsideNeighbours learned(const Bytes& bytes, const Settings& settings = protecting()) {
    return learn_outside({folder_.write("capture", bytes)}, settings);
  }
  test::TempFolder folder_;
};

/// `in` packets of the router to inside, and `out` packets of `answers` to outside.
Bytes capture(int in, int out, const MacAddress& answers) {
  test::PcapBuilder builder;
  for (int i = 0; i < in; ++i) builder.packet(1, 0, datagram(kOutside, kInside, kRouter));
  for (int i = 0; i < out; ++i) builder.packet(1, 0, datagram(kInside, kOutside, answers));
  return builder.take();
}

TEST_F(OutsideNeighboursTest, ARouterThatBringsWhatComesInLiesOutside) {
  EXPECT_EQ(learned(capture(31, 5, kServer)).macs.size(), 0u) << "too few to tell";
  const OutsideNeighbours found = learned(capture(32, 50, kServer));
  EXPECT_EQ(found.macs, (std::vector<MacAddress>{kRouter}));
  EXPECT_FALSE(found.received);
  EXPECT_FALSE(found.sent);
}

TEST_F(OutsideNeighboursTest, ANeighbourOfBothDirectionsTellsNothing) {
  EXPECT_EQ(learned(capture(1000, 1, kRouter)), OutsideNeighbours{});
}

TEST_F(OutsideNeighboursTest, PacketsThatDoNotCrossTellNothing) {
  test::PcapBuilder builder;
  for (int i = 0; i < 100; ++i) {
    builder.packet(1, 0, datagram("198.51.100.9", kInside, kRouter));
    builder.packet(1, 0, datagram(kOutside, "203.0.113.1", kRouter));
    builder.packet(1, 0, datagram(kOutside, kInside, MacAddress{}));
  }
  EXPECT_EQ(learned(builder.take()), OutsideNeighbours{});
}

TEST_F(OutsideNeighboursTest, WhereEverythingIsProtectedThereIsNoOutside) {
  EXPECT_EQ(learned(capture(100, 0, kServer), Settings{}), OutsideNeighbours{});
}

TEST_F(OutsideNeighboursTest, AMirrorOfBothSidesOfARouterTellsNothing) {
  const MacAddress upstream = {2, 0, 0, 0, 0, 0xdd};
  for (const int copied : {9, 11}) {
    test::PcapBuilder builder;
    for (int i = 0; i < 190; ++i) {
      Bytes frame = datagram(kOutside, kInside, upstream);
      frame[18] = static_cast<std::uint8_t>(i);  // the identification tells one from another
      builder.packet(1, 0, frame);
      if (i >= copied) continue;
      std::copy(kRouter.begin(), kRouter.end(), frame.begin() + 6);
      builder.packet(1, 0, frame);
    }
    EXPECT_EQ(learned(builder.take()).macs.empty(), copied == 11) << copied;
  }
}

TEST_F(OutsideNeighboursTest, EqualPacketsOfOneSenderAreNoCopies) {
  test::PcapBuilder builder;
  const Bytes frame = datagram(kOutside, kInside, kRouter);
  for (int i = 0; i < 100; ++i) builder.packet(1, 0, frame);
  EXPECT_EQ(learned(builder.take()).macs, (std::vector<MacAddress>{kRouter}));
}

TEST_F(OutsideNeighboursTest, MoreRoutersThanABorderHasTellNothing) {
  for (const std::size_t routers : {OutsideNeighbours::kMost, OutsideNeighbours::kMost + 1}) {
    test::PcapBuilder builder;
    for (std::size_t router = 0; router < routers; ++router) {
      const MacAddress mac = {2, 0, 0, 0, 1, static_cast<std::uint8_t>(router)};
      for (int i = 0; i < 32; ++i) builder.packet(1, 0, datagram(kOutside, kInside, mac));
    }
    EXPECT_EQ(learned(builder.take()).macs.size(),
              routers > OutsideNeighbours::kMost ? 0 : routers);
  }
}

/// 40 packets that come in and 40 that go out, with the flags of epb_flags.
Bytes directed(std::uint32_t in_flags, std::uint32_t out_flags) {
  test::PcapngBuilder builder;
  builder.interface(101);
  const auto option = [&](std::uint32_t flags) {
    return builder.option(2, test::ByteWriter().u32(flags).take());
  };
  const auto packet = [](const char* from, const char* to) {
    return testing::PacketBuilder().ipv4({.source = from, .destination = to}).udp().build();
  };
  for (std::uint32_t i = 0; i < 40; ++i) {
    builder.enhanced(0, i, packet(kOutside, kInside), -1, option(in_flags));
    builder.enhanced(0, i, packet(kInside, kOutside), -1, option(out_flags));
  }
  return builder.take();
}

TEST_F(OutsideNeighboursTest, DirectionsTellOnceItIsKnownWhichIsWhich) {
  const OutsideNeighbours border = learned(directed(1, 2));
  EXPECT_TRUE(border.received);
  EXPECT_FALSE(border.sent);
  const OutsideNeighbours inner = learned(directed(2, 1));
  EXPECT_FALSE(inner.received);
  EXPECT_TRUE(inner.sent);
  EXPECT_EQ(learned(directed(1, 1)), OutsideNeighbours{}) << "both are received";
  EXPECT_EQ(learned(directed(0, 0)), OutsideNeighbours{}) << "no direction is given";
}

TEST_F(OutsideNeighboursTest, AFileThatIsMissingOrNoneTellsNothing) {
  EXPECT_EQ(learn_outside({(folder_.path() / "absent").string(), "-"}, protecting()),
            OutsideNeighbours{});
  EXPECT_EQ(learned(Bytes(100, 7)), OutsideNeighbours{});
}

}  // namespace
}  // namespace floodgauge
