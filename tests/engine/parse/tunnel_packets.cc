// Packets with which the parser is tested: tunnels.
#include "tests/engine/parse/packets.h"

namespace floodgauge::testing {
namespace {

PacketBuilder outer() {
  return PacketBuilder().ethernet().ipv4();
}

PacketBuilder outer_udp(std::uint16_t destination_port) {
  return outer().udp({.destination_port = destination_port});
}

/// Ends a packet with the inner one of a tunnel: TCP from 10.0.0.1 to 10.0.0.2.
Bytes inner(PacketBuilder builder) {
  return builder.ipv4({.source = "10.0.0.1", .destination = "10.0.0.2", .ttl = 9})
      .tcp({.flags = kAck})
      .payload(3)
      .build();
}

}  // namespace

std::vector<PacketCase> tunnel_packets() {
  const Bytes word(4);
  return {
      {"IPv4 in IPv4", inner(outer()),
       "v4 protocol 4 ip 63 payload 34+43 tunnelled | v4 10.0.0.1>10.0.0.2 protocol 6 40000>80 "
       "flags 16 ttl 9 ip 43 payload 74+3 tunnelled"},
      {"IPv6 in IPv4", outer().ipv6().udp().payload(4).build(),
       "v4 protocol 41 ip 72 payload 34+52 tunnelled | v6 protocol 17 40000>53 ip 52 payload 82+4 "
       "tunnelled"},
      {"IPv4 in IPv6", inner(PacketBuilder().ethernet().ipv6()),
       "v6 protocol 4 ip 83 payload 54+43 tunnelled | v4 10.0.0.1>10.0.0.2 protocol 6 40000>80 "
       "flags 16 ttl 9 ip 43 payload 94+3 tunnelled"},
      {"IPv6 in IPv6 after destination options",
       PacketBuilder()
           .ethernet()
           .ipv6()
           .extension(60)
           .ipv6({.source = "2001:db8::2"})
           .tcp()
           .build(),
       "v6 protocol 41 ip 108 payload 62+60 tunnelled | v6 2001:db8::2>2001:db8:1::7 protocol 6 "
       "40000>80 flags 2 ip 60 payload 122+0 tunnelled"},
      {"protocol 4 whose payload is not IP",
       PacketBuilder().ethernet().ipv4({.protocol = 4}).payload(20).build(),
       "v4 protocol 4 ip 40 payload 34+20 tunnelled"},
      {"a later fragment of a tunnel is not opened",
       inner(PacketBuilder().ethernet().ipv4({.fragment_offset = 8})),
       "v4 protocol 4 ip 63 payload 34+43 later-fragment"},
      {"a first fragment's inner packet continues in the next fragment",
       PacketBuilder()
           .ethernet()
           .ipv4({.more_fragments = true})
           .ipv4({.source = "10.0.0.1", .total_length = 1500})
           .tcp()
           .payload(20)
           .build(),
       "v4 protocol 4 ip 80 payload 34+60 fragment tunnelled | v4 10.0.0.1>198.51.100.7 protocol 6 "
       "40000>80 flags 2 ip 1500 payload 74+20 tunnelled"},
      {"three nested IP packets", inner(outer().ipv4({.source = "10.1.0.1"})),
       "v4 protocol 4 ip 83 payload 34+63 tunnelled | v4 10.1.0.1>198.51.100.7 protocol 4 ip 63 "
       "payload 54+43 tunnelled | v4 10.0.0.1>10.0.0.2 protocol 6 40000>80 flags 16 ttl 9 ip 43 "
       "payload 94+3 tunnelled"},
      {"GRE", inner(outer().gre()),
       "v4 protocol 47 ip 67 payload 38+43 tunnelled | v4 10.0.0.1>10.0.0.2 protocol 6 40000>80 "
       "flags 16 ttl 9 ip 43 payload 78+3 tunnelled"},
      {"GRE with checksum, key and sequence number", inner(outer().gre(0xb000, Bytes(12))),
       "v4 protocol 47 ip 79 payload 50+43 tunnelled | v4 10.0.0.1>10.0.0.2 protocol 6 40000>80 "
       "flags 16 ttl 9 ip 43 payload 90+3 tunnelled"},
      {"GRE with source routes (RFC 1701)",
       inner(outer().gre(0x4000, {0, 0, 0, 0, 8, 0, 0, 4, 1, 2, 3, 4, 0, 0, 0, 0})),
       "v4 protocol 47 ip 83 payload 54+43 tunnelled | v4 10.0.0.1>10.0.0.2 protocol 6 40000>80 "
       "flags 16 ttl 9 ip 43 payload 94+3 tunnelled"},
      {"GRE with IPv6", outer().gre().ipv6().udp().build(),
       "v4 protocol 47 ip 72 payload 38+48 tunnelled | v6 protocol 17 40000>53 ip 48 payload 86+0 "
       "tunnelled"},
      {"GRE with MPLS", inner(outer().gre().mpls(16)),
       "v4 protocol 47 ip 71 payload 38+47 tunnelled | v4 10.0.0.1>10.0.0.2 protocol 6 40000>80 "
       "flags 16 ttl 9 ip 43 payload 82+3 tunnelled"},
      {"NVGRE", inner(outer().gre(0x2000, word).ethernet()),
       "v4 protocol 47 ip 85 payload 42+57 tunnelled | v4 10.0.0.1>10.0.0.2 protocol 6 40000>80 "
       "flags 16 ttl 9 ip 43 payload 96+3 tunnelled"},
      {"bridged Ethernet with a VLAN in GRE", inner(outer().gre().ethernet().vlan()),
       "v4 protocol 47 ip 85 payload 38+61 tunnelled | v4 10.0.0.1>10.0.0.2 protocol 6 40000>80 "
       "flags 16 ttl 9 ip 43 payload 96+3 tunnelled"},
      {"ERSPAN type I", inner(outer().gre(0, {}, 0x88be).ethernet()),
       "v4 protocol 47 ip 81 payload 38+57 tunnelled | v4 10.0.0.1>10.0.0.2 protocol 6 40000>80 "
       "flags 16 ttl 9 ip 43 payload 92+3 tunnelled"},
      {"ERSPAN type II", inner(outer().gre(0x1000, Bytes(12), 0x88be).ethernet()),
       "v4 protocol 47 ip 93 payload 42+65 tunnelled | v4 10.0.0.1>10.0.0.2 protocol 6 40000>80 "
       "flags 16 ttl 9 ip 43 payload 104+3 tunnelled"},
      {"ERSPAN type III", inner(outer().gre(0x1000, Bytes(16), 0x22eb).ethernet()),
       "v4 protocol 47 ip 97 payload 42+69 tunnelled | v4 10.0.0.1>10.0.0.2 protocol 6 40000>80 "
       "flags 16 ttl 9 ip 43 payload 108+3 tunnelled"},
      {"ERSPAN type III with a platform subheader",
       inner(outer()
                 .gre(0x1000,
                      {0, 0, 0, 0, 0x20, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0},
                      0x22eb)
                 .ethernet()),
       "v4 protocol 47 ip 105 payload 42+77 tunnelled | v4 10.0.0.1>10.0.0.2 protocol 6 40000>80 "
       "flags 16 ttl 9 ip 43 payload 116+3 tunnelled"},
      {"PPTP with sequence and acknowledgment",
       inner(outer().gre(0x3081, {0, 47, 0, 1, 0, 0, 0, 9, 0, 0, 0, 8, 0xff, 3, 0, 0x21}, 0x880b)),
       "v4 protocol 47 ip 83 payload 50+47 tunnelled | v4 10.0.0.1>10.0.0.2 protocol 6 40000>80 "
       "flags 16 ttl 9 ip 43 payload 94+3 tunnelled"},
      {"a PPTP acknowledgment has no payload", outer().gre(0x2081, Bytes(8), 0x880b).build(),
       "v4 protocol 47 ip 32 payload 46+0"},
      {"PPP in GRE", inner(outer().gre(0, {0, 0x21}, 0x880b)),
       "v4 protocol 47 ip 69 payload 38+45 tunnelled | v4 10.0.0.1>10.0.0.2 protocol 6 40000>80 "
       "flags 16 ttl 9 ip 43 payload 80+3 tunnelled"},
      {"GRE of an unknown protocol", outer().gre(0, {}, 0x4321).payload(20).build(),
       "v4 protocol 47 ip 44 payload 38+20"},
      {"GRE whose optional fields are missing", outer().gre(0xb000).build(),
       "v4 protocol 47 ip 24 payload 34+4 fault gre_short"},
      {"WCCP redirection in GRE", inner(outer().gre(0, {0, 0, 0, 0}, 0x883e)),
       "v4 protocol 47 ip 71 payload 38+47 tunnelled | v4 10.0.0.1>10.0.0.2 protocol 6 40000>80 "
       "flags 16 ttl 9 ip 43 payload 82+3 tunnelled"},
      {"WCCP redirection in GRE, version 1", inner(outer().gre(0, {}, 0x883e)),
       "v4 protocol 47 ip 67 payload 38+43 tunnelled | v4 10.0.0.1>10.0.0.2 protocol 6 40000>80 "
       "flags 16 ttl 9 ip 43 payload 78+3 tunnelled"},
      {"Ethernet in IPv6 after a segment routing header",
       inner(PacketBuilder()
                 .ethernet()
                 .ipv6()
                 .extension(43, 24)
                 .raw({}, {.protocol = 143})
                 .ethernet()),
       "v6 protocol 143 ip 121 payload 78+57 tunnelled | v4 10.0.0.1>10.0.0.2 protocol 6 40000>80 "
       "flags 16 ttl 9 ip 43 payload 132+3 tunnelled"},
      {"EtherIP", inner(outer().raw({0x30, 0}, {.protocol = 97}).ethernet()),
       "v4 protocol 97 ip 79 payload 34+59 tunnelled | v4 10.0.0.1>10.0.0.2 protocol 6 40000>80 "
       "flags 16 ttl 9 ip 43 payload 90+3 tunnelled"},
      {"MPLS in IP", inner(outer().mpls(16)),
       "v4 protocol 137 ip 67 payload 34+47 tunnelled | v4 10.0.0.1>10.0.0.2 protocol 6 40000>80 "
       "flags 16 ttl 9 ip 43 payload 78+3 tunnelled"},
      {"VXLAN", inner(outer_udp(4789).vxlan().ethernet()),
       "v4 protocol 17 40000>4789 ip 93 payload 42+65 tunnelled | v4 10.0.0.1>10.0.0.2 protocol 6 "
       "40000>80 flags 16 ttl 9 ip 43 payload 104+3 tunnelled"},
      {"VXLAN on Linux's old port, over IPv6, with an inner VLAN tag",
       inner(PacketBuilder()
                 .ethernet()
                 .ipv6()
                 .udp({.destination_port = 8472})
                 .vxlan()
                 .ethernet()
                 .vlan()),
       "v6 protocol 17 40000>8472 ip 117 payload 62+69 tunnelled | v4 10.0.0.1>10.0.0.2 protocol 6 "
       "40000>80 flags 16 ttl 9 ip 43 payload 128+3 tunnelled"},
      {"a datagram to VXLAN's port that is not VXLAN", outer_udp(4789).payload(40).build(),
       "v4 protocol 17 40000>4789 ip 68 payload 42+40"},
      {"a datagram to VXLAN's port that is too short for VXLAN", outer_udp(4789).payload(2).build(),
       "v4 protocol 17 40000>4789 ip 30 payload 42+2"},
      {"ARP in VXLAN", outer_udp(4789).vxlan().ethernet({.type = 0x0806}).payload(28).build(),
       "v4 protocol 17 40000>4789 ip 78 payload 42+50 tunnelled"},
      {"VXLAN-GPE with IPv4", inner(outer_udp(4790).raw({0x0c, 0, 0, 1, 0, 0, 42, 0})),
       "v4 protocol 17 40000>4790 ip 79 payload 42+51 tunnelled | v4 10.0.0.1>10.0.0.2 protocol 6 "
       "40000>80 flags 16 ttl 9 ip 43 payload 90+3 tunnelled"},
      {"VXLAN-GPE with Ethernet",
       inner(outer_udp(4790).raw({0x0c, 0, 0, 3, 0, 0, 42, 0}).ethernet()),
       "v4 protocol 17 40000>4790 ip 93 payload 42+65 tunnelled | v4 10.0.0.1>10.0.0.2 protocol 6 "
       "40000>80 flags 16 ttl 9 ip 43 payload 104+3 tunnelled"},
      {"GENEVE with Ethernet and options", inner(outer_udp(6081).geneve(Bytes(8)).ethernet()),
       "v4 protocol 17 40000>6081 ip 101 payload 42+73 tunnelled | v4 10.0.0.1>10.0.0.2 protocol 6 "
       "40000>80 flags 16 ttl 9 ip 43 payload 112+3 tunnelled"},
      {"GENEVE with IPv4", inner(outer_udp(6081).geneve()),
       "v4 protocol 17 40000>6081 ip 79 payload 42+51 tunnelled | v4 10.0.0.1>10.0.0.2 protocol 6 "
       "40000>80 flags 16 ttl 9 ip 43 payload 90+3 tunnelled"},
      {"GENEVE whose options are missing",
       outer_udp(6081).raw({4, 0, 0x65, 0x58, 0, 0, 1, 0}).build(),
       "v4 protocol 17 40000>6081 ip 36 payload 42+8 fault tunnel_short"},
      {"GTP-U", inner(outer_udp(2152).gtp()),
       "v4 protocol 17 40000>2152 ip 79 payload 42+51 tunnelled | v4 10.0.0.1>10.0.0.2 protocol 6 "
       "40000>80 flags 16 ttl 9 ip 43 payload 90+3 tunnelled"},
      {"GTP-U with a sequence number", inner(outer_udp(2152).gtp(2, {0, 7, 0, 0})),
       "v4 protocol 17 40000>2152 ip 83 payload 42+55 tunnelled | v4 10.0.0.1>10.0.0.2 protocol 6 "
       "40000>80 flags 16 ttl 9 ip 43 payload 94+3 tunnelled"},
      {"GTP-U with two extension headers (5G)",
       inner(outer_udp(2152).gtp(4, {0, 0, 0, 0x85, 1, 0x10, 1, 0x20, 1, 0, 0, 0})),
       "v4 protocol 17 40000>2152 ip 91 payload 42+63 tunnelled | v4 10.0.0.1>10.0.0.2 protocol 6 "
       "40000>80 flags 16 ttl 9 ip 43 payload 102+3 tunnelled"},
      {"GTP-U extension header of length 0",
       inner(outer_udp(2152).gtp(4, {0, 0, 0, 0x85, 0, 0x10, 1, 0})),
       "v4 protocol 17 40000>2152 ip 87 payload 42+59 fault tunnel_short"},
      {"a GTP-U echo request is not a tunnel",
       outer_udp(2152).raw({0x32, 1, 0, 4, 0, 0, 0, 0, 0, 1, 0, 0}).build(),
       "v4 protocol 17 40000>2152 ip 40 payload 42+12"},
      {"Teredo", outer_udp(3544).ipv6().udp().payload(4).build(),
       "v4 protocol 17 40000>3544 ip 80 payload 42+52 tunnelled | v6 protocol 17 40000>53 ip 52 "
       "payload 90+4 tunnelled"},
      {"Teredo from a relay, with authentication and origin",
       outer()
           .udp({.source_port = 3544, .destination_port = 50000})
           .raw({0, 1, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 0})
           .raw({0, 0, 0xaf, 0x50, 0x3f, 0xff, 0xfd, 0xfe})
           .ipv6()
           .icmpv6()
           .build(),
       "v4 protocol 17 3544>50000 ip 97 payload 42+69 tunnelled | v6 protocol 58 32768>4660 ip 48 "
       "payload 111+0 tunnelled"},
      {"a datagram to Teredo's port that is not IPv6", outer_udp(3544).payload(60).build(),
       "v4 protocol 17 40000>3544 ip 88 payload 42+60"},
      {"an inner TCP header with a bad offset",
       outer().ipv4({.source = "10.0.0.1"}).tcp({.offset = 3}).build(),
       "v4 protocol 4 ip 60 payload 34+40 tunnelled | v4 10.0.0.1>198.51.100.7 protocol 6 40000>80 "
       "flags 2 ip 40 payload 54+0 tunnelled fault tcp_offset"},
      {"an inner packet longer than the outer one",
       outer().ipv4({.source = "10.0.0.1", .total_length = 900}).udp().build(),
       "v4 protocol 4 ip 48 payload 34+28 tunnelled | v4 10.0.0.1>198.51.100.7 protocol 17 "
       "40000>53 ip 900 payload 62+0 tunnelled fault ipv4_total_length"},
      {"an authentication header before a tunnel", inner(outer().ah()),
       "v4 protocol 4 ip 87 payload 58+43 tunnelled | v4 10.0.0.1>10.0.0.2 protocol 6 40000>80 "
       "flags 16 ttl 9 ip 43 payload 98+3 tunnelled"},
  };
}

}  // namespace floodgauge::testing
