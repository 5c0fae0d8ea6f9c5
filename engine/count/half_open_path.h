// The path of SYNs that begin a flow while very many new flows come. Such a flow gets no entry in
// the flow table (single_packet_flows.h), and no later stage has anything to find out about its
// SYN. So the SYN leaves the burst at the flow lookup, and is counted with all that the stages
// together would count for it.
#pragma once

#include <cstdint>

#include "engine/count/attack_log.h"
#include "engine/count/counted_burst.h"
#include "engine/count/counter_tables.h"
#include "engine/count/worker_window.h"
#include "engine/protect/protection.h"

namespace floodgauge {

class HalfOpenPath {
 public:
  explicit HalfOpenPath(CounterTables& tables)
      : flows_(tables.flows), hosts_(tables.hosts), shed_(tables.shed), log_(tables) {}

  /// Whether look_up() has to take the place of FlowStage::look_up(). Exclusions may give a SYN
  /// another vector: then no SYN takes this path.
  bool applies(const Protection& protection) const {
    return flows_.defers_insertion() && !protection.has_exclusions();
  }

  /// Counts the unknown packets into their flows, in their order. SYNs that begin a flow without an
  /// entry move from `remaining` to `half_open`. `everything`: all addresses are protected.
  void look_up(CountedBurst& burst, bool everything, WindowGeneration window_generation,
               WorkerWindow& window);

  /// Counts the packets of `half_open` into the window.
  void count(const CountedBurst& burst, bool everything, WorkerWindow& window);

 private:
  FlowTable& flows_;
  HostTable& hosts_;
  const CounterShed& shed_;
  AttackLog log_;
};

}  // namespace floodgauge
