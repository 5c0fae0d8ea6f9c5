// The policy of `floodgauge announce`: which routes may be announced, for how long, to whom. A file
// of its own, because the announcer is a process of its own, with a user of its own.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/fields.h"
#include "config/loader.h"
#include "engine/base/address.h"
#include "engine/base/units.h"

namespace floodgauge {

enum class SpeakerType : std::uint8_t { exabgp, gobgp, program };
enum class RouteAction : std::uint8_t { discard, rate_limit, blackhole };
inline constexpr std::array<std::string_view, 3> kRouteActionNames = {"discard", "rate-limit",
                                                                      "blackhole"};
/// An incident's severities. This layer lies below the one that has them.
enum class PolicySeverity : std::uint8_t { low, medium, high, critical };
inline constexpr std::array<std::string_view, 4> kPolicySeverityNames = {"low", "medium", "high",
                                                                         "critical"};

struct SpeakerPolicy {
  SpeakerType type = SpeakerType::exabgp;
  std::string address = "127.0.0.1:50051";  ///< of GoBGP's gRPC server
  std::string program;                      ///< for `program`: what to run; for `gobgp`: its client
  bool operator==(const SpeakerPolicy&) const = default;
};

struct AllowPolicy {
  std::vector<IpPrefix> prefixes;   ///< only targets inside these are touched
  std::uint32_t narrowest_v4 = 32;  ///< longest prefix that the neighbours accept
  std::uint32_t narrowest_v6 = 128;
  std::vector<RouteAction> actions = {RouteAction::discard, RouteAction::rate_limit,
                                      RouteAction::blackhole};
  bool operator==(const AllowPolicy&) const = default;
};

struct BudgetPolicy {
  std::uint32_t rules = 10;       ///< at most so many stand at once
  std::uint32_t per_minute = 10;  ///< at most so many are announced in any minute
  bool operator==(const BudgetPolicy&) const = default;
};

struct WhenPolicy {
  PolicySeverity severity = PolicySeverity::high;  ///< this, or worse
  double flood_share = 0.5;      ///< of the flood, that a rule must take at least; 0..1
  double answered_share = 0.01;  ///< of the answered packets, that a rule may take at most; 0..1
  bool approve = false;          ///< a person must say yes to each incident
  bool operator==(const WhenPolicy&) const = default;
};

struct RoutesPolicy {
  std::vector<std::string> communities;  ///< "65000:666", added to each route
  /// Of blackhole routes: an address, or self. Targets of the other IP version get self.
  std::string next_hop = "self";
  std::uint32_t blackhole_length_v4 = 32;
  std::uint32_t blackhole_length_v6 = 128;
  bool operator==(const RoutesPolicy&) const = default;
};

struct TimePolicy {
  /// A route is withdrawn when the sensor has not confirmed its incident for so long.
  Nanoseconds to_live = whole_seconds(3600);
  /// A route is withdrawn so long after its flood became quiet.
  Nanoseconds after_quiet = whole_seconds(60);
  /// When the flood returns after a withdrawal, its route stands at least so long, and twice as
  /// long after each further return, at most to_live.
  Nanoseconds probe = whole_seconds(600);
  bool operator==(const TimePolicy&) const = default;
};

/// Whether the sensor sees packets before or after the routers that filter.
enum class SensorPlace : std::uint8_t {
  behind,  ///< it sees what they let through
  before,  ///< it sees all, as a tap upstream of them does
};

struct EfficacyPolicy {
  SensorPlace sensor = SensorPlace::behind;
  /// A route is judged so long after its announcement.
  Nanoseconds judge_after = whole_seconds(120);
  /// A route is withdrawn if it takes less than this share of what its receipt promised; 0..1.
  double least = 0.1;
  bool operator==(const EfficacyPolicy&) const = default;
};

struct Policy {
  SpeakerPolicy speaker;
  bool dry_run = true;
  AllowPolicy allow;
  BudgetPolicy budget;
  WhenPolicy when;
  RoutesPolicy routes;
  TimePolicy time;
  EfficacyPolicy efficacy;
  std::vector<IpPrefix> never;  ///< no route touches an address of these
  std::string state;            ///< journal of what stands; empty: the policy's path + ".state"
  bool operator==(const Policy&) const = default;
};

struct PolicyResult {
  std::optional<Policy> policy;     ///< absent when there are errors
  std::vector<ConfigError> errors;  ///< by line
};

/// Reads at most 16 MiB. Never throws because of the file's content or because it is missing.
PolicyResult load_policy(const std::string& path);
/// The same for text in memory. `file_name` is the name that messages give.
PolicyResult parse_policy(std::string_view yaml, std::string_view file_name);

/// Every key with its allowed values and its default, in the order of the file.
std::vector<KeyDescription> describe_policy();

}  // namespace floodgauge
