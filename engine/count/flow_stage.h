// Stage "flow": hashes flows, and looks up the flow of each packet that the known-flow fast path
// has not found. The flow table itself is engine/flow/flow_table.h.
#pragma once

#include <cstdint>

#include "engine/count/counted_burst.h"
#include "engine/count/counter_tables.h"
#include "engine/count/worker_window.h"

namespace floodgauge {

class FlowStage {
 public:
  explicit FlowStage(CounterTables& tables)
      : key_(tables.key), flows_(tables.flows), hosts_(tables.hosts) {}

  /// Before the fast path: hashes the flows of all packets whose addresses are final. Those of a
  /// tunnel are not, if the stage "protect" may open it.
  void hash_known_addresses(CountedBurst& burst, bool opens_tunnels) const;

  /// After the stage "protect": removes and counts the remaining packets without a protected
  /// address, hashes the flows and addresses of the others, and prefetches their hosts' lines of
  /// the index.
  void hash_unknown(CountedBurst& burst, WorkerWindow& window) const;

  /// Counts the unknown packets into their flows; writes their lookups and handles.
  /// `window_generation`: the window's index modulo 2^16.
  void look_up(CountedBurst& burst, WindowGeneration window_generation);

 private:
  void hash_flow(CountedBurst& burst, std::uint16_t i) const;

  const HashKey key_;
  FlowTable& flows_;
  HostTable& hosts_;
};

}  // namespace floodgauge
