#include "engine/port/kernel_interface.h"

#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <fstream>

namespace floodgauge {
namespace {

ifreq request_for(const std::string& name) {
  ifreq request{};
  name.copy(request.ifr_name, IFNAMSIZ - 1);
  return request;
}

}  // namespace

// Any kind of socket will do: these ioctls are about the socket's network namespace.
KernelInterface::KernelInterface(const std::string& name)
    : name_(name), socket_(socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)), first_index_(index()) {}

KernelInterface::~KernelInterface() {
  if (socket_ >= 0) close(socket_);
}

int KernelInterface::index() const {
  ifreq request = request_for(name_);
  return ioctl(socket_, SIOCGIFINDEX, &request) == 0 ? request.ifr_ifindex : 0;
}

std::optional<std::uint32_t> KernelInterface::mtu() const {
  ifreq request = request_for(name_);
  if (ioctl(socket_, SIOCGIFMTU, &request) != 0) return std::nullopt;
  return static_cast<std::uint32_t>(request.ifr_mtu);
}

int KernelInterface::node() const {
  std::ifstream file("/sys/class/net/" + name_ + "/device/numa_node");
  int node = -1;
  return file >> node ? node : -1;
}

bool KernelInterface::running() const {
  if (!same()) return false;
  ifreq request = request_for(name_);
  if (ioctl(socket_, SIOCGIFFLAGS, &request) != 0) return false;
  return (request.ifr_flags & IFF_UP) != 0 && (request.ifr_flags & IFF_RUNNING) != 0;
}

bool KernelInterface::promiscuous() const {
  ifreq request = request_for(name_);
  return ioctl(socket_, SIOCGIFFLAGS, &request) == 0 && (request.ifr_flags & IFF_PROMISC) != 0;
}

std::string KernelInterface::merging_offloads() const {
  const auto value_of = [&](std::uint32_t command) {
    ethtool_value value{.cmd = command, .data = 0};
    ifreq request = request_for(name_);
    request.ifr_data = reinterpret_cast<char*>(&value);
    return ioctl(socket_, SIOCETHTOOL, &request) == 0 ? value.data : 0;
  };
  const bool gro = value_of(ETHTOOL_GGRO) != 0;
  const bool lro = (value_of(ETHTOOL_GFLAGS) & ETH_FLAG_LRO) != 0;
  return gro && lro ? "GRO and LRO" : gro ? "GRO" : lro ? "LRO" : "";
}

bool KernelInterface::set(bool up) const {
  ifreq request = request_for(name_);
  if (ioctl(socket_, SIOCGIFFLAGS, &request) != 0) return false;
  request.ifr_flags =
      static_cast<short>(up ? request.ifr_flags | IFF_UP : request.ifr_flags & ~IFF_UP);
  return ioctl(socket_, SIOCSIFFLAGS, &request) == 0;
}

}  // namespace floodgauge
