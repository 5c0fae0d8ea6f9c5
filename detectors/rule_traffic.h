// An incident's sample, told apart: what belongs to the flood, and what its target answers.
#pragma once

#include <vector>

#include "detectors/rule_sample.h"
#include "engine/model/direction.h"
#include "engine/model/vector_set.h"

namespace floodgauge {

struct WeighedPacket {
  const SampledPacket* packet = nullptr;
  double weight = 1;  ///< for how many packets it stands
};

struct RuleTraffic {
  std::vector<WeighedPacket> flood;
  std::vector<WeighedPacket> answered;
  double seconds = 0;

  std::size_t packets() const { return flood.size() + answered.size(); }
};

double weight_of(const std::vector<WeighedPacket>& packets);

/// What is asked of the sample.
struct RuleQuestion {
  VectorSet vectors;  ///< the incident's own
  Direction direction = Direction::in;
  double sampling = 1;             ///< one packet in so many arrives
  bool fragments = false;          ///< it is a flood of fragments
  bool takes_connections = false;  ///< its requests come in connections, which are part of it
};

/// A packet of the incident's vectors is the flood's, unless its source is known as a client that
/// the target served before, and may be asking again. Ordinary packets are answered. So are first
/// packets of genuine clients, which cannot be told from the flood's: in their place stand those of
/// `before`, in proportion to the time. Where requests come in connections, this holds for all
/// packets of connections; without a `before`, a source that sends more requests than a person does
/// is then the flood's. Packets of other attack vectors are neither. The result refers to both
/// samples.
RuleTraffic traffic_of(const RuleSample& sample, const RuleSample& before,
                       const RuleQuestion& question);

}  // namespace floodgauge
