#include "bench/trafficgen/benign.h"

#include <algorithm>

#include "bench/trafficgen/benign_mixes.h"

namespace floodgauge::trafficgen {
namespace {

constexpr Mix kMixes[] = {
    {"web", "visits to web servers inside and outside: TLS and HTTP", web_visit, nullptr, true,
     0.38},
    {"dns", "queries and answers: an authoritative server inside, resolvers inside", dns_lookup,
     nullptr, true, 0.10},
    {"mail", "SMTP dialogues both ways", mail_delivery, nullptr, true, 0.04},
    {"video", "streams to clients inside, over QUIC and TCP", nullptr, start_videos, true, 0.24},
    {"voip", "telephone calls: SIP and RTP", nullptr, start_calls, true, 0.03},
    {"vpn", "tunnels both ways: ESP, WireGuard, OpenVPN", nullptr, start_tunnels, true, 0.06},
    {"ntp", "clients and a server asking for the time", ntp_exchange, nullptr, true, 0.02},
    {"ping", "echo requests and their replies", ping, nullptr, true, 0.01},
    {"backup", "long uploads from inside", nullptr, start_backups, true, 0.05},
    {"cdn_fill", "caches inside fetching large files", nullptr, start_cache_fills, true, 0.06},
    {"zone_transfer", "AXFR over TCP both ways", zone_transfer, nullptr, true, 0.01},
    {"speed_test", "one to four downloads at the line's rate", nullptr, start_speed_tests, false,
     0},
    {"flash_crowd", "thousands of real clients discovering one web server", crowd_visit, nullptr,
     false, 0},
    {"port_scan", "one source trying ports of many hosts", probe_port, nullptr, true, 0},
};

/// Conversations are measured until they made that many packets, to learn how many one has.
constexpr std::uint64_t kSamplePackets = 40'000;
constexpr std::uint64_t kSampleBatch = 256;

std::uint64_t session_seed(std::uint64_t seed, std::uint64_t number) {
  return derive_seed(seed, number + 1);
}

/// Mean packets of a conversation, found by letting the first of them run in a world of their own,
/// in which everything is in order.
double packets_per_session(const World& world, const Mix& mix, std::uint64_t seed) {
  Request request = world.request;
  request.effects.clear();
  Tally total;
  Tally tally;
  World trial(request, nullptr, total, request.start);
  std::uint64_t sessions = 0;
  while (tally.volume().packets < kSamplePackets) {
    for (std::uint64_t i = 0; i < kSampleBatch; ++i) {
      trial.simulation.start(mix.session(trial, tally, session_seed(seed, sessions++)));
    }
    trial.simulation.run(trial.now() + whole_seconds(600));
  }
  return static_cast<double>(tally.volume().packets) / static_cast<double>(sessions);
}

Process launch_sessions(World& world, Tally& tally, const Mix& mix, double per_second,
                        std::uint64_t seed) {
  Rng rng(seed);
  const Nanoseconds begin = world.now();
  for (std::uint64_t i = 0;; ++i) {
    // Evenly spread with jitter rather than Poisson: rates come out as asked for.
    const double seconds = (static_cast<double>(i) + rng.unit()) / per_second;
    co_await world.simulation.until(begin + Nanoseconds{static_cast<std::int64_t>(seconds * 1e9)});
    world.simulation.start(mix.session(world, tally, session_seed(seed, i)));
  }
}

const Mix& find_mix(const std::string& name) {
  const auto mix = std::find_if(std::begin(kMixes), std::end(kMixes),
                                [&](const Mix& each) { return each.name == name; });
  if (mix == std::end(kMixes)) throw SpecError(name + ": not a mix; --list names them");
  return *mix;
}

}  // namespace

std::span<const Mix> mixes() {
  return kMixes;
}

std::vector<BenignSpec> mix_parts(const BenignSpec& spec) {
  if (spec.mix != "mix") return {{std::string(find_mix(spec.mix).name), spec.pps}};
  double weights = 0;
  for (const Mix& mix : kMixes) weights += mix.blend_weight;
  std::vector<BenignSpec> parts;
  for (const Mix& mix : kMixes) {
    if (mix.blend_weight == 0) continue;
    parts.push_back({std::string(mix.name), spec.pps * mix.blend_weight / weights});
  }
  return parts;
}

void start_benign(World& world, BenignTruth& truth, std::uint64_t seed) {
  const Mix& mix = find_mix(truth.spec.mix);
  if (mix.flows != nullptr) {
    mix.flows(world, truth.traffic, truth.spec.pps, seed);
    return;
  }
  const double per_second = truth.spec.pps / packets_per_session(world, mix, seed);
  world.simulation.start(launch_sessions(world, truth.traffic, mix, per_second, seed),
                         mix.preroll ? world.now() : world.request.start);
}

}  // namespace floodgauge::trafficgen
