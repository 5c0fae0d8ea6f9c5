// How a service of a server does, as incidents, metrics and stories tell it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "engine/base/address.h"
#include "engine/base/units.h"

namespace floodgauge {

/// From good to bad; `recovering` is told only while an impact is open.
enum class Condition : std::uint8_t { normal, recovering, slow, failing, silent };
inline constexpr std::size_t kConditions = 5;

const char* name(Condition condition);

/// A condition that a server came into, for the story of an event.
struct ConditionChange {
  Nanoseconds time;  ///< of the first request that was served so
  Condition condition = Condition::normal;
  std::optional<double> response_seconds;  ///< median when it was slow
};

/// One server of an impact.
struct ServerImpact {
  IpAddress address;
  Condition condition = Condition::normal;  ///< the worst reached
  Condition now = Condition::normal;        ///< not in the JSON
  Nanoseconds start;                        ///< the first unanswered or slow request
  std::optional<Nanoseconds> end;           ///< the first usual answer after it
  std::uint64_t requests = 0;               ///< from `start` to `end`, without repetitions
  std::uint64_t answered = 0;               ///< of these
  std::optional<double> response_seconds_before;
  std::optional<double> response_seconds_worst;
  // Not in the JSON of a server.
  std::vector<ConditionChange> changes;  ///< from the first one on; at most kMostChanges
  static constexpr std::size_t kMostChanges = 64;
  double answer_ratio_before = 1;
  double answer_ratio_worst = 1;
};

/// What an incident of kind impact tells besides.
struct ImpactDetail {
  std::string service;                      ///< as configured
  Condition condition = Condition::normal;  ///< the worst reached
  Condition now = Condition::normal;
  std::vector<ServerImpact> servers;
  std::uint64_t requests = 0;
  std::uint64_t answered = 0;
  double lost_seconds = 0;  ///< from its start to its end
  std::string merged_into;  ///< id of the incident of the whole prefix; empty: none

  std::uint64_t lost_requests() const { return requests - answered; }
};

/// What an incident of kind blackout misses: packets that come in, that go out, or both.
enum class Dark : std::uint8_t { in, out, both };
const char* name(Dark dark);

}  // namespace floodgauge
