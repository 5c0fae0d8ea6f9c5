// The counting stages of one worker: three ways in which a packet of a burst gets into the window.
//
//   KnownFlowPath   packets in the middle of known, answered flows: before any lookup
//   HalfOpenPath    SYNs that begin a flow while very many new flows come: after the flow lookup
//   HostAccounting  all others: after all stages
#pragma once

#include <cstddef>
#include <cstdint>

#include "engine/count/counted_burst.h"
#include "engine/count/counter_tables.h"
#include "engine/count/flow_stage.h"
#include "engine/count/half_open_path.h"
#include "engine/count/host_accounting.h"
#include "engine/count/known_flow_path.h"
#include "engine/count/requests.h"
#include "engine/count/sample_stage.h"
#include "engine/count/service_stage.h"
#include "engine/count/worker_window.h"
#include "engine/protect/protection.h"

namespace floodgauge {

/// Single writer, fixed memory. Each stage takes the burst as the stage before has left it.
class Counter {
 public:
  explicit Counter(const CounterSettings& settings)
      : tables_(settings),
        known_flow_path_(tables_),
        flow_stage_(tables_),
        half_open_path_(tables_),
        host_accounting_(tables_),
        service_stage_(settings.key),
        sample_stage_(service_stage_) {}
  Counter(const Counter&) = delete;
  Counter& operator=(const Counter&) = delete;

  /// Stage "parse": counts what parsing has found, before the stage "protect" puts an inner packet
  /// in the place of an outer one.
  static void count_parsed(const CountedBurst& burst, WorkerWindow& window);

  /// The known-flow fast path. `window_index`: WorkerWindow::index.
  void count_known_flows(CountedBurst& burst, const Protection& protection,
                         std::uint64_t window_index, WorkerWindow& window) {
    tables_.grow(window);
    flow_stage_.hash_known_addresses(burst, protection.opens_tunnels());
    ServiceStage::begin(burst, protection.services());
    known_flow_path_.count(burst, protection, window_index, window);
  }

  /// Stage "flow": looks up the flows of unknown packets.
  void look_up_flows(CountedBurst& burst, const Protection& protection, std::uint64_t window_index,
                     WorkerWindow& window) {
    const auto window_generation = static_cast<WindowGeneration>(window_index);
    flow_stage_.hash_unknown(burst, window);
    if (tables_.duplicates.is_on()) tables_.duplicates.find_in_remaining(burst);
    burst.half_open = 0;
    if (half_open_path_.applies(protection)) {
      half_open_path_.look_up(burst, protection.everything(), window_generation, window);
    } else {
      flow_stage_.look_up(burst, window_generation);
    }
    if (tables_.duplicates.is_on()) tables_.duplicates.note_flows(burst, window);
  }

  /// After the stage "classify".
  void pass_over_repeated_initials(CountedBurst& burst) const {
    if (burst.initials != 0) floodgauge::pass_over_repeated_initials(burst, tables_.flows);
  }

  /// Stage "count": counts the half-open SYNs and all remaining packets, and what all of them are
  /// to the services.
  void count_hosts(CountedBurst& burst, const Protection& protection, WorkerWindow& window) {
    if (burst.half_open != 0) half_open_path_.count(burst, protection.everything(), window);
    if (burst.remaining != 0) host_accounting_.count(burst, protection, window);
    service_stage_.count(burst, protection, window);
    if (!tables_.shed.detail) sample_stage_.take(burst, window);
  }

  /// Between two bursts: which work is left out from now on.
  void set_shed(const CounterShed& shed) { tables_.shed = shed; }

  /// Between two windows.
  void next_window() { tables_.next_window(); }

  /// Writes what only the tables know into a window that is about to be sealed.
  void finish(WorkerWindow& window) const {
    window.flow_entries = tables_.flows.entries();
    window.flow_evictions = tables_.flows.evictions();
  }

  /// Called by another thread when it has time: prefaults some of the memory that growing tables
  /// are going to use. False when there is nothing to prefault.
  bool prefault_some() { return tables_.background.work(); }

  /// Prefaults all tables before they are used. Throws std::bad_alloc when there is not enough
  /// memory.
  void prefault() {
    tables_.prefault();
    service_stage_.prefault();
  }

  const FlowTable& flows() const { return tables_.flows; }
  std::size_t memory_bytes() const {
    return tables_.memory_bytes() + service_stage_.memory_bytes();
  }

 private:
  CounterTables tables_;
  KnownFlowPath known_flow_path_;
  FlowStage flow_stage_;
  HalfOpenPath half_open_path_;
  HostAccounting host_accounting_;
  ServiceStage service_stage_;
  SampleStage sample_stage_;
};

}  // namespace floodgauge
