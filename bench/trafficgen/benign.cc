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
    {"quic", "short visits to web servers inside over QUIC", quic_visit, nullptr, true, 0},
    {"file_sharing", "clients inside in swarms: uTP and DHT", nullptr, start_file_sharing, true, 0},
    {"game", "a game server inside and its players", nullptr, start_games, true, 0},
    {"conference", "video conferences over relays outside (TURN)", nullptr, start_conferences, true,
     0},
    {"nat", "thousands of clients behind one address inside (NAT44)", nat_visit, nullptr, true, 0},
    {"overlay", "VXLAN between sites: no outer flow is answered", nullptr, start_overlays, true, 0},
    {"broadcast", "MPEG-TS over RTP to caches inside, one way", nullptr, start_broadcasts, true, 0},
    {"telemetry", "IPFIX and syslog to a collector inside, one way", nullptr, start_reports, true,
     0},
    {"radiation", "background radiation: worms, backscatter and probes", radiation, nullptr, true,
     0},
    {"health_check", "monitors that connect to web servers and close", health_check, nullptr, true,
     0},
    {"port_scan", "one source that probes ports of many hosts", probe_port, nullptr, true, 0},
};

/// The mean length of a conversation is measured over so many packets, in batches of conversations.
constexpr std::uint64_t kSamplePackets = 40'000;
constexpr std::uint64_t kSampleBatch = 256;

std::uint64_t session_seed(std::uint64_t seed, std::uint64_t number) {
  return derive_seed(seed, number + 1);
}

/// The mean number of packets of a conversation. It is measured with the first conversations, in a
/// separate world without effects, views or sampling.
double packets_per_session(const World& world, const Mix& mix, std::uint64_t seed) {
  Request request = world.request;
  request.effects.clear();
  request.view = View::both;
  request.sample = 1;
  request.asymmetric = 0;
  request.skip = {};
  request.rhythm = false;
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
  double passed = 0;  // seconds from `begin` until session i starts
  for (std::uint64_t i = 0; !tally.over(world.now()); ++i) {
    // Evenly spaced with jitter instead of a Poisson process, so that rates are as requested.
    const double seconds = world.request.rhythm
                               ? passed + rng.unit() / per_second
                               : (static_cast<double>(i) + rng.unit()) / per_second;
    passed += 1 / (per_second * world.activity());
    co_await world.simulation.until(begin + Nanoseconds{static_cast<std::int64_t>(seconds * 1e9)});
    world.simulation.start(mix.session(world, tally, session_seed(seed, i)));
  }
}

Process start_flows_later(World& world, BenignTruth& truth, const Mix& mix, std::uint64_t seed) {
  mix.flows(world, truth.traffic, truth.spec.pps, seed);
  co_return;
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
  if (spec.mix != "mix") {
    find_mix(spec.mix);
    return {spec};
  }
  double weights = 0;
  for (const Mix& mix : kMixes) weights += mix.blend_weight;
  std::vector<BenignSpec> parts;
  for (const Mix& mix : kMixes) {
    if (mix.blend_weight == 0) continue;
    BenignSpec part = spec;
    part.mix = mix.name;
    part.pps = spec.pps * mix.blend_weight / weights;
    parts.push_back(part);
  }
  return parts;
}

void start_benign(World& world, BenignTruth& truth, std::uint64_t seed) {
  const Mix& mix = find_mix(truth.spec.mix);
  const Nanoseconds start = world.request.start + truth.spec.start;
  if (truth.spec.duration.count != 0) truth.traffic.end_at(start + truth.spec.duration);
  if (mix.flows != nullptr) {
    if (truth.spec.start.count == 0) {
      mix.flows(world, truth.traffic, truth.spec.pps, seed);
    } else {
      world.simulation.start(start_flows_later(world, truth, mix, seed), start);
    }
    return;
  }
  const double per_second = truth.spec.pps / packets_per_session(world, mix, seed);
  world.simulation.start(launch_sessions(world, truth.traffic, mix, per_second, seed),
                         mix.preroll && truth.spec.start.count == 0 ? world.now() : start);
}

}  // namespace floodgauge::trafficgen
