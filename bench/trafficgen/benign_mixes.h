// The conversations of ordinary traffic. `seed` decides the hosts and the contents. A coroutine is
// one conversation from its first packet to its last. A function with a parameter `pps` starts as
// many long-lived flows as together send that rate.
#pragma once

#include "bench/trafficgen/world.h"

namespace floodgauge::trafficgen {

// benign_web.cc
Process web_visit(World& world, Tally& tally, std::uint64_t seed);
Process crowd_visit(World& world, Tally& tally, std::uint64_t seed);
Process nat_visit(World& world, Tally& tally, std::uint64_t seed);
// benign_services.cc
Process dns_lookup(World& world, Tally& tally, std::uint64_t seed);
Process mail_delivery(World& world, Tally& tally, std::uint64_t seed);
Process ntp_exchange(World& world, Tally& tally, std::uint64_t seed);
Process ping(World& world, Tally& tally, std::uint64_t seed);
Process probe_port(World& world, Tally& tally, std::uint64_t seed);
// benign_bulk.cc
Process zone_transfer(World& world, Tally& tally, std::uint64_t seed);
void start_speed_tests(World& world, Tally& tally, double pps, std::uint64_t seed);
void start_backups(World& world, Tally& tally, double pps, std::uint64_t seed);
void start_cache_fills(World& world, Tally& tally, double pps, std::uint64_t seed);
// benign_media.cc
void start_videos(World& world, Tally& tally, double pps, std::uint64_t seed);
void start_calls(World& world, Tally& tally, double pps, std::uint64_t seed);
// benign_tunnels.cc
void start_tunnels(World& world, Tally& tally, double pps, std::uint64_t seed);
// benign_peers.cc
Process quic_visit(World& world, Tally& tally, std::uint64_t seed);
void start_file_sharing(World& world, Tally& tally, double pps, std::uint64_t seed);
void start_games(World& world, Tally& tally, double pps, std::uint64_t seed);
void start_conferences(World& world, Tally& tally, double pps, std::uint64_t seed);
// benign_oneway.cc
Process radiation(World& world, Tally& tally, std::uint64_t seed);
Process health_check(World& world, Tally& tally, std::uint64_t seed);
void start_overlays(World& world, Tally& tally, double pps, std::uint64_t seed);
void start_broadcasts(World& world, Tally& tally, double pps, std::uint64_t seed);
void start_reports(World& world, Tally& tally, double pps, std::uint64_t seed);

/// How many flows of at most `each` packets/s are needed for `pps`; at least one.
constexpr std::uint32_t flows_for(double pps, double each) {
  return pps > each ? static_cast<std::uint32_t>(pps / each + 0.999) : 1;
}

}  // namespace floodgauge::trafficgen
