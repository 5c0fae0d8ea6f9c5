// What frames of the kernel's interfaces may be: which devices cut them, and their length by the
// IP header.
#include "engine/port/kernel_frames.h"

#include <gtest/gtest.h>

#include "tests/support/packet_builder.h"

namespace floodgauge {
namespace {

using testing::Bytes;
using testing::PacketBuilder;

/// The length on the wire of a frame of which the ring has left `captured` bytes.
std::uint32_t restored(const Bytes& frame, std::uint32_t captured) {
  FrameView view{frame.data(), captured, captured, LinkType::ethernet};
  restore_length(view);
  return view.wire;
}

TEST(KernelFrames, OnlyRingsOfPacketSocketsCut) {
  EXPECT_EQ(kernel_frames_of("net_af_packet0,iface=eth2").cut_from, 2048u - 128);
  EXPECT_EQ(kernel_frames_of("net_af_packet0,iface=eth2,framesz=16384").cut_from, 16384u - 128);
  EXPECT_EQ(kernel_frames_of("net_af_packet0,framesz=x").cut_from, 2048u - 128);
  EXPECT_EQ(kernel_frames_of("net_af_packet0,framesz=1").cut_from, 128u);
  EXPECT_EQ(kernel_frames_of("net_pcap0,iface=eth2").cut_from, 0u);
}

TEST(KernelFrames, FramesOfACardAreSinglePackets) {
  EXPECT_FALSE(kernel_frames_of("0000:03:00.0").may_be_several);
  EXPECT_TRUE(kernel_frames_of("net_pcap0,iface=eth2").may_be_several);
}

TEST(KernelFrames, OfSeveralPortsTheSmallestRingCounts) {
  KernelFrames all;
  all.add(kernel_frames_of("0000:03:00.0"));
  EXPECT_FALSE(all.may_be_several);
  EXPECT_EQ(all.cut_from, 0u);
  all.add(kernel_frames_of("net_af_packet0,iface=a,framesz=16384"));
  all.add(kernel_frames_of("net_af_packet1,iface=b,framesz=4096"));
  all.add(kernel_frames_of("net_pcap0,iface=c"));
  EXPECT_TRUE(all.may_be_several);
  EXPECT_EQ(all.cut_from, 4096u - 128);
}

TEST(KernelFrames, TheLengthOfACutFrameIsThatOfItsPacket) {
  const Bytes v4 = PacketBuilder().ethernet().ipv4().tcp().payload(20'000).build();
  const Bytes v6 = PacketBuilder().ethernet().ipv6().tcp().payload(20'000).build();
  const Bytes tagged = PacketBuilder().ethernet().vlan().vlan().ipv4().tcp().payload(9'000).build();
  EXPECT_EQ(restored(v4, 1982), v4.size());
  EXPECT_EQ(restored(v6, 1982), v6.size());
  EXPECT_EQ(restored(tagged, 1982), tagged.size());
}

TEST(KernelFrames, ALengthThatTellsNothingIsLeft) {
  const Bytes no_length =
      PacketBuilder().ethernet().ipv4({.total_length = 0}).tcp().payload(2'000).build();
  const Bytes shorter =
      PacketBuilder().ethernet().ipv4({.total_length = 40}).tcp().payload(2'000).build();
  const Bytes other = PacketBuilder().ethernet({.type = 0x88cc}).payload(2'000).build();
  const Bytes tags = PacketBuilder().ethernet().vlan().vlan().vlan().ipv4().payload(2'000).build();
  for (const Bytes* frame : {&no_length, &shorter, &other, &tags}) {
    EXPECT_EQ(restored(*frame, 1982), 1982u);
  }
  const Bytes v4 = PacketBuilder().ethernet().ipv4().tcp().payload(20'000).build();
  EXPECT_EQ(restored(v4, 33), 33u) << "its length cannot be read";
  EXPECT_EQ(restored(v4, 34), v4.size());
}

}  // namespace
}  // namespace floodgauge
