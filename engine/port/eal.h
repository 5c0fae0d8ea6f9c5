// Starts DPDK's environment (EAL) with what live ports need. A replay has no need of it.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

namespace floodgauge {

struct PortEalOptions;

/// The environment while it runs. DPDK allows one in a process, and only once.
class Eal {
 public:
  Eal(Eal&& other) noexcept : running_(other.running_), attachable_(other.attachable_) {
    other.running_ = false;
  }
  Eal& operator=(Eal&&) = delete;
  Eal(const Eal&) = delete;
  Eal& operator=(const Eal&) = delete;
  /// Frees all of DPDK's memory: pools, rings and mbufs must be gone.
  ~Eal();

  /// The CPUs that its lcores may run on: those that the user named (-l), else all allowed.
  std::vector<int> cpus() const;

  /// Calls `work`, which DPDK knows the thread of and keeps caches for, and returns when it has
  /// returned. Where others can attach it is an lcore's thread: DPDK lets nobody attach to a
  /// process with threads that were made known to it later. Throws std::runtime_error when it has
  /// no place for one more (128 in all).
  void run_worker(unsigned worker, const std::function<void()>& work) const;

 private:
  friend Eal start_eal_for_ports(const PortEalOptions& options);
  Eal() = default;
  bool running_ = true;
  bool attachable_ = false;
};

struct PortEalOptions {
  /// Of ordinary memory, where there are no hugepages.
  std::size_t memory_mib = 256;
  unsigned workers = 1;
  std::vector<std::string> pci_devices;     ///< no other is touched
  std::vector<std::string> user_arguments;  ///< come last, and replace defaults of the same name
};

/// Hugepages where some are free, else ordinary memory; no PCI device but those named. Virtual
/// devices are plugged in later (ethdev_port.h). With `--file-prefix` among the user's arguments,
/// and hugepages, other processes of DPDK's can attach: dpdk-dumpcap. Telemetry is always on. Takes
/// about 0.15 s: DPDK measures the TSC for 0.1 s and loads its drivers. Throws
/// std::runtime_error, with DPDK's reason, when it cannot start or was started before.
Eal start_eal_for_ports(const PortEalOptions& options);

/// True when the kernel has hugepages, of any size, that nobody uses.
bool hugepages_free();

}  // namespace floodgauge
