// The rules against one open flood, and the sample from which they are made.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "detectors/queried_zone.h"
#include "detectors/rule_maker.h"
#include "detectors/rule_sample.h"
#include "engine/base/units.h"
#include "engine/count/service_window.h"

namespace floodgauge {

struct IncidentRules {
  RuleSample sample;
  RuleSample before;  ///< of the seconds before the flood began
  std::vector<MadeRule> rules;
  std::uint32_t revision = 0;  ///< of the rules; 0: none were made yet
  Nanoseconds changed;         ///< when they were
  Nanoseconds looked_at;       ///< when they were last compared with the sample
  bool fresh = false;          ///< the sample has grown since
  double answered_share = 0;   ///< what all of them took when they were made
  // Of a flood of DNS queries.
  QueriedZone zone;
  std::array<std::uint64_t, kDnsResults> dns_results{};  ///< answers of the target's servers
};

}  // namespace floodgauge
