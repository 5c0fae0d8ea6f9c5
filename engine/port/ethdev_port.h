// An ethdev port: a NIC, or a virtual device over AF_PACKET, AF_XDP, memif, a ring or a capture.
// Found or plugged in, configured, started; its counters and its link.
#pragma once

#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>

#include "engine/port/device_clock.h"
#include "engine/port/idle_wait.h"
#include "engine/port/kernel_interface.h"
#include "engine/port/socket_losses.h"

struct rte_eth_conf;
struct rte_eth_dev_info;
struct rte_mempool;

namespace floodgauge {

/// "port uplink (0000:03:00.0): ...": what is wrong and what to do.
class PortError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

struct EthdevPortOptions {
  std::string name;
  std::string device;  ///< PCI address, or a virtual device with its arguments
  std::uint16_t rx_queues = 1;
  std::uint16_t tx_queues = 0;  ///< 0: nothing is forwarded to it
  std::uint16_t descriptors = 1024;
  std::uint32_t mtu = 0;  ///< 0: as it is
  /// Packets of this port that may wait in other ports' transmit queues.
  std::uint32_t forwarded_mbufs = 0;
};

/// Since start, as the device counts.
struct EthdevCounters {
  std::uint64_t missed = 0;   ///< no descriptor was free when they came
  std::uint64_t no_mbuf = 0;  ///< no buffer was free
  std::uint64_t transmit_errors = 0;
};

/// True for "0000:03:00.0" and "03:00.0", with or without arguments after a comma.
bool is_pci_device(const std::string& device);

/// How many receive queues a device that is there already can have; 0 when it is not known.
std::uint16_t most_rx_queues(const std::string& device);

/// How much memory the buffers of such a port take, in bytes, roughly.
std::size_t mbuf_memory(const EthdevPortOptions& options);

class EthdevPort {
 public:
  /// Finds the device, or plugs it in, and configures it; needs a running EAL. Throws PortError.
  explicit EthdevPort(const EthdevPortOptions& options);
  ~EthdevPort();
  EthdevPort(const EthdevPort&) = delete;
  EthdevPort& operator=(const EthdevPort&) = delete;

  void start();
  void stop();

  std::uint16_t id() const { return id_; }
  const std::string& name() const { return options_.name; }
  /// NUMA node of its card, whoever drives that; -1: none, or nobody knows.
  int node() const { return node_; }
  std::uint16_t rx_queues() const { return options_.rx_queues; }
  /// Its card spreads packets over its queues by their address pair.
  bool spreads_pairs() const { return spreads_pairs_; }
  /// What was decided, for the log: "4 queues, spread by address pair, socket 0, mlx5_pci".
  const std::string& summary() const { return summary_; }

  /// Null where its packets have the time at which a worker took them.
  const DeviceClock* clock() const {
    return clock_ != nullptr && clock_->kind() != DeviceClock::Kind::none ? clock_.get() : nullptr;
  }
  /// Some times a second, from one thread.
  void observe_clock(const UtcClock& clock) { clock_->observe(clock); }
  /// How a queue can wake its worker.
  WakeSource wake_source(std::uint16_t queue) const;

  EthdevCounters counters();
  bool link_up() const;
  /// False where the device has no such thing.
  bool set_link(bool up);

 private:
  void find();
  bool takes_mtu(std::uint32_t longest_frame) const;
  std::string configure_spread(const rte_eth_dev_info& info, rte_eth_conf& conf);
  void check_queues(const rte_eth_dev_info& info) const;
  void configure();
  int apply();
  bool without_interrupts();
  void look_up_node();
  void make_pool();
  void set_up_queues();
  [[noreturn]] void fail(const std::string& what) const;

  EthdevPortOptions options_;
  std::uint16_t id_ = 0;
  int node_ = -1;
  bool started_ = false;
  bool spreads_pairs_ = false;
  bool own_mtu_ = false;  ///< the device is told its MTU
  rte_mempool* pool_ = nullptr;
  std::unique_ptr<rte_eth_conf> conf_;
  std::unique_ptr<DeviceClock> clock_;
  std::unique_ptr<KernelInterface> interface_;  ///< behind a virtual device
  SocketLosses socket_losses_;                  ///< begins before the device does
  std::string summary_;
};

}  // namespace floodgauge
