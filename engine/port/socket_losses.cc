#include "engine/port/socket_losses.h"

#include <linux/if_packet.h>
#include <linux/if_xdp.h>
#include <sys/socket.h>

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <optional>
#include <string>
#include <system_error>

namespace floodgauge {
namespace {

std::optional<int> domain_of(int fd) {
  int domain = 0;
  socklen_t size = sizeof(domain);
  if (getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &size) != 0) return std::nullopt;
  return domain;
}

/// Descriptors of all packet sockets that the process has open.
std::vector<int> packet_sockets() {
  std::vector<int> found;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd", error)) {
    const std::string name = entry.path().filename();
    int fd = -1;
    std::from_chars(name.data(), name.data() + name.size(), fd);
    const std::optional<int> domain = domain_of(fd);
    if (domain == AF_PACKET || domain == AF_XDP) found.push_back(fd);
  }
  return found;
}

std::optional<xdp_statistics> xdp_counts(int fd) {
  xdp_statistics counts{};
  socklen_t size = sizeof(counts);
  if (getsockopt(fd, SOL_XDP, XDP_STATISTICS, &counts, &size) != 0) return std::nullopt;
  return counts;
}

}  // namespace

SocketLosses::SocketLosses() : before_(packet_sockets()) {}

void SocketLosses::adopt() {
  for (const int fd : packet_sockets()) {
    if (std::find(before_.begin(), before_.end(), fd) != before_.end()) continue;
    (domain_of(fd) == AF_XDP ? xdp_ : packet_).push_back(fd);
  }
  // A new descriptor has the lowest free number, so a device's sockets have ascending numbers.
  std::sort(packet_.begin(), packet_.end());
  std::sort(xdp_.begin(), xdp_.end());
}

std::uint64_t SocketLosses::lost() {
  for (const int fd : packet_) {
    tpacket_stats counts{};
    socklen_t size = sizeof(counts);
    // Reading resets the kernel's counter: packet(7).
    if (getsockopt(fd, SOL_PACKET, PACKET_STATISTICS, &counts, &size) == 0) {
      packet_lost_ += counts.tp_drops;
    }
  }
  std::uint64_t sum = packet_lost_;
  for (const int fd : xdp_) {
    // rx_dropped is left out, because the driver's own counter includes it.
    if (const auto counts = xdp_counts(fd)) {
      sum += counts->rx_ring_full + counts->rx_fill_ring_empty_descs;
    }
  }
  return sum;
}

std::uint64_t SocketLosses::refused() const {
  std::uint64_t sum = 0;
  for (const int fd : xdp_) {
    if (const auto counts = xdp_counts(fd)) sum += counts->tx_invalid_descs;
  }
  return sum;
}

}  // namespace floodgauge
