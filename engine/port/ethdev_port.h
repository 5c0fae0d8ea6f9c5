// An ethdev port: a NIC, or a virtual device over AF_PACKET, AF_XDP, memif, a ring or a capture.
// Finds or plugs in the device, configures and starts it, and reads its counters and its link
// state.
#pragma once

#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "engine/port/device_clock.h"
#include "engine/port/ethdev_options.h"
#include "engine/port/idle_wait.h"
#include "engine/port/kernel_interface.h"
#include "engine/port/socket_losses.h"

struct rte_eth_conf;
struct rte_eth_dev_info;
struct rte_mempool;

namespace floodgauge {

/// What is wrong with a port and what to do: "port uplink (0000:03:00.0): ...".
class PortError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// Packets that the device counted since its start.
struct EthdevCounters {
  std::uint64_t missed = 0;   ///< lost: no descriptor was free
  std::uint64_t no_mbuf = 0;  ///< lost: no buffer was free
  std::uint64_t transmit_errors = 0;
};

/// Most receive queues that a probed device can have; 0 if the device is unknown.
std::uint16_t most_rx_queues(const std::string& device);

/// All functions are called by the control thread. Workers use clock() through its time_of().
class EthdevPort {
 public:
  /// Finds the device, or plugs it in, and configures it. Needs a running EAL. Throws PortError.
  explicit EthdevPort(const EthdevPortOptions& options);
  ~EthdevPort();
  EthdevPort(const EthdevPort&) = delete;
  EthdevPort& operator=(const EthdevPort&) = delete;

  /// Throws PortError.
  void start();
  void stop();

  /// The kernel's interface behind the device was deleted, renamed or moved away. The device's
  /// sockets receive nothing from then on and report no error.
  bool lost() const { return interface_ != nullptr && !interface_->same(); }
  bool open() const { return open_; }
  /// Closes the device and keeps what it has counted. No worker may use it any more.
  void close();
  /// Whether an interface of the device's name exists, so that reopen() is worth a try.
  bool can_reopen() const { return interface_ != nullptr && interface_->exists(); }
  /// Opens and starts a closed device again. id(), clock() and wake_source() may change. Throws
  /// PortError; the port stays closed then.
  void reopen();

  /// DPDK's port number.
  std::uint16_t id() const { return id_; }
  const std::string& name() const { return options_.name; }
  const std::string& device() const { return options_.device; }
  /// NUMA node of the NIC, whether DPDK or the kernel drives it; -1: none, or unknown.
  int node() const { return node_; }
  std::uint16_t rx_queues() const { return options_.rx_queues; }
  /// True when the NIC spreads packets over its queues by address pair.
  bool spreads_pairs() const { return spreads_pairs_; }
  /// Entries of the NIC's redirection table; 0 where its driver lets nobody write it.
  std::uint16_t redirection_entries() const { return redirection_entries_; }
  /// start() writes a table of so many shares (redirection_table.h), which divide the entries.
  /// 0: the driver's own table stays, as it does if it takes no other and none is `required`.
  void set_redirection(std::uint32_t shares, bool required) {
    redirection_shares_ = shares;
    redirection_required_ = required;
  }
  /// The configuration, for the log: "4 queues, spread by address pair, mlx5_pci, NUMA node 0".
  const std::string& summary() const { return summary_; }

  /// The clock of the packets' timestamps; null if they have none and get the time of the poll.
  const DeviceClock* clock() const {
    return clock_ != nullptr && clock_->kind() != DeviceClock::Kind::none ? clock_.get() : nullptr;
  }
  /// Called a few times per second.
  void observe_clock(const UtcClock& clock) { clock_->observe(clock); }
  /// How receive queue `queue` can wake its worker.
  WakeSource wake_source(std::uint16_t queue) const;

  EthdevCounters counters();
  bool link_up() const;
  /// Sets the link up or down. False if the device cannot.
  bool set_link(bool up);

 private:
  void set_up();
  void find();
  void plug_out();
  bool should_set_mtu(std::uint32_t longest_frame) const;
  std::string configure_spread(const rte_eth_dev_info& info, rte_eth_conf& conf);
  void check_queues(const rte_eth_dev_info& info) const;
  void configure();
  int apply_configuration();
  bool disable_interrupts();
  void look_up_node();
  void make_pool();
  void set_up_queues();
  void redirect();
  [[noreturn]] void fail(const std::string& what) const;

  EthdevPortOptions options_;
  std::uint16_t id_ = 0;
  int node_ = -1;
  bool open_ = false;
  bool was_promiscuous_ = false;  ///< the interface was, before start()
  bool started_ = false;
  bool spreads_pairs_ = false;
  std::uint16_t redirection_entries_ = 0;
  std::uint32_t redirection_shares_ = 0;
  bool redirection_required_ = false;
  bool sets_mtu_ = false;  ///< the device's MTU is set, see should_set_mtu()
  rte_mempool* pool_ = nullptr;
  /// Pools of earlier openings. Their buffers may still wait in rings or in other ports' queues.
  std::vector<rte_mempool*> earlier_pools_;
  std::unique_ptr<rte_eth_conf> conf_;
  EthdevCounters counted_before_;  ///< by earlier openings
  std::unique_ptr<DeviceClock> clock_;
  std::unique_ptr<KernelInterface> interface_;  ///< of a virtual device; or null
  SocketLosses socket_losses_;                  ///< constructed before the device is opened
  std::string summary_;
};

}  // namespace floodgauge
