// The ports of a configuration, alive: devices, their queues shared out to workers, their counters
// in each snapshot, and the link state that a pair of ports has in common.
#pragma once

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

class LivePorts {
 public:
  using Say = std::function<void(const std::string&)>;

  /// Starts the EAL and configures all ports. Throws PortError or std::runtime_error with a line
  /// for the user.
  LivePorts(const Settings& settings, const std::vector<std::string>& eal_arguments,
            const UtcClock& clock);
  ~LivePorts();

  /// From here on packets come (and, inline, wait to be forwarded).
  void start();

  /// One a worker.
  std::vector<RxQueue*> queues() const;
  /// Near the ports.
  const CorePlan& cores() const { return cores_; }
  /// On a thread that may poll them.
  void run_worker(unsigned worker, const std::function<void()>& work) const {
    eal_->run_worker(worker, work);
  }
  unsigned workers() const { return static_cast<unsigned>(queues_.size()); }
  bool inline_ports() const;
  /// "uplink: 4 queues, spread by address pair, mlx5_pci": one a port.
  std::vector<std::string> summaries() const;

  void fill(EngineSnapshot& snapshot) const;

  /// Takes a port's link down while its peer's is, and up again; `say` hears of each change.
  /// Control thread, some times a second.
  void carry_links(const Say& say);
  /// Reads the clocks by which ports stamp packets. Control thread, some times a second.
  void observe_clocks(const UtcClock& clock);

 private:
  EthdevPortOptions options_for(const PortSettings& port, const Settings& settings,
                                unsigned workers) const;
  bool cards_spread(unsigned workers) const;
  /// Of the ports; -1: they lie apart, or nobody knows.
  int node() const;
  void make_queues(const Settings& settings, unsigned workers, const UtcClock& clock);

  std::unique_ptr<Eal> eal_;
  CorePlan cores_;
  std::vector<std::unique_ptr<EthdevPort>> ports_;
  std::vector<int> peers_;  ///< index of each port's peer; -1: none
  std::optional<LinkCarrier> carrier_;
  std::unique_ptr<SoftwareRss> rss_;  ///< where cards do not spread packets over the workers
  std::vector<std::unique_ptr<EthdevQueue>> queues_;
};

}  // namespace floodgauge
