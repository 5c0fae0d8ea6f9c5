// One window of one worker: filled by the worker, sealed, read by the merge, emptied, filled again.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "engine/base/background_prefault.h"
#include "engine/base/branchless.h"
#include "engine/base/huge_array.h"
#include "engine/base/units.h"
#include "engine/classify/service.h"
#include "engine/count/host_record.h"
#include "engine/count/prefix_sources.h"
#include "engine/count/target_detail.h"
#include "engine/count/unanswered_senders.h"
#include "engine/model/parse_counts.h"

namespace floodgauge {

/// Packets of floods that the workers together leave to the merge, a window: it adds them up in a
/// small part of the window's time.
inline constexpr std::uint32_t kLoggedAtOnce = 131072;

/// How much one window may hold; fixed at start.
struct WindowCapacity {
  std::uint32_t hosts = 262144;
  std::uint32_t prefixes = 2;
  std::uint32_t log_entries = 262144;
  /// Of the log's entries, how many go to whoever comes first. The others are for those of whom not
  /// kLoggedPackets have been logged yet.
  std::uint32_t log_shared = kLoggedAtOnce;
  std::uint32_t details = 64;
  std::uint32_t more_cells = 1024;  ///< hosts with more vectors than fit in their record
};

/// Packets that are logged of each host before it gets a TargetDetail, however many others log.
inline constexpr std::uint16_t kLoggedPackets = 32;

/// A service's requests in and answers out, for one prefix and window.
struct ServiceCount {
  std::uint32_t requests;
  std::uint32_t answers;
};

/// Time from a request to its answer, sampled over flows.
struct ResponseSample {
  std::uint32_t prefix = 0;
  Service service = Service::other;
  float seconds = 0;
};

struct PrefixRecord {
  std::array<ServiceCount, kServices> services;
};

class WorkerWindow {
 public:
  explicit WorkerWindow(const WindowCapacity& capacity);

  /// Ready for a window that begins at `begin`. Cost: what was touched, not the capacity.
  void clear();

  /// Whether a host of this window has its record there.
  bool is_taken(std::uint32_t place) const { return hosts[place].fill() == fill; }
  /// The record at a place, if it is there that a host of this window has it; nullptr for any other
  /// place, also one that there is not.
  HostRecord* host_at(std::uint32_t place, const IpAddress& address) {
    if (place >= hosts.size()) [[unlikely]] {
      return nullptr;
    }
    HostRecord& record = hosts[place];
    return (record.fill() == fill) & (record.address == address) ? &record : nullptr;
  }
  /// A place that is not taken; hosts_used must be below the capacity.
  HostRecord& begin_host(std::uint32_t place, const IpAddress& address, std::uint32_t prefix,
                         std::uint8_t turn = 0, HostBeginning with = {}) {
    places[hosts_used++] = place;
    hosts[place].begin(address, prefix, fill, turn, with);
    return hosts[place];
  }
  /// The `i`th host of this window.
  const HostRecord& host(std::uint32_t i) const { return hosts[places[i]]; }

  // Position.
  std::uint64_t index = 0;    ///< windows since the first
  std::uint32_t windows = 1;  ///< how many windows were run together (merge was late)
  bool final = false;         ///< its worker's last
  Nanoseconds last_packet;    ///< time of its last packet, when it has one

  /// A prefix that packets were counted for: the merge passes others over.
  void touch_prefix(std::uint32_t id) {
    std::uint64_t& bits = prefix_is_touched[id / 64];
    const std::uint64_t bit = std::uint64_t{1} << id % 64;
    if ((bits & bit) != 0) return;
    bits |= bit;
    touched_prefixes.push_back(id);  // reserved for all: never allocates
  }
  /// The record of a prefix, noted as touched.
  PrefixRecord& prefix(std::uint32_t id) {
    touch_prefix(id);
    return prefixes[id];
  }

  // Counts.
  Volume total;
  ParseCounts parse;
  std::uint64_t unprotected = 0;       ///< packets of which neither side is protected
  std::uint64_t hosts_overflowed = 0;  ///< packets of hosts beyond capacity
  /// Each at its host's place (HostSlots). Those of this window are the ones that begin_host()
  /// began.
  HostRecords hosts;
  HugeArray<std::uint32_t> places;  ///< the first hosts_used: which ones, in order
  std::uint32_t hosts_used = 0;
  std::uint32_t fill = 1;  ///< how often this window has been filled, with this time
  /// What records of earlier fills say of their host's prefix holds from this fill on, under this
  /// protection: for Counter::recall().
  std::uint32_t hosts_hold_from = 1;
  std::uint64_t protection = 0;
  MoreCellsPool more_cells;
  HugeArray<LogEntry> log;
  std::uint32_t log_used = 0;
  std::uint32_t log_shared;  ///< as in WindowCapacity
  HugeArray<TargetDetail> details;
  std::uint32_t details_used = 0;
  std::uint64_t detail_missed = 0;  ///< suspicious packets that found no room in log or details
  HugeArray<PrefixRecord> prefixes;
  /// A bit for each, apart from the records, which most packets have no need of.
  std::vector<std::uint64_t> prefix_is_touched;
  std::vector<std::uint32_t> touched_prefixes;
  PrefixSources prefix_sources;
  UnansweredSenders senders;              ///< where everything is protected
  std::vector<ResponseSample> responses;  ///< at most kResponses
  // The worker's, of memory that another thread brings: for Counter.
  PrefaultCursor hosts_ahead;
  PrefaultCursor log_ahead;
  std::uint64_t flow_entries = 0;
  std::uint64_t flow_evictions = 0;  ///< since start

  static constexpr std::size_t kResponses = 4096;

  /// All of it, before it is used. Throws std::bad_alloc when there is not enough memory.
  void prefault();
  std::size_t memory_bytes() const;
};

}  // namespace floodgauge
