// The attack vectors and the kinds of ordinary traffic that a packet can be counted as. One table
// has every name that the report, the metrics and the configuration use. Its rows of reflections
// are made from config/reflectors.yaml.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "engine/model/vector_set.h"

namespace floodgauge {

/// What a packet is counted as. Each packet has exactly one vector.
enum class Vector : std::uint8_t {
  // Ordinary traffic: never an attack on its own.
  tcp_established,  ///< TCP of a flow in which both sides have sent packets
  tcp_oneway,       ///< TCP of a flow that began with a SYN, with one direction visible
  tcp_stream,       ///< a long one-sided TCP flow whose beginning was not seen
  udp_answered,     ///< UDP of a flow in which both sides have sent packets
  other_answered,   ///< other protocols, of a flow in which both sides have sent packets
  // Attack vectors.
  tcp_syn,
  tcp_synack,
  tcp_ack,
  tcp_rst,
  tcp_fin,
  tcp_flags,
  tcp_connection,
  udp,
  udp_fragment,
  fragment,
  icmp,
  icmpv6,
  gre,
  esp,
  other,
  dns_query,
  dns_random_subdomain,
  http_request,
  tls_hello,
  quic_initial,
#include "engine/model/reflector_vectors.inc"  // reflection_NAME of config/reflectors.yaml
  reflection_tcp,
  reflection_port,  ///< an unknown service, shown as reflection_port_N with its source port
  count_,
};
inline constexpr std::size_t kVectors = static_cast<std::size_t>(Vector::count_);

static_assert(kVectors <= 128);  // VectorSet

/// Whether a vector is an attack vector. The kinds of ordinary traffic come first in the enum.
constexpr bool is_attack(Vector vector) {
  return vector >= Vector::tcp_syn;
}

/// Families of vectors: the values of the label `class` of the metrics, which must be few.
enum class TrafficClass : std::uint8_t {
  tcp,  ///< established
  tcp_syn,
  tcp_synack,
  tcp_ack,
  tcp_rst,
  tcp_fin,
  tcp_flags,
  udp,
  udp_answered,
  reflection,
  fragment,
  icmp,
  icmpv6,
  gre,
  esp,
  dns,
  http,
  tls,
  quic,
  other,
  count_,
};
inline constexpr std::size_t kClasses = static_cast<std::size_t>(TrafficClass::count_);

struct VectorInfo {
  Vector vector;
  std::string_view name;   ///< CONTRACT name, also the key of the threshold
  std::string_view label;  ///< for people: "SYN flood", "DNS reflection"
  TrafficClass traffic_class;
  bool attack;  ///< false for ordinary traffic
};

/// All rows of the table, in the order of the enum.
std::span<const VectorInfo> vector_table();
const VectorInfo& info(Vector vector);
std::string_view class_name(TrafficClass traffic_class);
/// All attack vectors, and those of one class.
VectorSet attack_vectors();
VectorSet attack_vectors(TrafficClass traffic_class);

/// Whether a vector is a reflection: answers to requests that the receiver did not send. These are
/// the vectors of TrafficClass::reflection, which are neighbours in the enum.
constexpr bool is_reflection(Vector vector) {
  return vector > Vector::quic_initial && vector <= Vector::reflection_port;
}

/// Whether the packets of a vector have ports: ICMP, protocols without ports and later fragments
/// have none.
constexpr bool has_ports(Vector vector) {
  switch (vector) {
    case Vector::udp_fragment:
    case Vector::fragment:
    case Vector::icmp:
    case Vector::icmpv6:
    case Vector::gre:
    case Vector::esp:
    case Vector::other:
    case Vector::other_answered:
      return false;
    default:
      return true;
  }
}

/// Whether a service answers with single large datagrams to small ones, as reflection uses it, and
/// carries no conversations that are large in themselves (calls, games, tunnels, file sharing).
bool amplifies(Vector service);

/// The reflection vector of a UDP source port that amplifiers answer from, or Vector::udp for other
/// ports. One load from a 64 KiB table.
Vector reflection_of_port(std::uint16_t source_port);

}  // namespace floodgauge
