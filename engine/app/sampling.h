// Traffic of which one packet in so many arrives: limits for what arrives, figures for what was
// sent.
#pragma once

#include <cstdint>

#include "config/settings.h"
#include "engine/model/incident.h"
#include "engine/model/snapshot.h"

namespace floodgauge {

/// The settings by which the packets that arrive are judged: limits and the link's capacity divided
/// by settings.sampling. Each limit is raised by three standard errors of the number of packets
/// that a window has at the limit, because that number varies by chance: of n expected packets by
/// the square root of n.
Settings settings_of_arrivals(Settings settings);

/// The figures of the traffic, estimated from those of the packets that arrived. What says how many
/// frames were received stays as it is.
void scale(Incident& incident, std::uint32_t sampling);
void scale(EngineSnapshot& snapshot, std::uint32_t sampling);

/// By how much a count that was estimated from `packets` arrivals may be wrong, as a share of it,
/// in 19 of 20 cases: 1.96 sqrt((1 - 1/sampling) / packets). See P. Phaal, S. Panchen, "Packet
/// Sampling Basics" (sflow.org), which gives 196 sqrt(1/packets) percent for a small share.
double sampling_error(std::uint64_t packets, std::uint32_t sampling);

}  // namespace floodgauge
