// The kernel's network interface behind a virtual device (iface=...): its link state and MTU. DPDK
// 22.11's net_af_packet and net_af_xdp do not know them and always report the link as up.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace floodgauge {

class KernelInterface {
 public:
  /// `name` as in `ip link`.
  explicit KernelInterface(const std::string& name);
  ~KernelInterface();
  KernelInterface(const KernelInterface&) = delete;
  KernelInterface& operator=(const KernelInterface&) = delete;

  bool exists() const { return mtu().has_value(); }
  /// MTU in bytes; nothing when there is no such interface.
  std::optional<std::uint32_t> mtu() const;
  /// NUMA node of the NIC behind the interface; -1: none, or unknown.
  int node() const;
  /// True when the interface is set up and has a carrier.
  bool running() const;
  /// Sets the interface up or down, as `ip link set` does. False without CAP_NET_ADMIN.
  bool set(bool up) const;

 private:
  std::string name_;
  int socket_;
};

}  // namespace floodgauge
