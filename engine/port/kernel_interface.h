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
  /// The interface of this name is the one that it was at construction. False when that one was
  /// deleted, renamed or moved to another network namespace, also if another has its name now: a
  /// socket on it receives nothing any more.
  bool same() const { return index() == first_index_; }
  /// MTU in bytes; nothing when there is no such interface.
  std::optional<std::uint32_t> mtu() const;
  /// NUMA node of the NIC behind the interface; -1: none, or unknown.
  int node() const;
  /// True when the interface is set up and has a carrier.
  bool running() const;
  /// Whether somebody has set it to receive packets for other stations, as `ip link set promisc on`
  /// does.
  bool promiscuous() const;
  /// Which offloads put several packets of the wire together into one frame: "GRO", "LRO", "GRO and
  /// LRO"; empty when none is on, or nothing is known.
  std::string merging_offloads() const;
  /// Sets the interface up or down, as `ip link set` does. False without CAP_NET_ADMIN.
  bool set(bool up) const;

 private:
  /// The kernel's number of the interface; 0: there is none of this name.
  int index() const;

  std::string name_;
  int socket_;
  int first_index_;  ///< at construction
};

}  // namespace floodgauge
