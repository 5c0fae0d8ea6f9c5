// Packets with which the parser is tested: link headers, IP and transport.
#include "tests/engine/parse/packets.h"

namespace floodgauge::testing {
namespace {

PacketBuilder eth() {
  return PacketBuilder().ethernet();
}

/// Ends a packet with IPv4 and UDP to port 53, which most link headers below carry.
Bytes over_udp(PacketBuilder builder) {
  return builder.ipv4().udp().payload(4).build();
}

}  // namespace

std::vector<PacketCase> packet_table() {
  std::vector<PacketCase> all;
  for (const auto& part :
       {link_packets(), ip_packets(), transport_packets(), tunnel_packets(), capture_packets()}) {
    all.insert(all.end(), part.begin(), part.end());
  }
  return all;
}

std::vector<PacketCase> transport_packets() {
  return {
      {"a TCP SYN", eth().ipv4().tcp().build(),
       "v4 protocol 6 40000>80 flags 2 ip 40 payload 54+0"},
      {"TCP with all flags", eth().ipv4().tcp({.flags = 0xff}).build(),
       "v4 protocol 6 40000>80 flags 255 ip 40 payload 54+0"},
      {"TCP options are not payload",
       eth().ipv4().tcp({.flags = kPsh | kAck, .options = Bytes(12, 1)}).payload("GET /").build(),
       "v4 protocol 6 40000>80 flags 24 ip 57 payload 66+5"},
      {"padding of a short frame is not payload",
       eth().ipv4().tcp({.flags = kAck}).pad_to(60).build(),
       "v4 protocol 6 40000>80 flags 16 ip 40 payload 54+0"},
      {"TCP over IPv6", eth().ipv6().tcp().payload(3).build(),
       "v6 protocol 6 40000>80 flags 2 ip 63 payload 74+3"},
      {"a TCP offset below 5 words", eth().ipv4().tcp({.offset = 4}).payload(8).build(),
       "v4 protocol 6 40000>80 flags 2 ip 48 payload 34+0 fault tcp_offset"},
      {"a TCP offset beyond the packet", eth().ipv4().tcp({.offset = 15}).payload(8).build(),
       "v4 protocol 6 40000>80 flags 2 ip 48 payload 34+0 fault tcp_offset"},
      {"the IP packet ends within the TCP header", eth().ipv4({.total_length = 34}).tcp().build(),
       "v4 protocol 6 40000>80 flags 2 ip 34 payload 34+0 fault tcp_short"},
      {"a UDP query", eth().ipv4().udp().payload(12).build(),
       "v4 protocol 17 40000>53 ip 40 payload 42+12"},
      {"UDP without payload, padded", eth().ipv4().udp().pad_to(60).build(),
       "v4 protocol 17 40000>53 ip 28 payload 42+0"},
      {"a UDP length shorter than the packet ends the payload",
       eth().ipv4().udp({.length = 10}).payload(12).build(),
       "v4 protocol 17 40000>53 ip 40 payload 42+2"},
      {"a UDP length of 0: the datagram ends with the packet",
       eth().ipv4().udp({.length = 0}).payload(12).build(),
       "v4 protocol 17 40000>53 ip 40 payload 42+12"},
      {"a UDP length below its header", eth().ipv4().udp({.length = 7}).payload(12).build(),
       "v4 protocol 17 40000>53 ip 40 payload 42+0 fault udp_length"},
      {"a UDP length beyond the packet", eth().ipv4().udp({.length = 21}).payload(12).build(),
       "v4 protocol 17 40000>53 ip 40 payload 42+12 fault udp_length"},
      {"UDP-Lite with partial coverage", eth().ipv4().udp_lite({.length = 8}).payload(12).build(),
       "v4 protocol 136 40000>53 ip 40 payload 42+12"},
      {"UDP-Lite with coverage beyond the packet",
       eth().ipv4().udp_lite({.length = 30}).payload(12).build(),
       "v4 protocol 136 40000>53 ip 40 payload 42+12 fault udp_length"},
      {"SCTP", eth().ipv4().sctp(2905, 2906).payload(16).build(),
       "v4 protocol 132 2905>2906 ip 48 payload 46+16"},
      {"the IP packet ends within the SCTP header",
       eth().ipv4({.total_length = 28}).sctp(2905, 2906).build(),
       "v4 protocol 132 2905>2906 ip 28 payload 34+0 fault sctp_short"},
      {"an echo request has an identifier", eth().ipv4().icmp().payload(32).build(),
       "v4 protocol 1 2048>4660 ip 60 payload 42+32"},
      {"a port unreachable has no identifier",
       eth().ipv4().icmp({.type = 3, .code = 3}).payload(28).build(),
       "v4 protocol 1 771>0 ip 56 payload 42+28"},
      {"ICMP of 4 bytes", eth().ipv4({.protocol = 1}).payload(4).build(),
       "v4 protocol 1 41121>0 ip 24 payload 34+0 fault icmp_short"},
      {"an ICMPv6 echo reply", eth().ipv6().icmpv6({.type = 129}).payload(8).build(),
       "v6 protocol 58 33024>4660 ip 56 payload 62+8"},
      {"a neighbour solicitation has no identifier",
       eth().ipv6({.hop_limit = 255}).icmpv6({.type = 135}).payload(16).build(),
       "v6 protocol 58 34560>0 ttl 255 ip 64 payload 62+16"},
      {"ESP is not opened", eth().ipv4({.protocol = 50}).payload(40).build(),
       "v4 protocol 50 ip 60 payload 34+40"},
      {"a protocol that is not opened", eth().ipv4({.protocol = 89}).payload(44).build(),
       "v4 protocol 89 ip 64 payload 34+44"},
  };
}

std::vector<PacketCase> ip_packets() {
  return {
      {"IPv4 options", eth().ipv4({.options = Bytes(8, 1)}).udp().payload(4).build(),
       "v4 protocol 17 40000>53 ip 40 payload 50+4"},
      {"a TTL of one", eth().ipv4({.ttl = 1}).udp().build(),
       "v4 protocol 17 40000>53 ttl 1 ip 28 payload 42+0"},
      {"the traffic class of IPv4", eth().ipv4({.traffic_class = 0xb9}).udp().build(),
       "v4 protocol 17 40000>53 class 185 ip 28 payload 42+0"},
      {"the traffic class of IPv4 behind a tag",
       eth().vlan().ipv4({.traffic_class = 0xb9}).udp().build(),
       "v4 protocol 17 40000>53 class 185 ip 28 payload 46+0"},
      {"the traffic class of IPv6", eth().ipv6({.traffic_class = 0xb9}).udp().build(),
       "v6 protocol 17 40000>53 class 185 ip 48 payload 62+0"},
      {"the traffic class of IPv6 behind a tag",
       eth().vlan().ipv6({.traffic_class = 0xb9}).udp().build(),
       "v6 protocol 17 40000>53 class 185 ip 48 payload 66+0"},
      {"a first fragment has ports, and its UDP length goes beyond it",
       eth().ipv4({.more_fragments = true}).udp({.length = 3000}).payload(16).build(),
       "v4 protocol 17 40000>53 ip 44 payload 42+16 fragment"},
      {"a later fragment has no transport",
       eth()
           .ipv4({.more_fragments = true, .fragment_offset = 1480, .protocol = 17})
           .payload(24)
           .build(),
       "v4 protocol 17 ip 44 payload 34+24 later-fragment"},
      {"the last fragment",
       eth().ipv4({.fragment_offset = 1480, .protocol = 6}).payload(24).build(),
       "v4 protocol 6 ip 44 payload 34+24 later-fragment"},
      {"a total length of 0: captured before the NIC segmented it",
       eth().ipv4({.total_length = 0}).tcp().payload(100).build(),
       "v4 protocol 6 40000>80 flags 2 ip 140 payload 54+100"},
      {"a total length beyond the frame",
       eth().ipv4({.total_length = 500}).udp().payload(20).build(),
       "v4 protocol 17 40000>53 ip 500 payload 42+20 fault ipv4_total_length"},
      {"a total length below the header", eth().ipv4({.total_length = 12}).udp().build(),
       "v4 protocol 17 ip 12 payload 34+0 fault ipv4_total_length"},
      {"a header length below 5 words", eth().ipv4({.version_and_length = 0x44}).udp().build(),
       "v4 protocol 17 ip 28 payload 0+0 fault ipv4_header_length"},
      {"a header length beyond the packet",
       eth().ipv4({.total_length = 28, .version_and_length = 0x4f}).udp().build(),
       "v4 protocol 17 ip 28 payload 0+0 fault ipv4_total_length"},
      {"version 5 under IPv4's EtherType", eth().ipv4({.version_and_length = 0x55}).udp().build(),
       "none fault ip_version"},
      {"an authentication header in IPv4", eth().ipv4().ah().tcp().payload(5).build(),
       "v4 protocol 6 40000>80 flags 2 ip 69 payload 78+5"},
      {"the IP packet ends within the authentication header",
       eth().ipv4({.total_length = 40}).ah().tcp().build(),
       "v4 protocol 51 ip 40 payload 34+20 fault ah_short"},
      {"IPv6 and UDP", eth().ipv6().udp().payload(10).build(),
       "v6 protocol 17 40000>53 ip 58 payload 62+10"},
      {"every extension header",
       eth()
           .ipv6()
           .extension(0)
           .extension(60, 16)
           .extension(43, 24)
           .ah()
           .extension(60)
           .extension(135)
           .extension(139)
           .extension(140)
           .udp()
           .payload(4)
           .build(),
       "v6 protocol 17 40000>53 ip 156 payload 166+4"},
      {"more extension headers than the bound",
       [] {
         PacketBuilder builder = eth().ipv6();
         for (int i = 0; i < 11; ++i) builder.extension(60);
         return builder.udp().build();
       }(),
       "v6 protocol 60 ip 136 payload 134+16 fault ipv6_extension"},
      {"an extension header beyond the packet",
       eth().ipv6({.payload_length = 10}).extension(0, 16).udp().build(),
       "v6 protocol 0 ip 50 payload 54+10 fault ipv6_extension"},
      {"an IPv6 first fragment",
       eth().ipv6().fragment(0, true).udp({.length = 2000}).payload(8).build(),
       "v6 protocol 17 40000>53 ip 64 payload 70+8 fragment"},
      {"an IPv6 later fragment", eth().ipv6().fragment(1448, false).udp().payload(8).build(),
       "v6 protocol 17 ip 64 payload 62+16 later-fragment"},
      {"an atomic fragment (RFC 6946) is whole", eth().ipv6().fragment(0, false).udp().build(),
       "v6 protocol 17 40000>53 ip 56 payload 70+0"},
      {"no next header", eth().ipv6().payload(8).build(), "v6 protocol 59 ip 48 payload 54+8"},
      {"an IPv6 payload length beyond the frame",
       eth().ipv6({.payload_length = 100}).udp({.length = 100}).payload(10).build(),
       "v6 protocol 17 40000>53 ip 140 payload 62+10 fault ipv6_payload_length"},
      {"an IPv6 payload length of 0: captured before segmentation",
       eth().ipv6({.payload_length = 0}).tcp().payload(100).build(),
       "v6 protocol 6 40000>80 flags 2 ip 160 payload 74+100"},
      {"version 4 under IPv6's EtherType", eth().ipv6({.version = 4}).udp().build(),
       "none fault ip_version"},
  };
}

std::vector<PacketCase> link_packets() {
  const Bytes llc_snap = {0xaa, 0xaa, 3, 0, 0, 0};
  return {
      {"ARP is not IP", eth().raw(Bytes(28), {.ethertype = 0x0806}).build(), "none"},
      {"an unknown EtherType is not IP",
       PacketBuilder().ethernet({.type = 0x88b5}).payload(46).build(), "none"},
      {"802.3 with LLC and SNAP; the length ends it before the padding",
       PacketBuilder()
           .ethernet({.type = 8 + 32})
           .raw({0xaa, 0xaa, 3, 0, 0, 0, 8, 0})
           .ipv4()
           .udp()
           .payload(4)
           .pad_to(60)
           .build(),
       "v4 protocol 17 40000>53 ip 32 payload 50+4"},
      {"802.3 with IP's own SAP",
       over_udp(PacketBuilder().ethernet({.type = 3 + 32}).raw({6, 6, 3})),
       "v4 protocol 17 40000>53 ip 32 payload 45+4"},
      {"spanning tree is not IP",
       PacketBuilder().ethernet({.type = 38}).raw({0x42, 0x42, 3}).payload(35).pad_to(60).build(),
       "none"},
      {"SNAP of another vendor's OUI is not IP",
       over_udp(PacketBuilder().ethernet({.type = 40}).raw({0xaa, 0xaa, 3, 0, 0, 0x0c, 8, 0})),
       "none"},
      {"a VLAN tag", over_udp(eth().vlan({.id = 7})), "v4 protocol 17 40000>53 ip 32 payload 46+4"},
      {"QinQ with 88a8", over_udp(eth().vlan({.tag = 0x88a8}).vlan()),
       "v4 protocol 17 40000>53 ip 32 payload 50+4"},
      {"QinQ with 9100", over_udp(eth().vlan({.tag = 0x9100}).vlan()),
       "v4 protocol 17 40000>53 ip 32 payload 50+4"},
      {"a VN-tag", over_udp(eth().raw(Bytes(6), {.ethertype = 0x8926}, {.ethertype = 4})),
       "v4 protocol 17 40000>53 ip 32 payload 48+4"},
      {"an 802.1BR tag", over_udp(eth().raw(Bytes(8), {.ethertype = 0x893f}, {.ethertype = 6})),
       "v4 protocol 17 40000>53 ip 32 payload 50+4"},
      {"MACsec in the clear",
       over_udp(eth().raw(Bytes(8), {.ethertype = 0x88e5}, {.ethertype = 6})),
       "v4 protocol 17 40000>53 ip 32 payload 50+4"},
      {"encrypted MACsec is not opened",
       over_udp(eth().raw({0x0c, 0, 0, 0, 0, 0, 0, 0}, {.ethertype = 0x88e5}, {.ethertype = 6})),
       "none"},
      {"eight tags are opened",
       over_udp(eth().vlan().vlan().vlan().vlan().vlan().vlan().vlan().vlan()),
       "v4 protocol 17 40000>53 ip 32 payload 74+4"},
      {"one MPLS label over IPv4", over_udp(eth().mpls(16)),
       "v4 protocol 17 40000>53 ip 32 payload 46+4"},
      {"three MPLS labels over IPv6",
       eth().mpls(16, false).mpls(17, false).mpls(2).ipv6().tcp().build(),
       "v6 protocol 6 40000>80 flags 2 ip 60 payload 86+0"},
      {"a label stack without a bottom",
       [] {
         PacketBuilder builder = eth();
         for (int i = 0; i < 17; ++i) builder.mpls(16, false);
         return builder.build();
       }(),
       "none fault nesting"},
      {"an Ethernet pseudowire with control word",
       over_udp(eth().mpls(18).raw(Bytes(4)).ethernet().vlan()),
       "v4 protocol 17 40000>53 ip 32 payload 68+4"},
      {"an MPLS control channel is not IP", eth().mpls(18).raw({0x10, 0, 0, 7}).payload(20).build(),
       "none"},
      {"PPPoE; its length ends it before the padding",
       eth().pppoe().ipv4().tcp({.flags = kAck}).pad_to(70).build(),
       "v4 protocol 6 40000>80 flags 16 ip 40 payload 62+0"},
      {"PPPoE over VLAN with IPv6", eth().vlan().pppoe().ipv6().udp().build(),
       "v6 protocol 17 40000>53 ip 48 payload 74+0"},
      {"PPPoE with LCP is not IP",
       eth().raw({0x11, 0, 0, 1, 0, 10, 0xc0, 0x21}, {.ethertype = 0x8864}).payload(8).build(),
       "none"},
      {"raw IPv4", over_udp(PacketBuilder()), "v4 protocol 17 40000>53 ip 32 payload 28+4",
       LinkType::raw_ip},
      {"raw IPv6", PacketBuilder().ipv6().udp().build(),
       "v6 protocol 17 40000>53 ip 48 payload 48+0", LinkType::raw_ip},
      {"raw bytes that are neither IPv4 nor IPv6", PacketBuilder().payload(20).build(),
       "none fault ip_version", LinkType::raw_ip},
      {"Linux cooked",
       over_udp(PacketBuilder().raw({0, 0, 0, 1, 0, 6, 2, 0, 0, 0, 0, 1, 0, 0, 8, 0})),
       "v4 protocol 17 40000>53 ip 32 payload 44+4", LinkType::linux_sll},
      {"Linux cooked with a VLAN tag",
       over_udp(PacketBuilder().raw({0, 0, 0, 1, 0, 6, 2, 0, 0, 0, 0, 1, 0, 0, 0x81, 0}).vlan()),
       "v4 protocol 17 40000>53 ip 32 payload 48+4", LinkType::linux_sll},
      {"Linux cooked with LLC that is not IP",
       PacketBuilder()
           .raw({0, 0, 0, 1, 0, 6, 2, 0, 0, 0, 0, 1, 0, 0, 0, 4})
           .raw({0x42, 0x42, 3})
           .payload(35)
           .build(),
       "none", LinkType::linux_sll},
      {"Linux cooked, version 2",
       over_udp(PacketBuilder().raw({8, 0, 0, 0, 0, 0, 0, 2, 0, 1, 0, 6, 2, 0, 0, 0, 0, 1, 0, 0})),
       "v4 protocol 17 40000>53 ip 32 payload 48+4", LinkType::linux_sll2},
      {"loopback, little-endian IPv4", over_udp(PacketBuilder().raw({2, 0, 0, 0})),
       "v4 protocol 17 40000>53 ip 32 payload 32+4", LinkType::null_loopback},
      {"loopback, big-endian IPv4", over_udp(PacketBuilder().raw({0, 0, 0, 2})),
       "v4 protocol 17 40000>53 ip 32 payload 32+4", LinkType::null_loopback},
      {"loopback, Darwin's IPv6", PacketBuilder().raw({30, 0, 0, 0}).ipv6().udp().build(),
       "v6 protocol 17 40000>53 ip 48 payload 52+0", LinkType::null_loopback},
      {"loopback of a family that is not IP", over_udp(PacketBuilder().raw({7, 0, 0, 0})), "none",
       LinkType::null_loopback},
      {"PPP with address and control", over_udp(PacketBuilder().raw({0xff, 3, 0, 0x21})),
       "v4 protocol 17 40000>53 ip 32 payload 32+4", LinkType::ppp},
      {"PPP without address and control", over_udp(PacketBuilder().raw({0, 0x21})),
       "v4 protocol 17 40000>53 ip 32 payload 30+4", LinkType::ppp},
      {"PPP with a compressed protocol field", over_udp(PacketBuilder().raw({0x21})),
       "v4 protocol 17 40000>53 ip 32 payload 29+4", LinkType::ppp},
      {"Cisco HDLC", over_udp(PacketBuilder().raw({0x0f, 0, 8, 0})),
       "v4 protocol 17 40000>53 ip 32 payload 32+4", LinkType::chdlc},
      {"a Cisco keepalive is not IP",
       PacketBuilder().raw({0x8f, 0, 0x80, 0x35}).payload(14).build(), "none", LinkType::chdlc},
      {"frame relay with NLPID", over_udp(PacketBuilder().raw({0x18, 0x41, 3, 0xcc})),
       "v4 protocol 17 40000>53 ip 32 payload 32+4", LinkType::frame_relay},
      {"frame relay with SNAP",
       over_udp(PacketBuilder().raw({0x18, 0x41, 3, 0, 0x80, 0, 0, 0, 8, 0})),
       "v4 protocol 17 40000>53 ip 32 payload 38+4", LinkType::frame_relay},
      {"frame relay in Cisco's form", over_udp(PacketBuilder().raw({0x18, 0x41, 8, 0})),
       "v4 protocol 17 40000>53 ip 32 payload 32+4", LinkType::frame_relay},
      {"an 802.11 data frame",
       over_udp(PacketBuilder().raw({8, 1}).raw(Bytes(22)).raw(llc_snap).raw({8, 0})),
       "v4 protocol 17 40000>53 ip 32 payload 60+4", LinkType::ieee80211},
      {"an 802.11 QoS data frame between access points",
       over_udp(PacketBuilder().raw({0x88, 3}).raw(Bytes(30)).raw(llc_snap).raw({8, 0})),
       "v4 protocol 17 40000>53 ip 32 payload 68+4", LinkType::ieee80211},
      {"an encrypted 802.11 frame is not opened",
       over_udp(PacketBuilder().raw({8, 0x41}).raw(Bytes(22)).raw(llc_snap).raw({8, 0})), "none",
       LinkType::ieee80211},
      {"a beacon is not IP", PacketBuilder().raw({0x80, 0}).raw(Bytes(60)).build(), "none",
       LinkType::ieee80211},
      {"radiotap with a timestamp, an FCS and padding after the 802.11 header",
       PacketBuilder()
           .raw({0, 0, 17, 0, 3, 0, 0, 0})
           .raw(Bytes(8))
           .raw({0x30})
           .raw({0x88, 1})
           .raw(Bytes(26))
           .raw(llc_snap)
           .raw({8, 0})
           .ipv4()
           .udp()
           .payload(4)
           .pad_to(89)
           .build(),
       "v4 protocol 17 40000>53 ip 32 payload 81+4", LinkType::ieee80211_radiotap},
      {"a radiotap header shorter than itself",
       PacketBuilder().raw({0, 0, 7, 0, 0, 0, 0, 0}).build(), "none fault link_header_short",
       LinkType::ieee80211_radiotap},
      {"an unknown link type is counted but not opened", over_udp(eth()), "none", LinkType::other},
  };
}

}  // namespace floodgauge::testing
