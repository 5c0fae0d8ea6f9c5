// What the kernel lost in front of a port that is a socket of it (AF_PACKET, AF_XDP). DPDK 22.11's
// drivers do not tell: net_af_packet never asks, net_af_xdp leaves the two common causes out.
#pragma once

#include <cstdint>
#include <vector>

namespace floodgauge {

class SocketLosses {
 public:
  /// Notes which packet sockets the process has, before a device makes its own.
  SocketLosses();
  /// Those made since then are the device's.
  void adopt();

  /// The device's, in the order in which they were opened.
  const std::vector<int>& sockets() const { return xdp_.empty() ? packet_ : xdp_; }

  /// Packets that came while the socket's ring was full, since it was made. One thread.
  std::uint64_t lost();
  /// Packets that the kernel refused to send.
  std::uint64_t refused() const;

 private:
  std::vector<int> before_;
  std::vector<int> packet_;  ///< AF_PACKET
  std::vector<int> xdp_;     ///< AF_XDP
  std::uint64_t packet_lost_ = 0;
};

}  // namespace floodgauge
