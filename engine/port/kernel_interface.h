// The kernel's interface behind a virtual device (iface=...): its link and its MTU, which
// DPDK 22.11's net_af_packet and net_af_xdp do not know. They always call the link up.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace floodgauge {

class KernelInterface {
 public:
  explicit KernelInterface(const std::string& name);
  ~KernelInterface();
  KernelInterface(const KernelInterface&) = delete;
  KernelInterface& operator=(const KernelInterface&) = delete;

  bool exists() const { return mtu().has_value(); }
  std::optional<std::uint32_t> mtu() const;
  /// NUMA node of the card behind it; -1: there is none, or nobody knows.
  int node() const;
  /// Set up, and with a carrier.
  bool running() const;
  /// `ip link set up` or `down`; false without CAP_NET_ADMIN.
  bool set(bool up) const;

 private:
  std::string name_;
  int socket_;
};

}  // namespace floodgauge
