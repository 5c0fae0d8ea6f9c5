#include "engine/model/vector.h"

#include <array>
#include <initializer_list>
#include <memory>

namespace floodgauge {
namespace {

using enum Vector;

constexpr std::array<VectorInfo, kVectors> kTable = {{
    {tcp_established, "tcp_established", "established TCP", TrafficClass::tcp, false},
    {tcp_oneway, "tcp_oneway", "one-way TCP", TrafficClass::tcp, false},
    {tcp_stream, "tcp_stream", "TCP stream", TrafficClass::tcp, false},
    {udp_answered, "udp_answered", "answered UDP", TrafficClass::udp_answered, false},
    {other_answered, "other_answered", "answered traffic", TrafficClass::other, false},
    {tcp_syn, "tcp_syn", "SYN flood", TrafficClass::tcp_syn, true},
    {tcp_synack, "tcp_synack", "SYN-ACK reflection", TrafficClass::tcp_synack, true},
    {tcp_ack, "tcp_ack", "ACK flood", TrafficClass::tcp_ack, true},
    {tcp_rst, "tcp_rst", "RST flood", TrafficClass::tcp_rst, true},
    {tcp_fin, "tcp_fin", "FIN flood", TrafficClass::tcp_fin, true},
    {tcp_flags, "tcp_flags", "TCP flood with invalid flags", TrafficClass::tcp_flags, true},
    {tcp_connection, "tcp_connection", "connection flood", TrafficClass::tcp, true},
    {udp, "udp", "UDP flood", TrafficClass::udp, true},
    {udp_fragment, "udp_fragment", "UDP fragment flood", TrafficClass::fragment, true},
    {fragment, "fragment", "fragment flood", TrafficClass::fragment, true},
    {icmp, "icmp", "ICMP flood", TrafficClass::icmp, true},
    {icmpv6, "icmpv6", "ICMPv6 flood", TrafficClass::icmpv6, true},
    {gre, "gre", "GRE flood", TrafficClass::gre, true},
    {esp, "esp", "ESP flood", TrafficClass::esp, true},
    {other, "other", "flood of another protocol", TrafficClass::other, true},
    {dns_query, "dns_query", "DNS query flood", TrafficClass::dns, true},
    {dns_random_subdomain, "dns_random_subdomain", "random-subdomain flood", TrafficClass::dns,
     true},
    {http_request, "http_request", "HTTP request flood", TrafficClass::http, true},
    {tls_hello, "tls_hello", "TLS hello flood", TrafficClass::tls, true},
    {quic_initial, "quic_initial", "QUIC initial flood", TrafficClass::quic, true},
#include "engine/model/reflector_rows.inc"
    {reflection_tcp, "reflection_tcp", "TCP middlebox reflection", TrafficClass::reflection, true},
    {reflection_port, "reflection_port", "reflection", TrafficClass::reflection, true},
}};

constexpr bool in_enum_order() {
  for (std::size_t i = 0; i < kTable.size(); ++i) {
    if (static_cast<std::size_t>(kTable[i].vector) != i) return false;
  }
  return true;
}
static_assert(in_enum_order());

constexpr bool attacks_come_last() {
  for (const VectorInfo& row : kTable) {
    if (is_attack(row.vector) != row.attack) return false;
  }
  return true;
}
static_assert(attacks_come_last());

constexpr bool reflections_are_neighbours() {
  for (const VectorInfo& row : kTable) {
    if (is_reflection(row.vector) != (row.traffic_class == TrafficClass::reflection)) return false;
  }
  return true;
}
static_assert(reflections_are_neighbours());

constexpr std::array<std::string_view, kClasses> kClassNames = {
    "tcp", "tcp_syn",      "tcp_synack", "tcp_ack",  "tcp_rst", "tcp_fin", "tcp_flags",
    "udp", "udp_answered", "reflection", "fragment", "icmp",    "icmpv6",  "gre",
    "esp", "dns",          "http",       "tls",      "quic",    "other"};

struct ServicePort {
  std::uint16_t port;
  Vector vector;
};

// UDP source ports that amplifiers answer from.
constexpr ServicePort kServicePorts[] = {
#include "engine/model/reflector_ports.inc"
};

using PortTable = std::array<Vector, 65536>;

const PortTable& port_table() {
  static const std::unique_ptr<const PortTable> kPorts = [] {
    auto table = std::make_unique<PortTable>();
    table->fill(udp);
    for (const ServicePort& service : kServicePorts) (*table)[service.port] = service.vector;
    return table;
  }();
  return *kPorts;
}

/// The attack vectors of the rows for which wanted(row) is true.
template <typename Wanted>
constexpr VectorSet attack_vectors_of(Wanted&& wanted) {
  VectorSet vectors;
  for (const VectorInfo& row : kTable) {
    if (row.attack && wanted(row)) vectors |= set_of(row.vector);
  }
  return vectors;
}

}  // namespace

std::span<const VectorInfo> vector_table() {
  return kTable;
}

const VectorInfo& info(Vector vector) {
  return kTable[static_cast<std::size_t>(vector)];
}

std::string_view class_name(TrafficClass traffic_class) {
  return kClassNames[static_cast<std::size_t>(traffic_class)];
}

VectorSet attack_vectors() {
  static constexpr VectorSet kAll = attack_vectors_of([](const VectorInfo&) { return true; });
  return kAll;
}

VectorSet attack_vectors(TrafficClass traffic_class) {
  static constexpr std::array<VectorSet, kClasses> kOfClass = [] {
    std::array<VectorSet, kClasses> sets{};
    for (std::size_t c = 0; c < kClasses; ++c) {
      sets[c] = attack_vectors_of(
          [c](const VectorInfo& row) { return static_cast<std::size_t>(row.traffic_class) == c; });
    }
    return sets;
  }();
  return kOfClass[static_cast<std::size_t>(traffic_class)];
}

bool amplifies(Vector service) {
  constexpr VectorSet kConversations =
      set_of(reflection_openvpn) | set_of(reflection_stun) | set_of(reflection_sip) |
      set_of(reflection_quake) | set_of(reflection_steam) | set_of(reflection_bittorrent) |
      set_of(reflection_citrix) | set_of(reflection_l2tp) | set_of(reflection_isakmp) |
      set_of(reflection_dtls) | set_of(reflection_quic) | set_of(reflection_rdp) |
      set_of(reflection_powerhouse) | set_of(reflection_afs) | set_of(reflection_raknet) |
      set_of(reflection_tcp) | set_of(reflection_port);
  return is_reflection(service) && !kConversations.contains(service);
}

Vector reflection_of_port(std::uint16_t source_port) {
  return port_table()[source_port];
}

}  // namespace floodgauge
