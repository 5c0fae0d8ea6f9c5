// Counts packets that the kernel lost in front of a port that is a kernel socket (AF_PACKET,
// AF_XDP). DPDK 22.11's drivers do not report them: net_af_packet never reads the kernel's
// counters, and net_af_xdp leaves out the two common causes.
#pragma once

#include <cstdint>
#include <vector>

namespace floodgauge {

/// All functions are called by one thread.
class SocketLosses {
 public:
  /// Notes which packet sockets the process has. Constructed before the device opens its own.
  SocketLosses();
  /// Takes the packet sockets that were opened since construction as the device's.
  void adopt();

  /// The device's sockets (file descriptors), in the order in which they were opened.
  const std::vector<int>& sockets() const { return xdp_.empty() ? packet_ : xdp_; }

  /// Packets that came while a socket's ring was full, since the sockets were opened.
  std::uint64_t lost();
  /// Packets that the kernel refused to send, since the sockets were opened.
  std::uint64_t refused() const;

 private:
  std::vector<int> before_;  ///< packet sockets at construction
  std::vector<int> packet_;  ///< AF_PACKET
  std::vector<int> xdp_;     ///< AF_XDP
  std::uint64_t packet_lost_ = 0;
};

}  // namespace floodgauge
