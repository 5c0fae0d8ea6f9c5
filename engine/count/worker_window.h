// One window of one worker. The worker fills and seals it, the merge reads and clears it, and the
// worker fills it again.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "engine/base/background_prefault.h"
#include "engine/base/branchless.h"
#include "engine/base/huge_array.h"
#include "engine/base/units.h"
#include "engine/count/client_events.h"
#include "engine/count/copy_log.h"
#include "engine/count/host_record.h"
#include "engine/count/packet_sample.h"
#include "engine/count/packet_snaps.h"
#include "engine/count/prefix_sources.h"
#include "engine/count/service_window.h"
#include "engine/count/target_detail.h"
#include "engine/count/unanswered_senders.h"
#include "engine/count/unopened_counts.h"
#include "engine/model/duplicates.h"
#include "engine/model/parse_counts.h"

namespace floodgauge {

/// How many packets of floods all workers together log a window. The merge adds them up in a small
/// part of the window's time.
inline constexpr std::uint32_t kLoggedAtOnce = 131072;

/// How much one window may hold; fixed at start.
struct WindowCapacity {
  std::uint32_t hosts = 262144;
  std::uint32_t prefixes = 2;
  std::uint32_t log_entries = 262144;
  /// The log entries that any host may take. The others are kept for hosts of which fewer than
  /// kLoggedPackets packets have been logged.
  std::uint32_t log_shared = kLoggedAtOnce;
  std::uint32_t details = 64;
  std::uint32_t more_cells = 768;  ///< hosts with more vectors than fit in their record
  std::uint32_t client_events = 49152;
  bool snaps = false;  ///< the bytes of some packets are kept
};

/// How many packets of each host are logged before it gets a TargetDetail, however many packets of
/// other hosts are logged.
inline constexpr std::uint16_t kLoggedPackets = 32;

class WorkerWindow {
 public:
  explicit WorkerWindow(const WindowCapacity& capacity);

  /// Empties the window. The cost follows what was touched, not the capacity.
  void clear();

  /// Whether the record in the slot belongs to this window.
  bool is_taken(std::uint32_t slot) const {
    return hosts[slot].record_generation() == record_generation;
  }
  /// The record in a slot if it belongs to this window and host; nullptr otherwise, also when there
  /// is no such slot.
  HostRecord* host_at(std::uint32_t slot, const IpAddress& address) {
    if (slot >= hosts.size()) [[unlikely]] {
      return nullptr;
    }
    HostRecord& record = hosts[slot];
    const bool taken = record.record_generation() == record_generation;
    return taken & (record.address == address) ? &record : nullptr;
  }
  /// Begins a host's record in a slot that is not taken. hosts_used must be below the capacity.
  HostRecord& begin_host(std::uint32_t slot, const IpAddress& address, std::uint32_t prefix,
                         std::uint8_t slot_generation = 0, HostBeginning with = {}) {
    slots[hosts_used++] = slot;
    hosts[slot].begin(address, prefix, record_generation, slot_generation, with);
    return hosts[slot];
  }
  /// The `i`th host of this window, in the order of their first packets.
  const HostRecord& host(std::uint32_t i) const { return hosts[slots[i]]; }

  /// Counts the copies of this window as packets. Of the merging thread, once the window is sealed.
  void put_copies_back() { copies.put_back(hosts, more_cells); }

  // Position.
  std::uint64_t index = 0;    ///< windows since the first
  std::uint32_t windows = 1;  ///< more than 1: the merge was late, and this one holds several
  bool final = false;         ///< the last one of its worker
  Nanoseconds last_packet;    ///< time of its last packet, if it has any

  /// Notes that packets were counted for a prefix. The merge skips prefixes that were not touched.
  void touch_prefix(std::uint32_t id) {
    std::uint64_t& bits = prefix_is_touched[id / 64];
    const std::uint64_t bit = std::uint64_t{1} << id % 64;
    if ((bits & bit) != 0) return;
    bits |= bit;
    touched_prefixes.push_back(id);  // reserved for all: never allocates
  }

  // Counts.
  Volume total;
  ParseCounts parse;
  UnopenedCounts unopened;
  DuplicateCounts duplicates;
  CopyLog copies;
  std::uint64_t excluded = 0;          ///< packets that would have been of an attack's vector
  std::uint64_t unprotected = 0;       ///< packets without a protected address
  std::uint64_t hosts_overflowed = 0;  ///< packets of hosts beyond the capacity
  /// Each record is in its host's slot (HostSlots). Those that begin_host() began are this
  /// window's.
  HostRecords hosts;
  HugeArray<std::uint32_t> slots;  ///< of this window's hosts: the first hosts_used, in order
  std::uint32_t hosts_used = 0;
  /// The generation of this window's records: how many times this object has been filled, this time
  /// included. A record of another generation was left by an earlier window. Never 0.
  std::uint32_t record_generation = 1;
  /// Records left by earlier windows name their host's prefix, which KnownFlowPath reuses. They are
  /// right from this record generation on, under the protection of this generation.
  std::uint32_t records_valid_from = 1;
  std::uint64_t protection_generation = 0;
  MoreCellsPool more_cells;
  HugeArray<LogEntry> log;
  std::uint32_t log_used = 0;
  std::uint32_t log_shared;  ///< see WindowCapacity
  HugeArray<TargetDetail> details;
  std::uint32_t details_used = 0;
  std::uint64_t detail_missed = 0;  ///< suspicious packets without room in log or details
  /// One bit for each prefix.
  std::vector<std::uint64_t> prefix_is_touched;
  std::vector<std::uint32_t> touched_prefixes;
  PrefixSources prefix_sources;
  ClientEvents client_events;
  UnansweredSenders senders;  ///< used when everything is protected
  ServiceWindow services;
  PacketSample sample;
  PacketSnaps snaps;
  // How much of the records and of the log another thread has prefaulted, for CounterTables.
  PrefaultCursor hosts_ahead;
  PrefaultCursor log_ahead;
  std::uint64_t flow_entries = 0;
  std::uint64_t flow_evictions = 0;  ///< since the start

  /// Prefaults all of it before it is used. Throws std::bad_alloc when there is not enough memory.
  void prefault();
  std::size_t memory_bytes() const;
};

}  // namespace floodgauge
