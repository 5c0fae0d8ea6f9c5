#include "detectors/mitigation.h"

#include <array>
#include <charconv>
#include <optional>

#include "engine/model/vector.h"

namespace floodgauge {
namespace {

/// A port is matched when at least this share of the flood has it.
constexpr double kMatchShare = 0.8;

const VectorInfo* find_vector(std::string_view name) {
  for (const VectorInfo& row : vector_table()) {
    if (row.name == name) return &row;
  }
  return name.starts_with("reflection_port_") ? &info(Vector::reflection_port) : nullptr;
}

std::string protocol_of(const VectorInfo& row) {
  switch (row.traffic_class) {
    case TrafficClass::tcp:
    case TrafficClass::tcp_syn:
    case TrafficClass::tcp_synack:
    case TrafficClass::tcp_ack:
    case TrafficClass::tcp_rst:
    case TrafficClass::tcp_fin:
    case TrafficClass::tcp_flags:
    case TrafficClass::http:
    case TrafficClass::tls:
      return "6";
    case TrafficClass::icmp:
      return "1";
    case TrafficClass::icmpv6:
      return "58";
    case TrafficClass::gre:
      return "47";
    case TrafficClass::esp:
      return "50";
    case TrafficClass::fragment:
      return row.vector == Vector::udp_fragment ? "17" : "";
    case TrafficClass::other:
      return "";
    case TrafficClass::reflection:
      return row.vector == Vector::reflection_tcp ? "6" : "17";
    default:
      return "17";
  }
}

std::string flags_of(Vector vector) {
  switch (vector) {
    case Vector::tcp_syn:
      return "=syn";
    case Vector::tcp_synack:
      return "=syn+ack";
    case Vector::tcp_rst:
      return "rst";
    case Vector::tcp_fin:
      return "fin";
    default:
      return "";
  }
}

/// Requests come from real clients too. To discard all of a port would cut off the service, so that
/// requests are rate-limited.
bool is_request(const VectorInfo& row) {
  return row.traffic_class == TrafficClass::dns || row.traffic_class == TrafficClass::http ||
         row.traffic_class == TrafficClass::tls || row.traffic_class == TrafficClass::quic ||
         row.vector == Vector::tcp_connection;
}

std::string port_match(const char* key, const std::vector<TopEntry>& ports) {
  if (ports.empty() || ports.front().share < kMatchShare) return "";
  return std::string(key) + " =" + ports.front().value + "; ";
}

/// The one host that a flood out hits, where there is one: its sender's other traffic goes on.
std::string destination_match(const std::vector<TopEntry>& towards) {
  if (towards.empty() || towards.front().share < kMatchShare) return "";
  const std::optional<IpAddress> one = IpAddress::parse(towards.front().value);
  return one ? "destination " + IpPrefix::host(*one).text() + "; " : "";
}

}  // namespace

Mitigation propose_mitigation(const Incident& incident) {
  Mitigation proposal;
  const bool out = incident.direction == Direction::out;
  if (!out) {
    proposal.blackhole = "route " + incident.target.text() + " next-hop self community [65535:666]";
  }
  if (incident.vectors.empty()) return proposal;
  const VectorInfo* row = find_vector(incident.vectors.front().name);
  if (row == nullptr) return proposal;
  std::string match = (out ? "source " : "destination ") + incident.target.text() + "; ";
  if (out) match += destination_match(incident.towards);
  const std::string protocol = protocol_of(*row);
  if (!protocol.empty()) {
    match += (incident.target.v6 ? "next-header =" : "protocol =") + protocol + "; ";
  }
  // Fragments after the first have no ports: a rule with a port would let them pass.
  const bool fragments = row->traffic_class == TrafficClass::fragment;
  if (!fragments && (protocol == "6" || protocol == "17")) {
    match += port_match("source-port", incident.top_source_ports);
    match += port_match("destination-port", incident.top_destination_ports);
  }
  const std::string flags = flags_of(row->vector);
  if (!flags.empty()) match += "tcp-flags " + flags + "; ";
  if (fragments) match += "fragment is-fragment; ";
  const std::string action = is_request(*row) ? "rate-limit 125000" : "discard";
  proposal.flowspec = "flow route { match { " + match + "} then { " + action + "; } }";
  return proposal;
}

}  // namespace floodgauge
