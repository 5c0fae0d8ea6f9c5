// Tests which frames are taken for copies of others: their fingerprints, and the last millisecond.
#include <gtest/gtest.h>

#include "engine/count/frame_print.h"
#include "engine/count/recent_frames.h"
#include "tests/support/packet_builder.h"

namespace floodgauge::testing {
namespace {

std::uint64_t print_of(const Bytes& frame, std::uint32_t captured) {
  const FrameView view{frame.data(), captured, static_cast<std::uint32_t>(frame.size()),
                       LinkType::ethernet};
  PacketFacts facts;
  const bool plain = parse_outer(view, facts);
  return frame_print(view, facts, plain, 0x123456789abcdef0);
}

std::uint64_t print_of(const Bytes& frame) {
  return print_of(frame, static_cast<std::uint32_t>(frame.size()));
}

Bytes tcp(Ipv4Options ip = {}, TcpOptions options = {.flags = kAck, .sequence = 1000}) {
  return PacketBuilder().ethernet().ipv4(ip).tcp(options).payload(40).build();
}

Bytes udp(std::size_t payload, std::uint16_t id = 7) {
  return PacketBuilder().ethernet().ipv4({.id = id}).udp().payload(payload).build();
}

TEST(FramePrint, IsTheSameForWhatAMirrorChanges) {
  const std::uint64_t original = print_of(tcp({.id = 7}));
  EXPECT_NE(original, 0u);
  Bytes other_macs = tcp({.id = 7});
  for (std::size_t i = 0; i < 12; ++i) other_macs[i] ^= 0x55;
  EXPECT_EQ(print_of(other_macs), original);
  EXPECT_EQ(print_of(tcp({.ttl = 63, .id = 7})), original);
  const TcpOptions options{.flags = kAck, .sequence = 1000};
  EXPECT_EQ(
      print_of(PacketBuilder().ethernet().vlan().ipv4({.id = 7}).tcp(options).payload(40).build()),
      original)
      << "a tag";
  EXPECT_EQ(print_of(PacketBuilder()
                         .ethernet()
                         .mpls(16)
                         .ipv4({.ttl = 63, .id = 7})
                         .tcp(options)
                         .payload(40)
                         .build()),
            original)
      << "a label";
}

TEST(FramePrint, TellsARetransmissionByItsIdentification) {
  EXPECT_NE(print_of(tcp({.id = 8})), print_of(tcp({.id = 7})));
}

TEST(FramePrint, TellsSegmentsAndDatagramsByTheirContent) {
  EXPECT_NE(print_of(tcp({}, {.flags = kAck, .sequence = 1040})), print_of(tcp()));
  EXPECT_NE(print_of(udp(41)), print_of(udp(40)));
  Bytes other = udp(400);
  other.back() ^= 1;
  other[40] ^= 1;  // its checksum
  EXPECT_NE(print_of(other), print_of(udp(400))) << "the checksum covers the payload";
}

TEST(FramePrint, DoesNotReadThePaddingOfShortDatagrams) {
  for (const std::size_t payload : {0u, 1u, 11u, 12u, 13u}) {
    Bytes padded = udp(payload);
    const std::uint64_t original = print_of(padded);
    padded.resize(80, 0x77);
    EXPECT_EQ(print_of(padded), original) << payload;
  }
}

TEST(FramePrint, FindsTheIpHeaderBehindOptionsOfTcp) {
  const TcpOptions options{.flags = kAck, .sequence = 5, .options = Bytes(12, 1)};
  const std::uint64_t original = print_of(tcp({.id = 7}, options));
  EXPECT_NE(
      print_of(PacketBuilder().ethernet().vlan().ipv4({.id = 8}).tcp(options).payload(40).build()),
      original);
  EXPECT_EQ(
      print_of(PacketBuilder().ethernet().vlan().ipv4({.id = 7}).tcp(options).payload(40).build()),
      original);
}

TEST(FramePrint, IsTheSameForIpv6BehindATag) {
  const auto frame = [](bool tagged, std::uint8_t hops, std::uint32_t sequence) {
    PacketBuilder builder = PacketBuilder().ethernet();
    if (tagged) builder.vlan();
    return builder.ipv6({.hop_limit = hops}).tcp({.sequence = sequence}).build();
  };
  EXPECT_EQ(print_of(frame(true, 63, 9)), print_of(frame(false, 64, 9)));
  EXPECT_NE(print_of(frame(true, 64, 10)), print_of(frame(false, 64, 9)));
}

TEST(FramePrint, IsNoneForAFrameThatIsCutBeforeItsChecksum) {
  const Bytes frame = udp(40);
  EXPECT_EQ(print_of(frame, 41), 0u);
  EXPECT_NE(print_of(frame, 42), 0u);
}

TEST(RecentFrames, FindsACopyWithinAMillisecondOnly) {
  const Nanoseconds begin = whole_seconds(1'700'000'000);
  const auto copy_after = [&](std::int64_t nanoseconds) {
    RecentFrames recent;
    EXPECT_FALSE(recent.is_copy(12345, begin));
    return recent.is_copy(12345, begin + Nanoseconds{nanoseconds});
  };
  EXPECT_TRUE(copy_after(0));
  EXPECT_TRUE(copy_after(4000));
  EXPECT_TRUE(copy_after(998'000));
  EXPECT_FALSE(copy_after(1'002'000));
  EXPECT_FALSE(copy_after(2'000'000));
}

TEST(RecentFrames, GivesAFrameOneCopyAtMost) {
  RecentFrames recent;
  int copies = 0;
  for (int i = 0; i < 9; ++i) copies += recent.is_copy(12345, {i * 1000});
  EXPECT_EQ(copies, 4) << "of two equal frames in a row, the second is the copy";
}

TEST(RecentFrames, KeepsFourFramesOfABucket) {
  constexpr std::uint64_t kStep = 1u << 13;
  RecentFrames recent;
  for (std::uint64_t i = 1; i <= 4; ++i) EXPECT_FALSE(recent.is_copy(i * kStep, {1000}));
  for (std::uint64_t i = 1; i <= 4; ++i) EXPECT_TRUE(recent.is_copy(i * kStep, {2000})) << i;
  for (std::uint64_t i = 1; i <= 5; ++i) EXPECT_FALSE(recent.is_copy(i * kStep, {3000}));
  EXPECT_FALSE(recent.is_copy(kStep, {4000})) << "pushed out by the fifth";
}

}  // namespace
}  // namespace floodgauge::testing
