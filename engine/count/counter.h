// The counting stages of one worker: flows, then hosts and prefixes. Single writer, fixed memory.
#pragma once

#include <cstdint>
#include <limits>

#include "engine/base/keyed_hash.h"
#include "engine/count/counted_burst.h"
#include "engine/count/host_slots.h"
#include "engine/count/overflow_hosts.h"
#include "engine/count/response_timer.h"
#include "engine/count/worker_window.h"
#include "engine/flow/flow_hash.h"
#include "engine/flow/flow_table.h"
#include "engine/protect/protection.h"

namespace floodgauge {

struct CounterSettings {
  std::uint32_t flows = 1048576;
  std::uint32_t hosts = 262144;
  std::uint16_t flow_idle_windows = 1200;  ///< windows
  /// Tables begin small and grow with what they hold, for which packets have to wait at times.
  bool grow = false;
  HashKey key;
};

/// Of a window's work, what an overloaded worker leaves out (engine/worker/shedding.h).
struct CounterShed {
  bool detail = false;  ///< who hits a target
  bool sketch = false;  ///< distinct sources of a prefix, but for one new flow in eight
};

class Counter {
 public:
  explicit Counter(const CounterSettings& settings);

  /// Stage: what was read, before an inner packet takes an outer one's place.
  static void count_parsed(const CountedBurst& burst, WorkerWindow& window);

  /// Stage: packets of known flows, whose hosts the window knows too, need nothing looked up. Those
  /// that are ordinary are counted here and now; the others are what the burst has left.
  void recall(CountedBurst& burst, const Protection& protection, std::uint64_t window_index,
              WorkerWindow& window);

  /// Stage: the flow of every other packet; fills the burst's hashes and lookups. Of what is left
  /// those without a target are taken out, and counted, and SYNs of which nothing else is to be
  /// found out, for count().
  void see_flows(CountedBurst& burst, const Protection& protection, std::uint64_t window_index,
                 WorkerWindow& window);

  /// Stage: counts what is left of the burst into `window`, and the SYNs taken out of it.
  void count(const CountedBurst& burst, const Protection& protection, WorkerWindow& window);

  /// From the next burst on.
  void give_up(const CounterShed& shed) { shed_ = shed; }

  /// Between two windows.
  void next_window();

  /// For another thread, while it has time: brings memory that tables which grow are going to use.
  /// False when there is none to bring.
  bool prefault_some() { return ahead_.work(); }

  /// Notes what is known only here in a window about to be sealed.
  void finish(WorkerWindow& window) const;

  /// All tables, before they are used. Throws std::bad_alloc when there is not enough memory.
  void prefault();

  const FlowTable& flows() const { return flows_; }
  std::size_t memory_bytes() const;

 private:
  /// The records that a packet of the burst at hand counts into; nullptr where it has none.
  struct Places {
    HostRecord* in;
    HostRecord* out;
  };

  void note_flow(CountedBurst& burst, std::uint16_t i, FlowHash flow) const;
  void hash_flow(CountedBurst& burst, std::uint16_t i) const;
  void hash_flows(CountedBurst& burst, bool opens_tunnels);
  std::uint32_t find_met(const CountedBurst& burst, std::uint64_t window_index);
  static void prefetch_cached_hosts(const FlowTable::Handle& flow, const WorkerWindow& window);
  void hash_addresses(CountedBurst& burst, std::uint16_t i) const;
  /// HostSlots::guess() of the ends of one packet.
  struct PacketEnds {
    std::uint32_t source;
    std::uint32_t destination;
  };
  void request_prefault(WorkerWindow& window);
  void synchronise(const Protection& protection, std::uint64_t window_index, WorkerWindow& window);
  HostRecord* begin_again(const IpAddress& address, std::uint32_t place,
                          const FlowTable::Handle& flow, WorkerWindow& window);
  HostRecord* recall_host(const IpAddress& address, std::uint32_t place,
                          const FlowTable::Handle& flow, WorkerWindow& window);
  /// The records that a packet of a flow that was met counts into.
  struct RecalledHosts {
    HostRecord* one = nullptr;
    HostRecord* sender = nullptr;  ///< where one receives, and both have a record
    bool one_sends = false;
    HostRecord* in() const { return one_sends ? nullptr : one; }
    HostRecord* out() const { return one_sends ? one : sender; }
  };
  bool count_ordinary(CountedBurst& burst, std::uint16_t i, const RecalledHosts& hosts,
                      std::uint16_t window_generation, WorkerWindow& window);
  bool recall_hosts(const CountedBurst& burst, std::uint16_t i, bool everything,
                    WorkerWindow& window, RecalledHosts& hosts);
  PacketTarget recalled_target(std::uint16_t i, bool everything) const;
  std::uint64_t source_hash(const CountedBurst& burst, std::uint16_t i) const;
  std::uint32_t prefetch_host(std::uint64_t hash, WorkerWindow& window) const;
  void see_flow(CountedBurst& burst, std::uint16_t i, std::uint16_t window_generation);
  void see_crowd(CountedBurst& burst, bool everything, std::uint16_t window_generation,
                 WorkerWindow& window);
  void count_half_open(const CountedBurst& burst, bool everything, WorkerWindow& window);
  void prefetch_hosts(const CountedBurst& burst, bool everything, WorkerWindow& window);
  void find_hosts(const CountedBurst& burst, const Protection& protection, WorkerWindow& window);
  void cache_host_slots(const CountedBurst& burst, std::uint16_t i, const WorkerWindow& window);
  HostRecord* host(const IpAddress& address, std::uint64_t hash, std::uint32_t guess,
                   std::uint32_t prefix, HostBeginning with, WorkerWindow& window);
  std::uint32_t new_slot(std::uint64_t hash, const WorkerWindow& window);
  static void prefetch_source(const CountedBurst& burst, std::uint16_t i, std::uint32_t prefix,
                              const WorkerWindow& window);
  /// Of the first packet of a flow in a window, its source among those of its target's prefix.
  void count_source(const CountedBurst& burst, std::uint16_t i, std::uint32_t prefix,
                    WorkerWindow& window) const {
    if (shed_.sketch && burst.flow_hashes[i] % kSketchSampled != 0) return;
    window.prefix_sources.add(prefix, burst.source_hashes[i]);
  }
  void count_in(const CountedBurst& burst, std::uint16_t i, Vector vector, WorkerWindow& window);
  void count_out(const CountedBurst& burst, std::uint16_t i, Vector vector, WorkerWindow& window);
  void count_service(const CountedBurst& burst, std::uint16_t i, WorkerWindow& window);
  void count_request(const CountedBurst& burst, std::uint16_t i, WorkerWindow& window);
  static void write_entry(const CountedBurst& burst, std::uint16_t i, Vector vector,
                          std::uint32_t older, LogEntry& entry);
  void add_detail(const CountedBurst& burst, std::uint16_t i, Vector vector,
                  TargetDetail& detail) const;
  void note_suspicious(const CountedBurst& burst, std::uint16_t i, Vector vector, HostRecord& host,
                       WorkerWindow& window);

  bool is_attack(Vector vector) const { return (attack_vectors_ & set_of(vector)) != 0; }

  /// Overloaded, one flow in so many is taken for the estimate of sources.
  static constexpr std::uint64_t kSketchSampled = 8;

  HashKey key_;
  VectorSet attack_vectors_;
  bool grows_;
  BackgroundPrefault ahead_;
  FlowTable flows_;
  HostSlots host_slots_;
  OverflowHosts overflow_;
  ResponseTimer responses_;
  std::uint32_t host_limit_;
  std::uint32_t places_in_use_ = 0;  ///< the first so many
  CounterShed shed_;
  std::uint64_t protection_ =
      0;  ///< generation number of the one that flows' ends were noted under
  std::uint64_t ends_hold_from_ = 0;  ///< window
  // Of the burst at hand.
  std::array<Places, kBurst> places_{};
  std::array<PacketEnds, kBurst> guesses_{};  ///< of those that are not met
  std::array<FlowTable::Handle, kBurst> flow_handles_{};
  std::uint32_t flow_hashed_ = 0;  ///< a bit for each packet
  std::uint32_t half_open_ = 0;    ///< a bit for each SYN taken out of what is left
  /// A bit for each of those that recall(), or count(), counts of which the source is one of its
  /// target's prefix: the first in the window of a flow towards it.
  std::uint32_t firsts_ = 0;
  std::uint32_t answers_ = 0;  ///< a bit for each of recall()'s that is an answer of UDP
};

}  // namespace floodgauge
