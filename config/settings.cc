#include "config/settings.h"

#include "config/threshold_table.h"
#include "engine/base/ip_protocol.h"

namespace floodgauge {
namespace {

Thresholds scaled_defaults(double factor) {
  Thresholds thresholds;
  for (const auto& row : kThresholdTable) thresholds.*row.member = row.host_default * factor;
  return thresholds;
}

}  // namespace

Thresholds default_host_thresholds() {
  return scaled_defaults(1);
}

Thresholds default_prefix_thresholds() {
  return scaled_defaults(kPrefixThresholdFactor);
}

/// Ports: IANA Service Name and Transport Protocol Port Number Registry; 8000, 8080 and 8443 are
/// the usual alternatives of HTTP and HTTPS, and 443/udp is HTTP/3 (RFC 9114, section 3.1).
std::vector<ServiceSettings> default_services() {
  const auto tcp = [](std::uint16_t port) { return ServicePort{port, kProtocolTcp}; };
  const auto udp = [](std::uint16_t port) { return ServicePort{port, kProtocolUdp}; };
  return {{"dns", {udp(53), tcp(53), tcp(853)}},
          {"http", {tcp(80), tcp(8000), tcp(8080)}},
          {"https", {tcp(443), udp(443), tcp(8443)}},
          {"smtp", {tcp(25), tcp(465), tcp(587)}},
          {"ssh", {tcp(22)}}};
}

}  // namespace floodgauge
