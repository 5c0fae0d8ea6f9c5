// The conversations of ordinary traffic, by what they are for. Each is a coroutine that runs from
// the first packet to the last; `seed` decides who talks and what is said.
#pragma once

#include "bench/trafficgen/world.h"

namespace floodgauge::trafficgen {

// benign_web.cc
Process web_visit(World& world, Tally& tally, std::uint64_t seed);
// benign_services.cc
Process dns_lookup(World& world, Tally& tally, std::uint64_t seed);
Process mail_delivery(World& world, Tally& tally, std::uint64_t seed);
Process ntp_exchange(World& world, Tally& tally, std::uint64_t seed);
Process ping(World& world, Tally& tally, std::uint64_t seed);

}  // namespace floodgauge::trafficgen
