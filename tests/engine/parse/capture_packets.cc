// Packets with which the parser is tested: headers of capturing programs, tags of switches and
// fabrics, and UDP tunnels that have to vouch for their content.
#include <string>
#include <utility>

#include "tests/engine/parse/packets.h"

namespace floodgauge::testing {
namespace {

Bytes operator+(Bytes a, const Bytes& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

const Bytes kMacs = {2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1};

Bytes tcp_in_ipv4() {
  return PacketBuilder().ipv4().tcp().build();
}

/// A TCP packet after `head`, which the parser opens.
PacketCase behind(const char* why, Bytes head, LinkType link = LinkType::ethernet) {
  const std::string payload = std::to_string(head.size() + 40);
  return {why, std::move(head) + tcp_in_ipv4(),
          "v4 protocol 6 40000>80 flags 2 ip 40 payload " + payload + "+0", link};
}

/// The same, where the parser stops at `head`.
PacketCase stopped(const char* why, Bytes head, LinkType link = LinkType::ethernet,
                   const char* expected = "none") {
  return {why, std::move(head) + tcp_in_ipv4(), expected, link};
}

Bytes erf(std::uint8_t type, const Bytes& after = {}) {
  return Bytes{0, 0, 0, 0, 0, 0, 0, 0, type, 4, 0, 0, 0, 0, 0, 0} + after;
}

Bytes pktap(std::uint8_t length, std::uint8_t record, std::uint8_t link) {
  Bytes header(length < 12 ? 12 : length);
  header[0] = length;
  header[4] = record;
  header[8] = link;
  return header;
}

/// A datagram whose content is `head` and a TCP packet from 10.0.0.1 to 10.0.0.2.
PacketCase tunnel(const char* why, std::uint16_t port, Bytes head, bool opened = true,
                  std::uint16_t source = 40000) {
  const Bytes inner =
      PacketBuilder().ipv4({.source = "10.0.0.1", .destination = "10.0.0.2"}).tcp().build();
  const Bytes content = head + inner;
  const std::size_t bytes = content.size();
  Bytes frame = PacketBuilder()
                    .ethernet()
                    .ipv4()
                    .udp({.source_port = source, .destination_port = port})
                    .raw(content)
                    .build();
  std::string expected = "v4 protocol 17 " + std::to_string(source) + ">" + std::to_string(port) +
                         " ip " + std::to_string(28 + bytes) + " payload 42+" +
                         std::to_string(bytes);
  if (opened) {
    expected += " tunnelled | v4 10.0.0.1>10.0.0.2 protocol 6 40000>80 flags 2 ip 40 payload " +
                std::to_string(42 + head.size() + 40) + "+0 tunnelled";
  }
  return {why, std::move(frame), std::move(expected)};
}

std::vector<PacketCase> link_headers() {
  const Bytes snap = {0xaa, 0xaa, 3, 0, 0, 0, 8, 0};
  const Bytes ethernet = kMacs + Bytes{8, 0};
  const Bytes nflog_head = {2, 0, 0, 5};
  return {
      behind("NFLOG, little-endian attributes",
             nflog_head + Bytes{8, 0, 1, 0, 8, 0, 0, 0, 44, 0, 9, 0}, LinkType::nflog),
      behind("NFLOG, big-endian attributes", nflog_head + Bytes{0, 44, 0, 9}, LinkType::nflog),
      behind("NFLOG of a bridge: an attribute names the EtherType",
             Bytes{7, 0, 0, 5, 8, 0, 1, 0, 8, 0, 0, 0, 44, 0, 9, 0}, LinkType::nflog),
      stopped("NFLOG of a bridge without an EtherType", {7, 0, 0, 5, 44, 0, 9, 0}, LinkType::nflog),
      stopped("NFLOG of another version", {2, 1, 0, 5, 44, 0, 9, 0}, LinkType::nflog),
      stopped("NFLOG whose attribute is shorter than its head",
              nflog_head + Bytes{8, 0, 1, 0, 8, 0, 0, 0, 3, 0, 9, 0}, LinkType::nflog,
              "none fault link_header_short"),
      behind("ERF with Ethernet", erf(2, Bytes{0, 0} + ethernet), LinkType::erf),
      behind("ERF with two extension headers",
             erf(0x82, Bytes{0x80, 0, 0, 0, 0, 0, 0, 0} + Bytes(8) + Bytes{0, 0} + ethernet),
             LinkType::erf),
      behind("ERF with PPP", erf(1, {0xff, 3, 0, 0x21}), LinkType::erf),
      behind("ERF with Cisco HDLC", erf(10, {0x0f, 0, 8, 0}), LinkType::erf),
      behind("ERF with an HDLC channel", erf(5, {0, 0, 0, 1, 0x0f, 0, 8, 0}), LinkType::erf),
      behind("ERF with AAL5", erf(4, Bytes(4) + snap), LinkType::erf),
      behind("ERF with IPv4", erf(22), LinkType::erf),
      stopped("ERF of a type that is not opened", erf(21), LinkType::erf),
      stopped(
          "ERF with more extension headers than are opened",
          [] {
            Bytes head = erf(0x82);
            for (int i = 0; i < 17; ++i) head = head + Bytes{0x80, 0, 0, 0, 0, 0, 0, 0};
            return head + Bytes{0, 0} + kMacs + Bytes{8, 0};
          }(),
          LinkType::erf),
      behind("PKTAP", pktap(108, 1, 1) + ethernet, LinkType::pktap),
      behind("PKTAP under USER2's number", pktap(108, 1, 1) + ethernet, LinkType::user2),
      stopped("USER2 that is no PKTAP: shorter than Apple's header", pktap(107, 1, 1) + ethernet,
              LinkType::user2),
      stopped("PKTAP whose record is no packet", pktap(108, 2, 1) + ethernet, LinkType::pktap),
      stopped("PKTAP within PKTAP is not opened", pktap(108, 1, 149) + ethernet, LinkType::pktap),
      behind("PPI", Bytes{0, 0, 8, 0, 1, 0, 0, 0} + ethernet, LinkType::ppi),
      stopped("PPI shorter than its head", Bytes{0, 0, 7, 0, 1, 0, 0, 0} + ethernet, LinkType::ppi),
      behind("PFLOG, its length padded to four bytes", Bytes{61, 2} + Bytes(62), LinkType::pflog),
      stopped("PFLOG of an impossible length", Bytes{44, 2} + Bytes(42), LinkType::pflog),
      behind("Solaris IPNET", Bytes(24), LinkType::ipnet),
      behind("IPsec's pseudo-interface", Bytes(12), LinkType::ipsec_enc),
      behind("an EtherType as loopback's family", {0, 8, 0, 0}, LinkType::null_loopback),
      stopped("a family that is neither", {0xff, 5, 0, 0}, LinkType::null_loopback),
      behind("token ring", Bytes{0x10, 0x40} + kMacs + snap, LinkType::token_ring),
      behind("token ring with routing information",
             Bytes{0x10, 0x40, 2, 0, 0, 0, 0, 2, 0x82, 0, 0, 0, 0, 1, 4, 0, 0, 1} + snap,
             LinkType::token_ring),
      stopped("a token ring's MAC frame", Bytes{0x10, 0x00} + kMacs + snap, LinkType::token_ring),
      behind("FDDI", Bytes{0x50} + kMacs + snap, LinkType::fddi),
      stopped("FDDI's station management", Bytes{0x41} + kMacs + snap, LinkType::fddi),
      behind("ARCNET, RFC 1201", {1, 2, 212, 0, 0, 1}, LinkType::arcnet_bsd),
      behind("ARCNET, RFC 1051", {1, 2, 240}, LinkType::arcnet_bsd),
      behind("ARCNET of Linux, exception form", {1, 2, 0, 0, 212, 0xff, 0, 0, 0, 0, 0, 1},
             LinkType::arcnet_linux),
      stopped("an ARCNET fragment", {1, 2, 212, 1, 0, 1}, LinkType::arcnet_bsd),
      behind("ATM with LLC", snap, LinkType::atm_rfc1483),
      behind("ATM with IP alone", {}, LinkType::atm_clip),
      behind("cable capture of ATM", Bytes{2, 0, 0, 1} + snap, LinkType::sun_atm),
      behind("cable capture of LAN emulation", Bytes{1, 0, 0, 1, 0, 1} + ethernet,
             LinkType::sun_atm),
      behind("IP over FireWire", Bytes(16) + Bytes{8, 0}, LinkType::ip_over_firewire),
      behind("IP over InfiniBand", Bytes(40) + Bytes{8, 0, 0, 0}, LinkType::ip_over_infiniband),
      behind("IP over Fibre Channel", Bytes(16) + snap, LinkType::ip_over_fibre_channel),
      behind("DOCSIS", Bytes(6) + ethernet, LinkType::docsis),
      behind("DOCSIS with an extended header", Bytes{1, 4, 0, 0} + Bytes(6) + ethernet,
             LinkType::docsis),
      stopped("DOCSIS that is no packet", Bytes{0xc0} + Bytes(5) + ethernet, LinkType::docsis),
      behind("Prism's header", Bytes(144) + Bytes{8, 1} + Bytes(22) + snap, LinkType::prism),
      behind("AVS's header",
             Bytes{0x80, 0x21, 0x10, 1, 0, 0, 0, 64} + Bytes(56) + Bytes{8, 1} + Bytes(22) + snap,
             LinkType::prism),
      behind("PPP with its direction", {1, 0xff, 3, 0, 0x21}, LinkType::ppp_with_direction),
      behind("PPP of pppd", {1, 3, 0, 0x21}, LinkType::ppp_pppd),
      behind("Juniper's Ethernet with extensions",
             Bytes{'M', 'G', 'C', 0x80, 0, 2, 0, 0} + ethernet, LinkType::juniper_ether),
      behind("Juniper without a link header", {'M', 'G', 'C', 0x02, 2, 0, 0, 0},
             LinkType::juniper_ether),
      stopped("Juniper without its magic", Bytes{'M', 'G', 'D', 0} + ethernet,
              LinkType::juniper_ether),
      behind("a frame with its preamble", Bytes(7, 0x55) + Bytes{0xd5} + ethernet,
             LinkType::ethernet_mpacket),
      stopped("a continued frame with its preamble", Bytes(7, 0x55) + Bytes{0x61} + ethernet,
              LinkType::ethernet_mpacket),
      behind("a Marvell switch's tag", kMacs + Bytes(4) + Bytes{8, 0}, LinkType::dsa_marvell),
      behind("MPLS without a link header", {0x3e, 0x81, 1, 64}, LinkType::mpls),
      stopped("a link type that is not opened", ethernet, LinkType{147}),
  };
}

std::vector<PacketCase> tags() {
  const Bytes inner = kMacs + Bytes{8, 0};
  return {
      behind("Cisco TTag", kMacs + Bytes{0x89, 0x88, 1, 2, 3, 4, 5, 6, 8, 0}),
      behind("Cisco metadata", kMacs + Bytes{0x89, 9, 1, 1, 0, 1, 0, 7, 8, 0}),
      behind("Cisco FabricPath", kMacs + Bytes{0x89, 3, 0, 80} + inner),
      behind("IEEE 802.1ah", kMacs + Bytes{0x88, 0xe7, 0, 0, 1, 2} + inner),
      behind("TRILL with options",
             kMacs + Bytes{0x22, 0xf3, 0, 0x7f, 0, 1, 0, 2} + Bytes(4) + inner),
      stopped("TRILL of another version",
              kMacs + Bytes{0x22, 0xf3, 0x40, 0x3f, 0, 1, 0, 2} + inner),
      behind("NSH with IPv4", kMacs + Bytes{0x89, 0x4f, 0x0f, 0xc2, 1, 1, 0, 0, 7, 0}),
      behind("NSH with Ethernet", kMacs + Bytes{0x89, 0x4f, 0x0f, 0xc2, 1, 3, 0, 0, 7, 0} + inner),
      stopped("NSH shorter than its head", kMacs + Bytes{0x89, 0x4f, 0x0f, 0xc1, 1, 1, 0, 0, 7, 0}),
      behind("HSR", kMacs + Bytes{0x89, 0x2f, 0x10, 60, 0, 7, 8, 0}),
      behind("IEEE 802.1CB", kMacs + Bytes{0xf1, 0xc1, 0, 0, 0, 7, 8, 0}),
      behind("a Marvell switch's tag with its EtherType",
             kMacs + Bytes{0xda, 0xda, 0, 0, 0x40, 0, 0, 1, 8, 0}),
      behind("Arista's timestamp of 48 bits",
             kMacs + Bytes{0xd2, 0x8b, 0, 1, 0, 0x20, 0, 0, 0, 0, 0, 0, 8, 0}),
      stopped("Arista's timestamp of an unknown version",
              kMacs + Bytes{0xd2, 0x8b, 0, 1, 0, 0x30, 0, 0, 0, 0, 0, 0, 8, 0}),
      behind("jumbo LLC", kMacs + Bytes{0x88, 0x70, 0xaa, 0xaa, 3, 0, 0, 0, 8, 0}),
      stopped("encrypted MACsec", kMacs + Bytes{0x88, 0xe5, 0x0c, 0, 0, 0, 0, 7, 8, 0}),
  };
}

std::vector<PacketCase> udp_tunnels() {
  const Bytes ethernet = kMacs + Bytes{8, 0};
  const Bytes wireless_tail = Bytes(22) + Bytes{0xaa, 0xaa, 3, 0, 0, 0, 8, 0};
  return {
      tunnel("L2TP", 1701, {0, 2, 0, 7, 0, 9, 0xff, 3, 0, 0x21}),
      tunnel("L2TP answers from its port", 1025, {0, 2, 0, 7, 0, 9, 0, 0x21}, true, 1701),
      tunnel("L2TP with length, sequence and offset", 1701,
             {0x4a, 2, 0, 60, 0, 7, 0, 9, 0, 1, 0, 0, 0, 3, 1, 2, 3, 0x21}),
      tunnel("an L2TP control message", 1701, {0xc8, 2, 0, 12, 0, 7, 0, 0, 0, 0, 0, 0}, false),
      tunnel("L2TP with a reserved flag", 1701, {0x10, 2, 0, 7, 0, 9, 0xff, 3, 0, 0x21}, false),
      tunnel("L2TP with PPP that is not IP", 1701, {0, 2, 0, 7, 0, 9, 0xff, 3, 0xc0, 0x21}, false),
      tunnel("L2TP whose offset lies beyond the datagram", 1701,
             {2, 2, 0, 7, 0, 9, 0xff, 0xff, 0xff, 3, 0, 0x21}, false),
      tunnel("L2TPv3 over UDP with a cookie and Ethernet", 1701,
             Bytes{0, 3, 0, 0, 0, 0, 0, 9, 1, 2, 3, 4} + ethernet),
      tunnel("L2TPv3 over UDP with PPP", 1701, {0, 3, 0, 0, 0, 0, 0, 9, 0xff, 3, 0, 0x21}),
      tunnel("L2TPv3 over UDP with HDLC and a cookie of eight bytes", 1701,
             Bytes{0, 3, 0, 0, 0, 0, 0, 9} + Bytes(8) + Bytes{0x0f, 0, 8, 0}),
      tunnel("an L2TPv3 control message", 1701, {0, 3, 0, 0, 0, 0, 0, 0}, false),
      tunnel("MPLS in UDP", 6635, {0x3e, 0x81, 1, 64}),
      tunnel("MPLS in UDP without the bottom of its stack", 6635, {0x3e, 0x80, 0, 64}, false),
      tunnel("GUE of variant 0", 6080, {0, 4, 0, 0}),
      tunnel("GUE of variant 0 with options", 6080, {1, 4, 0, 0, 1, 2, 3, 4}),
      tunnel("GUE of variant 0 with GRE", 6080, {0, 47, 0, 0, 0, 0, 8, 0}),
      tunnel("GUE of variant 0 with MPLS", 6080, {0, 137, 0, 0, 0x3e, 0x81, 1, 64}),
      tunnel("GUE of variant 0 with Ethernet", 6080, Bytes{0, 143, 0, 0} + ethernet),
      tunnel("a GUE control message", 6080, {0x20, 4, 0, 0}, false),
      tunnel("GUE of variant 0 with TCP is not opened", 6080, {0, 6, 0, 0}, false),
      tunnel("GUE of variant 1", 6080, {}),
      tunnel("CAPWAP with Ethernet", 5247, Bytes{0, 0x10, 2, 0, 0, 0, 0, 0} + ethernet),
      tunnel("CAPWAP with 802.11", 5247,
             Bytes{0, 0x10, 3, 0, 0, 0, 0, 0} + Bytes{8, 1} + wireless_tail),
      tunnel("CAPWAP with 802.11 of Cisco's order, from its port", 40001,
             Bytes{0, 0x10, 3, 0, 0, 0, 0, 0} + Bytes{1, 8} + wireless_tail, true, 5247),
      tunnel("encrypted CAPWAP", 5247, {1, 0, 0, 0, 0x17, 0xfe, 0xfd, 0}, false),
      tunnel("a CAPWAP keep-alive", 5247, Bytes{0, 0x10, 2, 8, 0, 0, 0, 0} + ethernet, false),
      tunnel("a later CAPWAP fragment", 5247, Bytes{0, 0x10, 2, 0x80, 0, 1, 0, 8} + ethernet,
             false),
      tunnel("LISP", 4341, Bytes(8)),
      tunnel("TZSP", 37008, Bytes{1, 0, 0, 1, 0, 10, 1, 0, 1} + ethernet),
      tunnel("TZSP of another version", 37008, Bytes{2, 0, 0, 1, 1} + ethernet, false),
      tunnel("TZSP without an end of its fields", 37008, Bytes{1, 0, 0, 1} + Bytes(40) + ethernet,
             false),
      tunnel("VXLAN-GPE with NSH", 4790, {0x0c, 0, 0, 4, 0, 0, 7, 0, 0x0f, 0xc2, 1, 1, 0, 0, 7, 0}),
      tunnel("VXLAN-GPE with something else", 4790, {0x0c, 0, 0, 9, 0, 0, 7, 0}, false),
      tunnel("GENEVE with options", 6081, {1, 0, 8, 0, 0, 0, 7, 0, 1, 2, 0x80, 0}),
      tunnel("GTP-U with Ethernet", 2152, Bytes{0x30, 0xff, 0, 54, 0, 0, 0, 1} + ethernet),
  };
}

}  // namespace

std::vector<PacketCase> capture_packets() {
  std::vector<PacketCase> all;
  for (const auto& part : {link_headers(), tags(), udp_tunnels()}) {
    all.insert(all.end(), part.begin(), part.end());
  }
  return all;
}

}  // namespace floodgauge::testing
