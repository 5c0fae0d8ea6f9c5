// The faults that stop the parsing of a packet.
#pragma once

#include <cstdint>

namespace floodgauge {

/// Why parsing of a packet stopped before its end. What was read up to that point is valid.
/// fault_name() gives the names used in the report and in malformed_packets_total{reason}.
enum class Fault : std::uint8_t {
  none,
  ethernet_short,
  vlan_short,
  mpls_short,
  pppoe_short,
  link_header_short,
  ipv4_short,
  ipv4_header_length,
  ipv4_total_length,
  ipv6_short,
  ipv6_payload_length,
  ipv6_extension,
  tcp_short,
  tcp_offset,
  udp_short,
  udp_length,
  icmp_short,
  sctp_short,
  gre_short,
  tunnel_short,
  nesting,     ///< more nested tunnels or tags than are opened
  ip_version,  ///< the version is not the one that the header before it announced
  ah_short,
  count_,
};
/// The name of a fault in snake_case; static storage.
const char* fault_name(Fault fault);

}  // namespace floodgauge
