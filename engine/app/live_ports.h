// The ports of a running daemon: devices, the assignment of their queues to workers, their counters
// in each snapshot, and the common link state of a pair of ports.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "config/settings.h"
#include "engine/app/core_plan.h"
#include "engine/app/link_carrier.h"
#include "engine/model/snapshot.h"
#include "engine/port/eal.h"
#include "engine/port/ethdev_port.h"
#include "engine/port/ethdev_queue.h"

namespace floodgauge {

/// The number of workers that `engine.workers` asks for. `auto`: with NICs one worker for each
/// core, and one core for the control path; with virtual devices as many workers as the user gave
/// them queues.
unsigned planned_workers(const Settings& settings);

class LivePorts {
 public:
  /// A line for the log; `bad` when something was lost.
  using Report = std::function<void(const std::string& line, bool bad)>;

  /// Starts the EAL and configures all ports. Throws PortError or std::runtime_error with a line
  /// for the user.
  LivePorts(const Settings& settings, const std::vector<std::string>& eal_arguments,
            const UtcClock& clock);
  ~LivePorts();

  /// From now on the ports receive packets; inline, these wait to be forwarded.
  void start();

  /// One queue for each worker.
  std::vector<RxQueue*> queues() const;
  /// CPUs near the ports.
  const CorePlan& cores() const { return cores_; }
  /// Runs `work` on the calling thread, registered so that it may poll the ports.
  void run_worker(unsigned worker, const std::function<void()>& work) const {
    eal_->run_worker(worker, work);
  }
  unsigned workers() const { return static_cast<unsigned>(queues_.size()); }
  bool inline_ports() const;
  /// One line for each port: "uplink: 4 queues, spread by address pair, mlx5_pci".
  std::vector<std::string> summaries() const;

  /// Sets the ports and the lost packets of `snapshot`.
  void add_to(EngineSnapshot& snapshot) const;

  /// Takes a port's link down while the peer's link is down, and up again; `report` gets each
  /// change. For the control thread, several times a second.
  void carry_links(const Report& report);
  /// Closes each port whose interface is gone, and opens it again once an interface of that name is
  /// there. Workers pause meanwhile, for some milliseconds. `report` gets each change. For the
  /// control thread, several times a second.
  void revive_ports(const Report& report);
  /// Reads the clocks with which ports stamp packets. For the control thread, several times a
  /// second.
  void observe_clocks(const UtcClock& clock);

 private:
  /// The attempts to open a closed port again.
  struct ReopenState {
    std::chrono::steady_clock::time_point not_before{};
    std::string reported;  ///< why the last attempt failed, told once
  };

  EthdevPortOptions options_for(const PortSettings& port, const Settings& settings,
                                unsigned workers) const;
  bool nics_spread(unsigned workers);
  std::vector<FrameOrigin> origins_of(const Settings& settings) const;
  /// The NUMA node of all ports; -1: they are on different nodes, or unknown.
  int node() const;
  bool pause_queues();
  void resume_queues();
  void close_port(EthdevPort& port, const Report& report);
  void reopen_port(std::size_t port, const Report& report);
  void make_queues(const Settings& settings, unsigned workers, const UtcClock& clock);

  std::unique_ptr<Eal> eal_;
  CorePlan cores_;
  std::vector<std::unique_ptr<EthdevPort>> ports_;
  std::vector<int> peers_;  ///< index of each port's peer; -1: none
  std::optional<LinkCarrier> carrier_;
  std::unique_ptr<SoftwareRss> rss_;  ///< used where NICs do not spread packets over the workers
  std::vector<std::unique_ptr<EthdevQueue>> queues_;
  std::vector<ReopenState> reopens_;  ///< by port
  bool pausing_ = false;              ///< a worker has not taken notice of a request to pause
};

}  // namespace floodgauge
