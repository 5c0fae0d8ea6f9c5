// Starts DPDK's environment abstraction layer (EAL) for live ports. A replay does not need it.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

namespace floodgauge {

struct PortEalOptions;

/// The running EAL. DPDK can start it only once per process.
class Eal {
 public:
  Eal(Eal&& other) noexcept : running_(other.running_), attachable_(other.attachable_) {
    other.running_ = false;
  }
  Eal& operator=(Eal&&) = delete;
  Eal(const Eal&) = delete;
  Eal& operator=(const Eal&) = delete;
  /// Frees all of DPDK's memory. Pools, rings and mbufs must have been freed before.
  ~Eal();

  /// The CPUs that the lcores may run on: those that the user named (-l), else all allowed ones.
  std::vector<int> cpus() const;

  /// Calls `work` on a thread that is known to DPDK, which then has mempool caches of its own, and
  /// returns when `work` has returned. Registers the calling thread, unless other DPDK processes
  /// can attach: DPDK refuses them if a thread was registered after the start, so `work` then runs
  /// on an lcore's thread. Throws std::runtime_error when DPDK has no room for another thread (128
  /// in all).
  void run_worker(unsigned worker, const std::function<void()>& work) const;

 private:
  friend Eal start_eal_for_ports(const PortEalOptions& options);
  Eal() = default;
  bool running_ = true;
  bool attachable_ = false;
};

struct PortEalOptions {
  /// MiB of ordinary memory to reserve when there are no hugepages.
  std::size_t memory_mib = 256;
  unsigned workers = 1;
  std::vector<std::string> pci_devices;     ///< no other device is touched
  std::vector<std::string> user_arguments;  ///< come last and replace defaults
};

/// Starts the EAL with hugepages if some are free, else with ordinary memory, and with only the
/// named PCI devices. Virtual devices are plugged in later (ethdev_port.h). With `--file-prefix`
/// among the user's arguments, and hugepages, other DPDK processes such as dpdk-dumpcap can attach.
/// Telemetry is always on. Takes about 0.15 s, of which DPDK measures the TSC for 0.1 s and then
/// loads its drivers. Throws std::runtime_error, with DPDK's reason, when the EAL cannot start or
/// was started before.
Eal start_eal_for_ports(const PortEalOptions& options);

/// True when the kernel has unused hugepages of any size.
bool hugepages_free();

}  // namespace floodgauge
