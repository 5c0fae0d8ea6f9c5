// What a worker keeps from window to window. The counting stages share it.
#pragma once

#include <cstddef>
#include <cstdint>

#include "engine/base/background_prefault.h"
#include "engine/base/keyed_hash.h"
#include "engine/count/host_table.h"
#include "engine/count/worker_window.h"
#include "engine/flow/flow_table.h"

namespace floodgauge {

struct CounterSettings {
  std::uint32_t flows = 1048576;           ///< capacity
  std::uint32_t hosts = 262144;            ///< capacity
  std::uint16_t flow_idle_windows = 1200;  ///< a flow is forgotten after so many without a packet
  std::uint16_t windows_a_second = 10;     ///< at least 1
  /// Tables begin small and grow between bursts, for which packets have to wait.
  bool grow = false;
  HashKey key;
};

/// Which work an overloaded worker leaves out (engine/worker/shedding.h).
struct CounterShed {
  bool detail = false;  ///< the sources, ports, lengths and TTLs of the packets of a flood
  bool sketch = false;  ///< the distinct sources of a prefix, except for one new flow in eight
};

/// The tables of one worker. Single writer, fixed memory.
struct CounterTables {
  explicit CounterTables(const CounterSettings& settings)
      : key(settings.key),
        grows(settings.grow),
        flows(settings.flows, settings.flow_idle_windows, settings.grow ? &background : nullptr,
              settings.windows_a_second),
        hosts(settings.hosts, settings.grow) {}

  /// Between two bursts: grows the flow table if it is filled, and has another thread prefault the
  /// memory that the window is going to use next. No flow handle from before is valid afterwards.
  void grow(WorkerWindow& window) {
    flows.grow_if_filled();
    if (!grows) return;
    window.hosts_ahead.reached(window.hosts_used * sizeof(HostRecord), &window.hosts[0],
                               window.hosts.size() * sizeof(HostRecord), background);
    window.log_ahead.reached(window.log_used * sizeof(LogEntry), window.log.data(),
                             window.log.bytes(), background);
  }
  /// Between two windows.
  void next_window() { hosts.next_window(); }
  /// Prefaults all tables before they are used. Throws std::bad_alloc when there is not enough
  /// memory.
  void prefault() {
    flows.prefault();
    hosts.prefault();
  }
  std::size_t memory_bytes() const { return flows.memory_bytes() + hosts.memory_bytes(); }

  /// The stages have copies, which a loop over packets keeps in registers.
  HashKey key;
  bool grows;                     ///< CounterSettings::grow
  BackgroundPrefault background;  ///< what another thread is to prefault, if `grows`
  FlowTable flows;
  HostTable hosts;
  CounterShed shed;
};

}  // namespace floodgauge
