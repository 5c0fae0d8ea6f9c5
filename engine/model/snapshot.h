// Everything that can be shown, at one moment. The merge thread makes one each window and
// publishes it whole (shared_ptr swap); report, metrics, API, status and top render it and never
// touch a worker.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "engine/base/address.h"
#include "engine/base/units.h"
#include "engine/model/fault.h"
#include "engine/model/incident.h"
#include "engine/model/vector.h"

namespace floodgauge {

struct ParseCounts {
  std::uint64_t ipv4 = 0;
  std::uint64_t ipv6 = 0;
  std::uint64_t non_ip = 0;
  std::uint64_t fragments = 0;
  std::uint64_t tunnelled = 0;
  std::uint64_t tcp = 0;
  std::uint64_t udp = 0;
  std::uint64_t icmp = 0;
  std::uint64_t icmpv6 = 0;
  std::uint64_t sctp = 0;
  std::array<std::uint64_t, static_cast<std::size_t>(Fault::count_)> malformed{};
};

/// Histogram of seconds, buckets as in kSecondsBuckets; cumulative since start.
inline constexpr std::array<double, 12> kSecondsBuckets = {
    0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5};
struct SecondsHistogram {
  std::array<std::uint64_t, kSecondsBuckets.size() + 1> counts{};  ///< last: above all
  double sum = 0;
};

/// One service of one prefix, watched passively.
struct ServiceSnapshot {
  std::string service;      ///< dns, http, https, smtp, …
  double answer_ratio = 1;  ///< answers per request, recent
  std::uint64_t requests = 0;
  std::uint64_t answers = 0;
  SecondsHistogram response_seconds;
};

struct PrefixSnapshot {
  IpPrefix prefix;
  std::string name;
  // Since start.
  std::array<Volume, kClasses> in{};
  std::array<Volume, kClasses> out{};
  Volume total_in;
  Volume total_out;
  double peak_pps_in = 0;
  double peak_bps_in = 0;
  std::uint64_t sources_total = 0;  ///< distinct sources over all time (estimate)
  // Last window.
  double pps_in = 0, bps_in = 0, pps_out = 0, bps_out = 0;
  double new_flows_per_second = 0;
  double syn_per_second = 0;
  double handshakes_done_ratio = 1;  ///< completed per SYN, recent; 1 when there were none
  std::uint64_t sources_estimate = 0;
  std::uint64_t hosts_active = 0;
  std::vector<ServiceSnapshot> services;
};

struct HostSnapshot {
  IpAddress address;
  std::size_t prefix = 0;  ///< index into EngineSnapshot::prefixes
  double pps_in = 0, bps_in = 0, pps_out = 0, bps_out = 0;
  double new_flows_per_second = 0;
  double syn_per_second = 0;
};

/// A host above a limit that was judged not to be under attack, and why.
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
  std::array<bool, 3> shedding{};  ///< payload, detail, sketch: in the order they are given up
};
inline constexpr std::array<const char*, 3> kSheddingSteps = {"payload", "detail", "sketch"};

struct PortSnapshot {
  std::string name;
  std::vector<std::uint64_t> queue_packets;
  std::uint64_t missed = 0;
  std::uint64_t no_mbuf = 0;
  std::uint64_t queue_dropped = 0;  ///< on their way from one worker to another
  std::uint64_t transmitted = 0;
  std::uint64_t transmit_dropped = 0;
  bool link_up = false;
};

struct EngineSnapshot {
  Nanoseconds now;      ///< end of the last merged window
  Nanoseconds started;  ///< first packet (replay) or start of the daemon
  std::uint64_t windows = 0;
  double window_lag_seconds = 0;
  Volume total;
  ParseCounts parse;
  std::uint64_t protected_addresses_seen = 0;
  std::vector<PrefixSnapshot> prefixes;
  std::vector<HostSnapshot> top_hosts;  ///< busiest first, at most export.top_hosts
  std::vector<LeftAlone> left_alone;    ///< highest peak first, at most 10
  /// The busiest address so far and how near it came to its limit, for a quiet report.
  std::string busiest;  ///< "198.51.100.7: 1.2 kpps of 50 kpps"
  std::vector<std::shared_ptr<const Incident>>
      incidents;  ///< open and recent, by start then target
  /// Since start, by kind and first vector.
  std::map<std::pair<IncidentKind, std::string>, std::uint64_t> incidents_total;
  std::vector<WorkerSnapshot> workers;
  std::vector<PortSnapshot> ports;
  std::uint64_t dropped = 0;
  double loss_ratio = 0;  ///< of what came in the last second; rates are too low by it
  bool reload_successful = true;
  Nanoseconds reload_time;
};

}  // namespace floodgauge
