#include "engine/model/fault.h"

#include <array>

namespace floodgauge {
namespace {

constexpr std::array<const char*, static_cast<std::size_t>(Fault::count_)> kFaultNames = {
    "none",
    "ethernet_short",
    "vlan_short",
    "mpls_short",
    "pppoe_short",
    "link_header_short",
    "ipv4_short",
    "ipv4_header_length",
    "ipv4_total_length",
    "ipv6_short",
    "ipv6_payload_length",
    "ipv6_extension",
    "tcp_short",
    "tcp_offset",
    "udp_short",
    "udp_length",
    "icmp_short",
    "sctp_short",
    "gre_short",
    "tunnel_short",
    "nesting",
    "ip_version",
    "ah_short",
};
static_assert(kFaultNames.back() != nullptr, "every fault has a name");

}  // namespace

const char* fault_name(Fault fault) {
  const auto index = static_cast<std::size_t>(fault);
  return index < kFaultNames.size() ? kFaultNames[index] : "unknown";
}

}  // namespace floodgauge
