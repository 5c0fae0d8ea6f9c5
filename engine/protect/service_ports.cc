#include "engine/protect/service_ports.h"

#include <algorithm>
#include <string_view>

namespace floodgauge {
namespace {

constexpr std::size_t kPorts = 65536;

/// The protocol that is spoken without encryption on a TCP port: by the service's name, or by the
/// port's number in the IANA registry. Ports whose connections begin with TLS are not plain: 853
/// (RFC 7858), 465 (RFC 8314).
Exchange exchange_of_tcp(std::string_view service, std::uint16_t port) {
  if (port == 853 || port == 465) return Exchange::connection;
  if (service == "dns" || service == "http" || port == 53 || port == 80 || port == 8080) {
    return Exchange::client_first;
  }
  // RFC 5321, section 3.1: the server opens with a greeting.
  if (service == "smtp" || port == 25 || port == 587) return Exchange::server_first;
  return Exchange::connection;
}

Exchange exchange_of_udp(std::string_view service, std::uint16_t port) {
  // RFC 9250: on 853/udp DNS is spoken within QUIC.
  return port == 53 || (service == "dns" && port != 853) ? Exchange::dns : Exchange::datagram;
}

}  // namespace

ServicePorts::ServicePorts(const std::vector<ServiceSettings>& services)
    : tcp_(kPorts), udp_(kPorts) {
  const std::size_t count = std::min<std::size_t>(services.size(), PortService::kNone);
  for (std::size_t s = 0; s < count; ++s) {
    for (const ServicePort& port : services[s].ports) {
      const bool tcp = port.protocol == kProtocolTcp;
      const Exchange exchange = tcp ? exchange_of_tcp(services[s].name, port.port)
                                    : exchange_of_udp(services[s].name, port.port);
      (tcp ? tcp_ : udp_)[port.port] = {static_cast<std::uint8_t>(s), exchange};
      const bool bytes = exchange == Exchange::client_first || exchange == Exchange::server_first;
      if (!tcp) udp_low_bytes_[port.port & 0xff] = true;
      if (bytes) answering_low_bytes_[port.port & 0xff] = true;
    }
  }
}

}  // namespace floodgauge
