// Ordinary traffic: what makes up each mix, and its start in a world.
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "bench/trafficgen/world.h"

namespace floodgauge::trafficgen {

/// Ordinary traffic begins this long before the capture, so that the capture opens in the middle
/// of conversations, as real ones do.
inline constexpr Nanoseconds kPreroll = whole_seconds(3);

struct Mix {
  std::string_view name;
  std::string_view description;
  /// One conversation from its first packet to its last; null when `flows` is set.
  Process (*session)(World& world, Tally& tally, std::uint64_t seed);
  /// Long-lived flows that together send `pps`; null when `session` is set.
  void (*flows)(World& world, Tally& tally, double pps, std::uint64_t seed);
  bool preroll;         ///< under way when the capture begins
  double blend_weight;  ///< share of the mix called "mix"
};

std::span<const Mix> mixes();

/// "mix" taken apart into its components; any other is its own only part. Throws SpecError for
/// an unknown name.
std::vector<BenignSpec> mix_parts(const BenignSpec& spec);

void start_benign(World& world, BenignTruth& truth, std::uint64_t seed);

}  // namespace floodgauge::trafficgen
