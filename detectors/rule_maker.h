// The fewest FlowSpec rules that take a flood, out of a sample of it and of what its target
// answers.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "detectors/rule_match.h"
#include "detectors/rule_traffic.h"

namespace floodgauge {

/// A rule may take this share of the answered packets and is still called clean.
inline constexpr double kCleanShare = 0.01;
/// The rules of a flood take at least this share of it together, where that is possible.
inline constexpr double kCoveredShare = 0.95;

struct MadeRule {
  RuleMatch match;
  /// Bytes a second to which matching packets are limited; 0: they are discarded.
  std::uint64_t rate_limit = 0;

  bool operator==(const MadeRule&) const = default;
};

/// What a rule would take of a sample.
struct RuleTake {
  double flood_share = 0;     ///< 0..1; 0 without flood packets
  double answered_share = 0;  ///< 0..1; 0 without answered packets
  std::uint64_t answered_flows = 0;
};

RuleTake take_of(const RuleMatch& match, const RuleTraffic& traffic, Direction direction);
/// The same of all rules together.
RuleTake take_of(const std::vector<MadeRule>& rules, const RuleTraffic& traffic,
                 Direction direction);

/// One rule for each kind of packet that the flood consists of (protocol, vector, later
/// fragments), as narrow as nearly all of them allow. Where such a rule would take more than
/// kCleanShare of what is answered, it is narrowed further by lengths and by senders; where that
/// does not help, it limits the rate, and so do rules against requests, which genuine clients send
/// too. At most kMostRules; none when there is no flood in the sample. The result depends on the
/// sample alone.
std::vector<MadeRule> make_rules(const RuleTraffic& traffic, Direction direction);

inline constexpr std::size_t kMostRules = 8;

}  // namespace floodgauge
