// The effective configuration, which the loader makes from the YAML and the engine reads.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "engine/base/address.h"
#include "engine/base/units.h"

namespace floodgauge {

/// Limits a second, for one host (`thresholds`), for a whole protected prefix (`prefix_thresholds`)
/// or for what one host sends out of its prefix (`outbound`). A limit without a value is not
/// checked. The key in the file is the name of the member.
struct Thresholds {
  std::optional<double> packets;      ///< packets/s of all traffic except established traffic
  std::optional<double> bits;         ///< bits/s of the same
  std::optional<double> new_flows;    ///< flows/s
  std::optional<double> connections;  ///< completed handshakes/s
  std::optional<double> syn;          ///< all below: packets/s of that family
  std::optional<double> synack;
  std::optional<double> ack;
  std::optional<double> rst;
  std::optional<double> fin;
  std::optional<double> flags;
  std::optional<double> udp;
  std::optional<double> reflection;  ///< unsolicited answers
  std::optional<double> fragment;
  std::optional<double> icmp;
  std::optional<double> gre;
  std::optional<double> esp;
  std::optional<double> other;
  std::optional<double> dns_query;
  std::optional<double> http_request;
  std::optional<double> tls_hello;
  std::optional<double> quic_initial;

  bool operator==(const Thresholds&) const = default;
};

/// Default limits for one host. A test compares them with the table in the README.
Thresholds default_host_thresholds();
/// Default limits for a whole prefix.
Thresholds default_prefix_thresholds();

struct BaselineSettings {
  bool enabled = true;
  Nanoseconds learning = whole_seconds(3600);
  double sensitivity = 4.0;  ///< how many spreads above the level a rate is unusual
  std::string state;         ///< file that keeps what was learnt; empty keeps it in memory only
  bool operator==(const BaselineSettings&) const = default;
};

struct Profile {
  Thresholds thresholds = default_host_thresholds();
  Thresholds prefix_thresholds = default_prefix_thresholds();
  Thresholds outbound = default_host_thresholds();
  BaselineSettings baseline;
  Nanoseconds hold = whole_seconds(30);  ///< how long below the close limit ends an incident
  bool operator==(const Profile&) const = default;
};

/// A time in which failing services and silence are expected: they are reported, but alarm nobody.
struct MaintenanceWindow {
  Nanoseconds from;  ///< since 1970-01-01 UTC
  Nanoseconds to;    ///< the first moment after it
  bool operator==(const MaintenanceWindow&) const = default;
};

struct ProtectEntry {
  std::string name;
  std::vector<IpPrefix> prefixes;  ///< those of the file included
  std::string profile = "default";
  std::string file{};  ///< path of a file of prefixes; empty: none
  std::vector<MaintenanceWindow> maintenance{};
  bool operator==(const ProtectEntry&) const = default;
};

struct ExcludeSettings {
  std::vector<IpPrefix> sources;
  std::vector<IpPrefix> targets;
  bool operator==(const ExcludeSettings&) const = default;
};

enum class PortSide : std::uint8_t { outside, inside, mirror };

struct PortSettings {
  std::string name;
  std::string device;  ///< PCI address or DPDK virtual device with its arguments
  PortSide side = PortSide::mirror;
  std::string peer;          ///< empty for a mirror
  std::uint16_t queues = 0;  ///< 0: one for each worker
  std::uint16_t descriptors = 1024;
  std::uint32_t mtu = 0;       ///< 0: unchanged
  std::uint32_t sampling = 1;  ///< one packet in so many arrives
  bool operator==(const PortSettings&) const = default;
};

/// Which addresses of a tunnelled packet are counted.
enum class TunnelAddresses : std::uint8_t {
  outermost_protected,  ///< the outermost pair with a protected address
  outer,
  inner,
};

/// What is done with frames that come twice (count/duplicates.h says what a copy is).
enum class DuplicateMode : std::uint8_t {
  automatic,  ///< counted once where a mirror delivers frames twice
  drop,       ///< each frame that looks like a copy is counted once, whatever the others do
  count,      ///< told, and counted as often as they come
  off,        ///< not looked for
};

struct TunnelSettings {
  std::vector<std::uint16_t> fou = {};  ///< UDP ports of foo-over-UDP tunnels
  bool operator==(const TunnelSettings&) const = default;
};

using MacAddress = std::array<std::uint8_t, 6>;

/// Who brings traffic from outside to where captures were made. Not configured: a replay learns it
/// from its captures (engine/app/outside_neighbours.h).
struct OutsideNeighbours {
  /// Most MAC addresses that are compared with a frame's sender.
  static constexpr std::size_t kMost = 16;

  std::vector<MacAddress> macs = {};
  bool received = false;  ///< what the capturing host received came from outside
  bool sent = false;      ///< what it sent did
  bool operator==(const OutsideNeighbours&) const = default;
};

struct EngineSettings {
  std::uint16_t workers = 0;  ///< 0: auto
  Nanoseconds window = milliseconds(100);
  std::uint32_t flows = 1048576;      ///< for each worker
  std::uint32_t hosts = 262144;       ///< for each worker and window
  std::uint32_t sources = 65536;      ///< exact top sources kept for one open incident
  std::optional<std::uint64_t> seed;  ///< empty: a random one at start
  TunnelAddresses addresses = TunnelAddresses::outermost_protected;
  TunnelSettings tunnels = {};
  DuplicateMode duplicates = DuplicateMode::automatic;
  Nanoseconds reorder = whole_seconds(1);  ///< how far a capture's times may be out of order
  OutsideNeighbours outside = {};
  bool operator==(const EngineSettings&) const = default;
};

struct LinkSettings {
  std::optional<double> capacity;  ///< bits/s in each direction
  double saturation = 0.9;         ///< share of the capacity from which the link is saturated
  bool operator==(const LinkSettings&) const = default;
};

struct ServicePort {
  std::uint16_t port = 0;
  std::uint8_t protocol = 0;  ///< IANA protocol number of TCP or UDP
  bool operator==(const ServicePort&) const = default;
};

/// A service of protected servers whose answers are watched passively.
struct ServiceSettings {
  std::string name;
  std::vector<ServicePort> ports;
  bool operator==(const ServiceSettings&) const = default;
};
/// dns, http, https, smtp and ssh on their registered ports and the usual alternatives.
std::vector<ServiceSettings> default_services();

struct ExportSettings {
  std::string listen = "127.0.0.1:9733";
  std::string events;      ///< path of the JSON Lines file; empty: none
  std::string hook;        ///< program run with each transition on standard input; empty: none
  std::string web_config;  ///< exporters' web configuration file (TLS, basic auth); empty: none
  bool reload = false;     ///< whether POST /-/reload is allowed
  std::uint32_t top_hosts = 100;  ///< greatest number of hosts with series and rows of their own
  std::string history;            ///< path of the history's database; empty: none
  Nanoseconds history_minutes = whole_seconds(14 * 86'400);  ///< how long rates a minute are kept
  /// How long rates an hour and closed incidents are kept.
  Nanoseconds history_hours = whole_seconds(365 * std::int64_t{86'400});
  std::uint64_t history_size = std::uint64_t{2} << 30;  ///< bytes, at most
  std::vector<std::string> labels;       ///< paths of MMDB files that name the networks of sources
  std::uint32_t history_prefixes = 500;  ///< of each minute the busiest are kept one by one
  std::vector<std::string> host_names = {};  ///< names under which HTTP clients reach the sensor
  bool operator==(const ExportSettings&) const = default;
};

/// The packets of incidents that are written to files.
struct EvidenceSettings {
  std::string directory;                        ///< folder; empty: none
  std::uint32_t packets = 2000;                 ///< of one incident, at most
  Nanoseconds before = whole_seconds(5);        ///< kept from before an incident, at most
  std::uint64_t disk = std::uint64_t{1} << 30;  ///< bytes of all evidence in the folder, at most
  bool operator==(const EvidenceSettings&) const = default;
};

struct Settings {
  std::vector<ProtectEntry> protect;
  ExcludeSettings exclude;
  std::vector<PortSettings> ports;
  EngineSettings engine;
  LinkSettings link;
  std::vector<ServiceSettings> services = default_services();
  std::map<std::string, Profile> profiles{{"default", Profile{}}};
  EvidenceSettings evidence;
  ExportSettings exports;  ///< `export` in the file
  std::string signatures;  ///< path of a file of further signatures; empty: none
  /// One packet in so many arrives: of all ports (which have the same), or of a replay's captures.
  std::uint32_t sampling = 1;
  bool operator==(const Settings&) const = default;

  /// Without protected prefixes, every address that receives traffic is protected.
  bool protects_everything() const { return protect.empty(); }
};

}  // namespace floodgauge
