// Replaced addresses: the method's own examples, prefixes, texts and packets.
#include "engine/export/evidence/address_mask.h"

#include <gtest/gtest.h>

#include <bit>

#include "tests/support/packet_builder.h"

namespace floodgauge {
namespace {

/// The key and the addresses of the sample trace that comes with Crypto-PAn 1.0.
constexpr AddressMask::Key kSampleKey = {21,  34, 23,  141, 51, 164, 207, 128, 19,  10,  91,
                                         22,  73, 144, 125, 16, 216, 152, 143, 131, 121, 121,
                                         101, 39, 98,  87,  76, 45,  42,  132, 34,  2};

IpAddress address(const char* text) {
  return IpAddress::parse(text).value();
}

/// The length of the common prefix of two addresses, bits of 128.
int common(const IpAddress& a, const IpAddress& b) {
  int bits = 0;
  for (std::size_t i = 0; i < 16; ++i) {
    const auto differ = static_cast<std::uint8_t>(a.bytes[i] ^ b.bytes[i]);
    if (differ != 0) return bits + std::countl_zero(differ);
    bits += 8;
  }
  return bits;
}

TEST(AddressMask, MakesWhatTheMethodsOwnProgramMakes) {
  AddressMask mask(kSampleKey);
  const std::pair<const char*, const char*> kSamples[] = {
      {"128.11.68.132", "135.242.180.132"},
      {"129.118.74.4", "134.136.186.123"},
      {"130.132.252.244", "133.68.164.234"},
      {"141.223.7.43", "141.167.8.160"},
  };
  for (const auto& [from, to] : kSamples) EXPECT_EQ(mask.of(address(from)).text(), to);
}

TEST(AddressMask, KeepsThePrefixesThatAddressesShare) {
  AddressMask mask;
  const char* const kAddresses[] = {"198.51.100.7",  "198.51.100.8",  "198.51.101.7", "192.0.2.1",
                                    "2001:db8:1::7", "2001:db8:1::8", "2001:db8:2::7"};
  for (const char* const a : kAddresses) {
    for (const char* const b : kAddresses) {
      const IpAddress of_a = mask.of(address(a));
      const IpAddress of_b = mask.of(address(b));
      EXPECT_EQ(of_a.is_v4(), address(a).is_v4());
      if (address(a).is_v4() != address(b).is_v4()) continue;
      EXPECT_EQ(common(of_a, of_b), common(address(a), address(b))) << a << " " << b;
    }
  }
}

TEST(AddressMask, TwoOfThemHaveDifferentKeys) {
  AddressMask one;
  AddressMask other;
  int same = 0;
  for (std::uint32_t n = 0; n < 64; ++n) {
    const IpAddress each = IpAddress::from_v4(0xc6336400u + n * 0x01010101u);
    same += one.of(each) == other.of(each);
  }
  EXPECT_LT(same, 4);
}

TEST(AddressMask, ReplacesAddressesInTextsAndNothingElse) {
  AddressMask mask(kSampleKey);
  const std::string host = mask.of(address("198.51.100.7")).text();
  const std::string prefix = mask.of(IpPrefix::parse("2001:db8:1::/48").value()).text();
  EXPECT_EQ(mask.of(std::string_view("flow route { match { destination 198.51.100.7/32; }")),
            "flow route { match { destination " + host + "/32; }");
  EXPECT_EQ(mask.of(std::string_view("from 198.51.100.7.")), "from " + host + ".");
  EXPECT_EQ(mask.of(std::string_view("prefixes: [2001:db8:1::/48]")), "prefixes: [" + prefix + "]");
  for (const char* const kept :
       {"2026-11-21T18:12:07.3Z", "18:12:07", "0.1", "443/tcp", "1.2 kpps", "", "a.b.c", "dead"}) {
    EXPECT_EQ(mask.of(std::string_view(kept)), kept);
  }
}

testing::Bytes datagram(const char* source, const char* destination, const char* payload) {
  testing::PacketBuilder builder;
  builder.ethernet();
  if (std::string_view(source).find(':') == std::string_view::npos) {
    builder.ipv4({.source = source, .destination = destination});
  } else {
    builder.ipv6({.source = source, .destination = destination});
  }
  return builder.udp({.source_port = 4000, .destination_port = 9000})
      .payload(std::string_view(payload))
      .build();
}

KeptPacket kept(const testing::Bytes& frame) {
  KeptPacket packet;
  packet.link = LinkType::ethernet;
  packet.wire = static_cast<std::uint32_t>(frame.size());
  packet.bytes.assign(frame.begin(), frame.end());
  return packet;
}

PacketFacts facts_of(const KeptPacket& packet) {
  PacketFacts facts;
  parse_outer({packet.bytes.data(), static_cast<std::uint32_t>(packet.bytes.size()), packet.wire,
               packet.link},
              facts);
  return facts;
}

TEST(AddressMask, APacketKeepsItsHeadersWithOtherAddressesAndNoPayload) {
  AddressMask mask(kSampleKey);
  for (const auto& [source, destination] :
       {std::pair("192.0.2.1", "198.51.100.7"), std::pair("2001:db8::1", "2001:db8:1::7")}) {
    KeptPacket packet = kept(datagram(source, destination, "a name of somebody"));
    const PacketFacts before = facts_of(packet);
    mask.mask(packet);
    const PacketFacts after = facts_of(packet);
    EXPECT_EQ(after.fault, Fault::none);
    EXPECT_EQ(after.source, mask.of(address(source)));
    EXPECT_EQ(after.destination, mask.of(address(destination)));
    EXPECT_EQ(after.source_port, before.source_port);
    EXPECT_EQ(after.destination_port, before.destination_port);
    EXPECT_EQ(packet.bytes.size(), before.payload_offset);
    const std::string bytes(packet.bytes.begin(), packet.bytes.end());
    EXPECT_EQ(bytes.find("somebody"), std::string::npos);
  }
}

TEST(AddressMask, WhatIsNoIpKeepsNothingBehindItsFirstHeader) {
  AddressMask mask;
  KeptPacket packet = kept(testing::Bytes(60, 0x42));
  mask.mask(packet);
  EXPECT_EQ(packet.bytes.size(), 14u);
  KeptPacket tiny = kept(testing::Bytes(5, 0x42));
  mask.mask(tiny);
  EXPECT_EQ(tiny.bytes.size(), 5u);
}

TEST(AddressMask, AnyCutOfAPacketIsMasked) {
  AddressMask mask;
  const testing::Bytes whole = datagram("192.0.2.1", "198.51.100.7", "payload");
  for (std::size_t size = 0; size <= whole.size(); ++size) {
    testing::Bytes part(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size));
    KeptPacket packet = kept(part);
    mask.mask(packet);
    EXPECT_LE(packet.bytes.size(), size);
    const std::string bytes(packet.bytes.begin(), packet.bytes.end());
    EXPECT_EQ(bytes.find("\xc6\x33\x64\x07"), std::string::npos) << size;
  }
}

}  // namespace
}  // namespace floodgauge
