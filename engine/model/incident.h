// An incident as the report, the events, the API and the metrics show it: all of them render this
// one struct. The names of its members are those of the JSON.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "engine/base/address.h"
#include "engine/base/units.h"
#include "engine/model/announced.h"
#include "engine/model/direction.h"
#include "engine/model/service_state.h"

namespace floodgauge {

enum class IncidentKind : std::uint8_t { flood, impact, blackout, saturation };
enum class Severity : std::uint8_t { low, medium, high, critical };

struct VectorShare {
  std::string name;  ///< a CONTRACT name, or reflection_port_N
  double share = 0;  ///< of the incident's packets, 0..1
  // In the last window; not in the JSON.
  double current_pps = 0;
  double current_bps = 0;
};

struct Evidence {
  std::string measure;  ///< e.g. "tcp_syn_packets_per_second"
  double value = 0;
  double limit = 0;
  double window_seconds = 0;
};

/// What a database of the user's says about an address. Empty or 0 where it says nothing.
struct NetworkLabel {
  std::uint32_t asn = 0;
  std::string network;  ///< the name of the autonomous system
  std::string country;  ///< ISO 3166-1, two letters

  bool operator==(const NetworkLabel&) const = default;
};

struct TopEntry {
  std::string value;  ///< an address, a network or a port
  std::uint64_t packets = 0;
  double share = 0;
  std::optional<NetworkLabel> label = {};  ///< of an address, where a database was given
};

struct Effect {
  std::optional<double> answer_ratio_before;
  std::optional<double> answer_ratio_worst;
  std::optional<double> response_seconds_before;
  std::optional<double> response_seconds_worst;
};

/// A rule, and what it would take of the target's packets of the last 10 s in which the flood sent.
struct MitigationRule {
  std::string flowspec;               ///< RFC 8955 or 8956 match and action, ExaBGP's text form
  double flood_share = 0;             ///< of the flood's packets, by this rule alone; 0..1
  double answered_share = 0;          ///< of the answered packets; 0..1
  std::uint64_t answered_flows = 0;   ///< flows of the answered packets that it takes
  std::vector<std::string> services;  ///< the configured services that it touches
  std::uint64_t sampled_packets = 0;  ///< packets on which the shares rest

  bool operator==(const MitigationRule&) const = default;
};

struct Mitigation {
  std::string flowspec;               ///< of the first rule, or empty
  std::string blackhole;              ///< RFC 7999 route; empty where it would not help
  std::vector<MitigationRule> rules;  ///< the fewest that take the flood, the best first
  double covered_share = 0;           ///< of the flood's packets, by all rules together; 0..1
  std::uint32_t revision = 0;         ///< of the rules: 1 for the first set, 0 while there is none
  std::string advice;  ///< what to do instead or beside, in plain words; may be empty
};

/// What has changed with a new set of rules, for the event that tells it.
struct RulesChange {
  std::vector<std::string> withdraw;  ///< as they were announced
  std::vector<std::string> announce;
};

/// What a flood of DNS queries asks for, and how the target's servers have answered meanwhile.
struct QueriedNames {
  std::string zone;       ///< in which it asks for random names; empty: in none
  double zone_share = 0;  ///< of the sampled names, 0..1
  std::uint64_t sampled_names = 0;
  /// Answers without error, NXDOMAIN, SERVFAIL, REFUSED, with another RCODE (RFC 1035).
  std::array<std::uint64_t, 5> results{};

  std::uint64_t answers() const {
    return results[0] + results[1] + results[2] + results[3] + results[4];
  }
  double nxdomain_share() const {
    return answers() == 0 ? 0 : static_cast<double>(results[1]) / static_cast<double>(answers());
  }
};

/// The capture that was written of an incident's packets.
struct EvidenceFile {
  std::string path;
  std::uint64_t packets = 0;  ///< in the file
  double sampled_one_in = 1;  ///< of the incident's own packets, one in so many is in the file
};

struct Incident {
  std::string id;            ///< the same for the same capture and seed
  std::uint32_t number = 0;  ///< 1, 2, 3… in order of opening, for people
  IncidentKind kind = IncidentKind::flood;
  /// Of a flood; out: the target is the host that sends.
  Direction direction = Direction::in;
  bool open = true;
  Severity severity = Severity::low;
  IpPrefix target;
  IpPrefix prefix;                   ///< the protected prefix it lies in
  std::string name;                  ///< that prefix's name, may be empty
  std::vector<VectorShare> vectors;  ///< largest first
  Nanoseconds start;
  Nanoseconds detected;
  std::optional<Nanoseconds> end;  ///< set when closed
  /// Since when nothing of it came: while it is open and its hold runs.
  std::optional<Nanoseconds> quiet_since;
  double peak_pps = 0;
  double peak_bps = 0;
  Volume total;
  double current_pps = 0;  ///< last window
  double current_bps = 0;
  std::uint64_t sources_estimate = 0;
  std::vector<TopEntry> top_sources;
  std::vector<TopEntry> top_networks;  ///< IPv4 /24 and IPv6 /48 of the sources
  std::vector<TopEntry> top_source_ports;
  std::vector<TopEntry> top_destination_ports;
  std::vector<TopEntry> towards;  ///< of a flood out: whom it hits
  /// Payload signatures that matched, and their shares of the packets that matched any.
  std::vector<TopEntry> signatures;
  std::vector<Evidence> evidence;
  /// The greatest share of packets, 0..1, that were lost before counting in any second of the
  /// incident. Its rates are too low by up to this share. In the JSON when it is not 0.
  double loss_ratio = 0;
  /// Where one packet in so many arrived: the figures are estimates, and `packets` may be wrong by
  /// up to this share in 19 of 20 cases. In the JSON when it is not 1.
  std::uint32_t sampling = 1;
  double sampling_error = 0;
  std::optional<Effect> effect;
  std::optional<ImpactDetail> impact;   ///< of kind impact
  std::optional<QueriedNames> queried;  ///< of a flood of DNS queries
  std::optional<Dark> dark;             ///< of kind blackout: the widest that was reached
  std::string cause;  ///< of an impact or blackout: id of the flood that explains it, or empty
  bool maintenance = false;  ///< it began in a maintenance window: it alarms nobody
  std::optional<Mitigation> mitigation;
  std::optional<EvidenceFile> evidence_file;
  RulesChange rules_change;  ///< in the event "rules", not in the incident's JSON
  // Told by an announcer or a person; in the JSON when there is any.
  std::optional<Approval> approval;
  std::vector<AnnouncedRule> announced;
  std::string not_announced;  ///< why an announcer announces nothing, or not all
  // For the text report; not in the JSON.
  std::string shape;        ///< "spoofed: spread evenly over all networks", may be empty
  std::uint32_t hosts = 1;  ///< hosts hit (carpet bombing)
  std::vector<double>
      rate_history;  ///< packets/s, evenly spaced from start to end, at most 60 points
  std::string note;  ///< why it was closed, if not because the rates fell
};

enum class Transition : std::uint8_t { opened, updated, escalated, closed, rules };

const char* name(IncidentKind kind);
const char* name(Severity severity);
const char* name(Transition transition);

}  // namespace floodgauge
