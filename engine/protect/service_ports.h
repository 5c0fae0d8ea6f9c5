// Which service a server's port belongs to, and how its requests and answers are recognised.
// Immutable, a part of Protection.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "config/settings.h"
#include "engine/base/ip_protocol.h"

namespace floodgauge {

/// How a request and its answer are recognised on a port.
enum class Exchange : std::uint8_t {
  connection,    ///< SYN, and SYN-ACK
  client_first,  ///< TCP: the client's first bytes, and the server's next bytes (HTTP, DNS)
  server_first,  ///< TCP: the completed handshake, and the server's first bytes (SMTP's greeting)
  datagram,      ///< UDP: a flow's first datagram, and the first one back
  dns,           ///< UDP: query, and the answer with its transaction id
};

/// What a port of a server belongs to.
struct PortService {
  static constexpr std::uint8_t kNone = 0xff;
  std::uint8_t service = kNone;  ///< index into Settings::services
  Exchange exchange = Exchange::connection;

  bool is_any() const { return service != kNone; }
};

class ServicePorts {
 public:
  explicit ServicePorts(const std::vector<ServiceSettings>& services);

  PortService of(std::uint8_t protocol, std::uint16_t port) const {
    return protocol == kProtocolTcp   ? tcp_[port]
           : protocol == kProtocolUdp ? udp_[port]
                                      : PortService{};
  }
  /// False when no UDP port of a service has this low byte. Reads one of four cache lines: the
  /// ports of a flood would evict the large tables from the cache.
  bool may_be_udp(std::uint16_t port) const { return udp_low_bytes_[port & 0xff]; }
  /// The same for TCP ports on which the server's first bytes are awaited.
  bool may_answer_in_bytes(std::uint16_t port) const { return answering_low_bytes_[port & 0xff]; }

 private:
  std::vector<PortService> tcp_;
  std::vector<PortService> udp_;
  std::array<bool, 256> udp_low_bytes_{};
  std::array<bool, 256> answering_low_bytes_{};
};

}  // namespace floodgauge
