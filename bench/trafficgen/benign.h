// Ordinary traffic: the table of mixes, and how a mix is started in a world.
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "bench/trafficgen/world.h"

namespace floodgauge::trafficgen {

/// Ordinary traffic begins this long before the capture. So the capture begins in the middle of
/// conversations, as real captures do.
inline constexpr Nanoseconds kPreroll = whole_seconds(3);

struct Mix {
  std::string_view name;
  std::string_view description;
  /// Runs one conversation from its first packet to its last; null if `flows` is set.
  Process (*session)(World& world, Tally& tally, std::uint64_t seed);
  /// Starts long-lived flows that together send `pps`; null if `session` is set.
  void (*flows)(World& world, Tally& tally, double pps, std::uint64_t seed);
  bool preroll;         ///< already running when the capture begins
  double blend_weight;  ///< share of the mix called "mix"
};

std::span<const Mix> mixes();

/// The components of "mix" with their rates; for any other mix, the mix itself. Throws SpecError
/// for an unknown name.
std::vector<BenignSpec> mix_parts(const BenignSpec& spec);

void start_benign(World& world, BenignTruth& truth, std::uint64_t seed);

}  // namespace floodgauge::trafficgen
