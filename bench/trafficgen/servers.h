// Named servers inside with a steady load: each request is one client's, and the effects of the
// server say whether and when it is answered. Their clients come again and again, as those of a
// small country's portals do.
#pragma once

#include "bench/trafficgen/world.h"

namespace floodgauge::trafficgen {

/// Starts the requests to a server, a few seconds before the capture begins.
void start_server(World& world, BenignTruth& truth, const ServerSpec& spec, std::uint64_t seed);

}  // namespace floodgauge::trafficgen
