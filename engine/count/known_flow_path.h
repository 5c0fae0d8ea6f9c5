// The known-flow fast path: most packets belong to a flow that is in the flow table, between hosts
// that have a record in the window. Their flow's entry has cached the slots of these records, so
// that no address is hashed and neither a prefix nor a host is looked up.
//
// Packets in the middle of an answered flow are counted here and leave the burst. For other packets
// of known flows the records, prefixes and flow lookup are written (burst.known), and the later
// stages count them. All other packets are left as they are.
#pragma once

#include <cstdint>

#include "engine/count/attack_log.h"
#include "engine/count/counted_burst.h"
#include "engine/count/counter_tables.h"
#include "engine/count/duplicates.h"
#include "engine/count/worker_window.h"
#include "engine/protect/protection.h"

namespace floodgauge {

class KnownFlowPath {
 public:
  explicit KnownFlowPath(CounterTables& tables)
      : key_(tables.key),
        flows_(tables.flows),
        hosts_(tables.hosts),
        shed_(tables.shed),
        log_(tables),
        duplicates_(tables.duplicates) {}

  /// Begins the burst's `remaining` and `known`. The flows in `flow_hashed` must have been hashed.
  /// `window_index`: WorkerWindow::index.
  void count(CountedBurst& burst, const Protection& protection, std::uint64_t window_index,
             WorkerWindow& window);

 private:
  /// The records that a packet of a known flow counts into.
  struct Records {
    HostRecord* one = nullptr;     ///< of the receiver, or of the sender if only that has a record
    HostRecord* sender = nullptr;  ///< of the sender, if both have a record
    bool one_sends = false;
    HostRecord* in() const { return one_sends ? nullptr : one; }
    HostRecord* out() const { return one_sends ? one : sender; }
  };

  void synchronise(const Protection& protection, std::uint64_t window_index, WorkerWindow& window);
  std::uint32_t find_known(CountedBurst& burst, WindowGeneration window_generation);
  void count_packet(CountedBurst& burst, std::uint16_t i, bool everything,
                    WindowGeneration window_generation, WorkerWindow& window);
  bool find_records(const CountedBurst& burst, std::uint16_t i, bool everything,
                    WorkerWindow& window, Records& records);
  HostRecord* find_record(const IpAddress& address, std::uint32_t slot,
                          const FlowTable::Handle& flow, WorkerWindow& window);
  bool count_ordinary(CountedBurst& burst, std::uint16_t i, const Records& records,
                      WindowGeneration window_generation, WorkerWindow& window) const;
  static PacketTarget target_of(const CountedBurst& burst, std::uint16_t i, bool everything);
  void count_sources(CountedBurst& burst, WorkerWindow& window) const;

  const HashKey key_;
  FlowTable& flows_;
  HostTable& hosts_;
  const CounterShed& shed_;
  AttackLog log_;
  Duplicates& duplicates_;
  std::uint64_t protection_generation_ = 0;  ///< the protection under which slots are cached now
  bool knows_sides_ = false;                 ///< Protection::knows_sides() of that one
  std::uint64_t slots_valid_from_ = 0;       ///< index of the first window of which they are valid
};

}  // namespace floodgauge
