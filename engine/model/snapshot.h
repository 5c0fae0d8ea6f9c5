// All figures that can be shown, at one moment. The merge thread makes a snapshot at each window
// and publishes it as a whole (shared_ptr swap). Report, metrics, API, status and top render
// snapshots and never access a worker.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/base/address.h"
#include "engine/base/units.h"
#include "engine/model/health.h"
#include "engine/model/incident.h"
#include "engine/model/parse_counts.h"
#include "engine/model/scan.h"
#include "engine/model/seconds_histogram.h"
#include "engine/model/unopened.h"
#include "engine/model/vector.h"

namespace floodgauge {

/// One service of one prefix. Its answers are watched passively.
struct ServiceSnapshot {
  std::string service;      ///< dns, http, https, smtp, … as configured
  double answer_ratio = 1;  ///< recent answers per request, of genuine clients
  std::uint64_t requests = 0;
  std::uint64_t answers = 0;
  std::uint64_t lost_requests = 0;  ///< requests during impacts that were not answered
  SecondsHistogram response_seconds;
  // Since the start; absent before the first answer.
  std::optional<double> response_seconds_median;
  std::optional<double> response_seconds_p99;
  // Of DNS, recently; absent without answers.
  std::optional<double> nxdomain_share;   ///< of the answers
  std::optional<double> servfail_share;   ///< of the answers
  std::optional<double> truncated_share;  ///< of the answers
  std::optional<double> recursive_share;  ///< of the answers: those of resolvers
};

struct PrefixSnapshot {
  IpPrefix prefix;
  std::string name;
  // Since start.
  std::array<Volume, kClasses> in{};
  std::array<Volume, kClasses> out{};
  Volume total_in{};
  Volume total_out{};
  double peak_pps_in = 0;
  double peak_bps_in = 0;
  std::uint64_t sources_total = 0;  ///< distinct sources since the start (estimate)
  // Last window.
  double pps_in = 0, bps_in = 0, pps_out = 0, bps_out = 0;
  double new_flows_per_second = 0;
  double syn_per_second = 0;
  double handshakes_done_ratio = 1;  ///< recent handshakes completed per SYN; 1 without SYNs
  std::uint64_t sources_estimate = 0;
  std::uint64_t hosts_active = 0;
  std::vector<ServiceSnapshot> services{};
};

struct HostSnapshot {
  IpAddress address;
  std::size_t prefix = 0;  ///< index into EngineSnapshot::prefixes
  double pps_in = 0, bps_in = 0, pps_out = 0, bps_out = 0;
  double new_flows_per_second = 0;
  double syn_per_second = 0;
};

/// A host above a limit that was judged not to be under attack.
struct LeftAlone {
  IpAddress address;
  double peak_pps = 0;
  double peak_bps = 0;
  std::string reason;  ///< "one TCP connection, handshake completed"
};

struct WorkerSnapshot {
  double busy_ratio = 0;
  double cycles_per_packet = 0;
  std::uint64_t packets = 0;
  std::uint64_t flow_entries = 0;
  std::uint64_t flow_evictions = 0;
  std::array<bool, 3> shedding{};  ///< by kSheddingSteps: what is left out, in this order
};
inline constexpr std::array<const char*, 3> kSheddingSteps = {"payload", "detail", "sketch"};

struct PortSnapshot {
  std::string name;
  std::vector<std::uint64_t> queue_packets;
  std::uint64_t missed = 0;
  std::uint64_t no_mbuf = 0;
  std::uint64_t queue_dropped = 0;  ///< between two workers
  std::uint64_t transmitted = 0;
  std::uint64_t transmit_dropped = 0;
  bool link_up = false;
};

/// What bounds have left out since the start.
struct LeftOut {
  std::uint64_t host_packets = 0;      ///< packets of hosts for which a worker had no record left
  std::uint64_t attack_packets = 0;    ///< packets of attacks whose senders were not noted
  std::uint64_t target_seconds = 0;    ///< seconds of targets whose senders were not kept
  std::uint64_t scan_sources = 0;      ///< sources that may scan and were not followed
  std::uint64_t servers = 0;           ///< servers whose services were not watched
  std::uint64_t closed_incidents = 0;  ///< closed incidents that only a history still has
};
/// The names of its members in metrics and warnings, in their order.
inline constexpr std::array<const char*, 6> kLeftOutNames = {
    "hosts", "senders", "summaries", "scans", "servers", "closed_incidents"};
inline std::array<std::uint64_t, 6> values_of(const LeftOut& left) {
  return {left.host_packets, left.attack_packets, left.target_seconds,
          left.scan_sources, left.servers,        left.closed_incidents};
}

struct EngineSnapshot {
  Nanoseconds now;      ///< end of the last merged window
  Nanoseconds started;  ///< first packet (replay) or start of the daemon
  std::uint64_t windows = 0;
  double window_lag_seconds = 0;
  Health health;  ///< judged when the snapshot is asked for, not when it was made
  Volume total;
  std::uint32_t sampling = 1;     ///< one packet in so many arrives; all rates are scaled by it
  std::uint64_t clock_steps = 0;  ///< of a replay: times set aside, and steps of a capture's clock
  std::uint64_t unprotected = 0;  ///< packets without a protected address
  std::uint64_t excluded = 0;     ///< packets that only the configuration keeps from being judged
  /// Where every address is protected: packets to multicast and broadcast addresses.
  std::uint64_t to_groups = 0;
  ParseCounts parse;
  Unopened unopened;
  std::uint64_t duplicates = 0;  ///< frames that came a second time
  std::uint64_t protected_addresses_seen = 0;
  std::vector<PrefixSnapshot> prefixes;
  std::vector<HostSnapshot> top_hosts;  ///< busiest first, at most export.top_hosts
  std::vector<LeftAlone> left_alone;    ///< highest peak first, at most 10
  std::vector<Scan> scans;              ///< ordered by start, source, kind; at most 100
  std::uint64_t scans_total = 0;        ///< since the start
  /// The busiest address so far, its rate and its limit, for a report without incidents.
  std::string busiest;  ///< "198.51.100.7 at 1.2 kpps, limit 50 kpps"
  std::vector<std::shared_ptr<const Incident>>
      incidents;  ///< open and recent, ordered by start, then by target
  /// Numbers since the start, by kind and first vector.
  std::map<std::pair<IncidentKind, std::string>, std::uint64_t> incidents_total;
  std::uint64_t incidents_not_opened = 0;  ///< because too many were open
  std::uint64_t incidents_displaced = 0;   ///< closed early for larger ones
  std::uint64_t targets_not_followed = 0;  ///< because too many were
  LeftOut left_out;
  std::vector<WorkerSnapshot> workers;
  std::vector<PortSnapshot> ports;
  std::uint64_t dropped = 0;
  double loss_ratio = 0;  ///< share of the packets of the last second; rates are too low by it
  bool reload_successful = true;
  Nanoseconds reload_time;
  AnnouncedSummary announced;  ///< of all announcers, when the snapshot is asked for
};

}  // namespace floodgauge
