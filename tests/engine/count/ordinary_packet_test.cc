#include "engine/count/ordinary_packet.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <string_view>

namespace floodgauge {
namespace {

struct Case {
  const char* why;
  PacketFacts facts;
  std::string_view payload;
  Vector vector;
};

PacketFacts transport(std::uint8_t protocol, std::uint16_t source_port,
                      std::uint16_t destination_port) {
  PacketFacts facts;
  facts.source_port = source_port;
  facts.destination_port = destination_port;
  facts.protocol = protocol;
  facts.flags = kFactIpv4 | kFactTransport;
  return facts;
}
PacketFacts tcp(std::uint8_t flags) {
  PacketFacts facts = transport(kProtocolTcp, 40000, 80);
  facts.tcp_flags = flags;
  return facts;
}
PacketFacts udp(std::uint16_t source_port, std::uint16_t destination_port) {
  return transport(kProtocolUdp, source_port, destination_port);
}

TEST(OrdinaryPacket, IsKnownByItsHeaderAndItsFirstByte) {
  PacketFacts fragment = udp(40000, 9000);
  fragment.flags |= kFactLaterFragment;
  PacketFacts icmp = udp(0, 0);
  icmp.protocol = kProtocolIcmp;
  const Case cases[] = {
      {"an ACK", tcp(kTcpAck), "", Vector::tcp_established},
      {"data; PSH does not matter", tcp(kTcpAck | kTcpPsh), "data", Vector::tcp_established},
      {"may begin an HTTP request", tcp(kTcpAck | kTcpPsh), "GET /", Vector::count_},
      {"a SYN", tcp(kTcpSyn), "", Vector::count_},
      {"a SYN-ACK", tcp(kTcpSyn | kTcpAck), "", Vector::count_},
      {"a FIN", tcp(kTcpFin | kTcpAck), "", Vector::count_},
      {"a RST", tcp(kTcpRst | kTcpAck), "", Vector::count_},
      {"urgent data", tcp(kTcpAck | kTcpUrg), "", Vector::count_},
      {"no flags", tcp(0), "", Vector::count_},
      {"a datagram", udp(40000, 9000), "x", Vector::udp_answered},
      {"an empty datagram", udp(40000, 9000), "", Vector::udp_answered},
      {"a DNS query", udp(40000, 53), "x", Vector::count_},
      {"a DNS answer", udp(53, 40000), "x", Vector::count_},
      {"may begin a QUIC connection", udp(40000, 443), "\xc3", Vector::count_},
      {"a later fragment", fragment, "x", Vector::count_},
      {"another protocol", icmp, "x", Vector::count_},
  };
  for (const Case& one : cases) {
    PacketFacts facts = one.facts;
    facts.payload_captured = static_cast<std::uint16_t>(one.payload.size());
    const auto* payload = reinterpret_cast<const std::uint8_t*>(one.payload.data());
    EXPECT_EQ(ordinary_vector(facts, payload), one.vector) << one.why;
  }
}

}  // namespace
}  // namespace floodgauge
