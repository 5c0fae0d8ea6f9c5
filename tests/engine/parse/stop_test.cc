// Tests which header is named when the parser stops, and by which name.
#include <gtest/gtest.h>

#include "engine/parse/parser.h"
#include "tests/engine/parse/packets.h"

namespace floodgauge::testing {
namespace {

std::string stop_text(const Bytes& frame, LinkType link, std::uint32_t wire) {
  const FrameView view{frame.data(), static_cast<std::uint32_t>(frame.size()), wire, link};
  PacketFacts facts;
  parse_outer(view, facts);
  const Stop stop = stop_of(view, facts);
  if (stop.layer == StopLayer::none) return "none";
  return std::string(kStopLayerNames[static_cast<std::size_t>(stop.layer)]) + " " +
         std::to_string(stop.value);
}

std::string stop_text(const Bytes& frame, LinkType link = LinkType::ethernet) {
  return stop_text(frame, link, static_cast<std::uint32_t>(frame.size()));
}

PacketBuilder eth() {
  return PacketBuilder().ethernet();
}

struct StopCase {
  const char* why;
  Bytes frame;
  const char* expected;
  LinkType link = LinkType::ethernet;
};

std::vector<StopCase> stop_cases() {
  const Bytes arp(28);
  return {
      {"TCP is opened", eth().ipv4().tcp().build(), "none"},
      {"a tunnel with TCP is opened", eth().ipv4().ipv4().tcp().build(), "none"},
      {"a later fragment has nothing to open",
       eth().ipv4({.fragment_offset = 8}).payload(20).build(), "none"},
      {"a malformed packet is told by its fault",
       eth().ipv4({.version_and_length = std::uint8_t{0x41}}).payload(20).build(), "none"},
      {"a link type", Bytes(60), "link 147", LinkType{147}},
      {"a link type whose frame is none of those that are opened", Bytes(60), "link 105",
       LinkType::ieee80211},
      {"ARP", eth().raw(arp, {.ethertype = 0x0806}).build(), "ethertype 2054"},
      {"ARP behind a VLAN tag", eth().vlan().raw(arp, {.ethertype = 0x0806}).build(),
       "ethertype 2054"},
      {"LLC", PacketBuilder().ethernet({.type = 3}).raw({0x42, 0x42, 3}).build(), "ethertype 4"},
      {"SNAP of another organisation",
       PacketBuilder().ethernet({.type = 8}).raw({0xaa, 0xaa, 3, 0, 0, 12, 0x20, 0}).build(),
       "ethertype 5"},
      {"MPLS with something that is not IP", eth().mpls(16).raw({0x50, 0, 0, 0}).build(),
       "ethertype 34887"},
      {"OSPF", eth().ipv4({.protocol = std::uint8_t{89}}).payload(20).build(), "protocol 89"},
      {"no next header", eth().ipv6({.next_header = std::uint8_t{59}}).build(), "none"},
      {"OSPF within IPv4", eth().ipv4().ipv4({.protocol = std::uint8_t{89}}).payload(20).build(),
       "protocol 89"},
      {"ARP within GRE", eth().ipv4().gre().ethernet().raw(arp, {.ethertype = 0x0806}).build(),
       "ethertype 2054"},
      {"GRE with an unknown type",
       eth().ipv4().gre(0, {}, std::uint16_t{0x88b5}).payload(20).build(), "protocol 47"},
      {"IPv4 whose content is not", eth().ipv4({.protocol = std::uint8_t{4}}).payload(20).build(),
       "protocol 4"},
      {"ARP within VXLAN",
       eth()
           .ipv4()
           .udp({.destination_port = 4789})
           .vxlan()
           .ethernet()
           .raw(arp, {.ethertype = 0x0806})
           .build(),
       "tunnel 4789"},
      {"L2TP with PPP's own protocol, from its port",
       eth()
           .ipv4()
           .udp({.source_port = 1701})
           .raw({0, 2, 0, 7, 0, 9, 0xff, 3, 0xc0, 0x21, 1, 1})
           .build(),
       "tunnel 1701"},
      {"a datagram to L2TP's port that is no tunnel's",
       eth().ipv4().udp({.destination_port = 1701}).payload(20).build(), "none"},
  };
}

TEST(Stop, NamesTheHeaderThatIsNotOpened) {
  for (const auto& c : stop_cases()) EXPECT_EQ(stop_text(c.frame, c.link), c.expected) << c.why;
}

TEST(Stop, OfACutHeaderIsTheHeaderBeforeIt) {
  const Bytes frame = eth().ipv4().tcp().build();
  const auto wire = static_cast<std::uint32_t>(frame.size());
  EXPECT_EQ(stop_text(Bytes(frame.begin(), frame.begin() + 13), LinkType::ethernet, wire),
            "link 1");
  EXPECT_EQ(stop_text(Bytes(frame.begin(), frame.begin() + 33), LinkType::ethernet, wire),
            "ethertype 2048");
  EXPECT_EQ(stop_text(Bytes(frame.begin(), frame.begin() + 34), LinkType::ethernet, wire), "none");
}

TEST(Stop, EveryFrameThatIsNotIpAndNotMalformedHasOne) {
  for (const auto& c : packet_table()) {
    const bool is_ip = c.expected.rfind("none", 0) != 0;
    if (is_ip || c.expected.find("fault") != std::string::npos) continue;
    EXPECT_NE(stop_text(c.frame, c.link), "none") << c.why;
  }
}

TEST(Stop, HasANameWhereTheNumberIsKnown) {
  EXPECT_EQ(stop_name({StopLayer::link, 146}), "IBM SN");
  EXPECT_EQ(stop_name({StopLayer::link, 147}), "user 0");
  EXPECT_EQ(stop_name({StopLayer::link, 162}), "user 15");
  EXPECT_EQ(stop_name({StopLayer::link, 163}), "AVS");
  EXPECT_EQ(stop_name({StopLayer::ethertype, 0x88cc}), "LLDP");
  EXPECT_EQ(stop_name({StopLayer::protocol, 89}), "OSPF");
  EXPECT_EQ(stop_name({StopLayer::tunnel, 4789}), "VXLAN");
  EXPECT_EQ(stop_name({StopLayer::ethertype, 0x1234}), "");
}

}  // namespace
}  // namespace floodgauge::testing
