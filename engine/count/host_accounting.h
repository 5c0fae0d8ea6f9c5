// Stage "count": counts the remaining packets of a burst into the records of their hosts, the
// services of their prefixes, and the sketches. The last stage.
#pragma once

#include <cstdint>

#include "engine/count/attack_log.h"
#include "engine/count/counted_burst.h"
#include "engine/count/counter_tables.h"
#include "engine/count/worker_window.h"
#include "engine/protect/protection.h"

namespace floodgauge {

class HostAccounting {
 public:
  explicit HostAccounting(CounterTables& tables);

  void count(CountedBurst& burst, const Protection& protection, WorkerWindow& window);

 private:
  void prefetch(CountedBurst& burst, bool everything, WorkerWindow& window);
  void find_records(CountedBurst& burst, const Protection& protection, WorkerWindow& window);
  void cache_host_slots(const CountedBurst& burst, std::uint16_t i, const WorkerWindow& window);
  void count_in(const CountedBurst& burst, std::uint16_t i, Vector vector, const CounterShed& shed,
                WorkerWindow& window);
  void count_out(const CountedBurst& burst, std::uint16_t i, Vector vector, const CounterShed& shed,
                 WorkerWindow& window);
  void count_attack_out(const CountedBurst& burst, std::uint16_t i, Vector vector,
                        const CounterShed& shed, HostRecord& record, WorkerWindow& window) const;

  const HashKey key_;
  FlowTable& flows_;
  HostTable& hosts_;
  const CounterShed& shed_;
  AttackLog log_;
  VectorSet attack_vectors_;
};

}  // namespace floodgauge
