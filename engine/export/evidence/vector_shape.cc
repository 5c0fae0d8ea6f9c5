#include "engine/export/evidence/vector_shape.h"

#include <charconv>

#include "engine/base/ip_protocol.h"
#include "engine/base/tcp_flags.h"

namespace floodgauge {
namespace {

constexpr std::uint16_t kDns = 53;
constexpr std::uint8_t kTelling = kTcpFin | kTcpSyn | kTcpRst | kTcpAck;
constexpr std::string_view kByPort = "reflection_port_";

bool is_usual_segment(std::uint8_t flags) {
  return flags == kTcpSyn || flags == (kTcpSyn | kTcpAck) || flags == kTcpAck ||
         flags == (kTcpFin | kTcpAck) || flags == kTcpRst || flags == (kTcpRst | kTcpAck);
}

}  // namespace

VectorShape::VectorShape(std::string_view name) {
  if (name.starts_with(kByPort)) {
    const std::string_view port = name.substr(kByPort.size());
    std::from_chars(port.data(), port.data() + port.size(), port_);
    vector_ = Vector::reflection_port;
    return;
  }
  for (const VectorInfo& row : vector_table()) {
    if (row.attack && row.name == name) vector_ = row.vector;
  }
}

bool VectorShape::fits_tcp(const PacketFacts& facts) const {
  if (facts.protocol != kProtocolTcp || (facts.flags & kFactTransport) == 0) return false;
  const std::uint8_t flags = facts.tcp_flags & kTelling;
  switch (vector_) {
    case Vector::tcp_syn:
      return flags == kTcpSyn;
    case Vector::tcp_synack:
      return flags == (kTcpSyn | kTcpAck);
    case Vector::tcp_ack:
      return flags == kTcpAck;
    case Vector::tcp_rst:
      return (flags & kTcpRst) != 0;
    case Vector::tcp_fin:
      return (flags & (kTcpFin | kTcpSyn | kTcpRst)) == kTcpFin;
    case Vector::tcp_flags:
      return !is_usual_segment(flags);
    case Vector::reflection_tcp:
      return (flags & (kTcpSyn | kTcpRst)) != 0;
    case Vector::http_request:
    case Vector::tls_hello:
      return facts.payload_captured > 0;
    default:
      return true;  // of whole connections
  }
}

bool VectorShape::fits(const PacketFacts& facts) const {
  const bool fragment = (facts.flags & kFactFragment) != 0;
  const bool udp = facts.protocol == kProtocolUdp && !fragment;
  switch (vector_) {
    case Vector::count_:
      return true;
    case Vector::udp:
    case Vector::quic_initial:
      return udp;
    case Vector::udp_fragment:
      return fragment && facts.protocol == kProtocolUdp;
    case Vector::fragment:
      return fragment && facts.protocol != kProtocolUdp;
    case Vector::icmp:
      return facts.protocol == kProtocolIcmp;
    case Vector::icmpv6:
      return facts.protocol == kProtocolIcmpV6;
    case Vector::gre:
      return facts.protocol == kProtocolGre;
    case Vector::esp:
      return facts.protocol == kProtocolEsp;
    case Vector::dns_query:
    case Vector::dns_random_subdomain:
      return !fragment && (facts.flags & kFactTransport) != 0 && facts.destination_port == kDns;
    case Vector::other:
      return facts.protocol != kProtocolTcp && facts.protocol != kProtocolUdp &&
             facts.protocol != kProtocolIcmp && facts.protocol != kProtocolIcmpV6 &&
             facts.protocol != kProtocolGre && facts.protocol != kProtocolEsp;
    case Vector::reflection_port:
      return udp && facts.source_port == port_;
    default:
      break;
  }
  if (!is_reflection(vector_) || vector_ == Vector::reflection_tcp) return fits_tcp(facts);
  if (!udp) return false;
  // A service without a port of its own is known by its payload.
  const Vector by_port = reflection_of_port(facts.source_port);
  return by_port == vector_ || by_port == Vector::udp;
}

}  // namespace floodgauge
