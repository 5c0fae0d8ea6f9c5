// Conversations over UDP between many peers: file sharing, games, conferences, short QUIC visits.
#include <array>
#include <vector>

#include "bench/trafficgen/benign_mixes.h"
#include "bench/trafficgen/payload_dns.h"
#include "bench/trafficgen/payload_web.h"
#include "bench/trafficgen/tcp_conversation.h"

namespace floodgauge::trafficgen {
namespace {

constexpr double kSwarmPps = 400;
constexpr double kPlayerPps = 100;  // 50 updates each way
constexpr double kTalkerPps = 300;
constexpr std::uint16_t kBitTorrent = 6881;
constexpr std::uint16_t kGame = 27'015;
constexpr std::uint16_t kTurn = 3478;
constexpr std::uint16_t kHttps = 443;

void send_udp(World& world, Tally& tally, const Endpoint& from, const Endpoint& to, Rng& rng) {
  build_udp(world.frame, from, to, rng.u16(), world.scratch.view());
  world.send(world.frame, tally);
}

Nanoseconds gap_of(double pps, Rng& rng) {
  return {static_cast<std::int64_t>(1e9 / pps * (0.5 + rng.unit()))};
}

Nanoseconds far_away(Rng& rng) {
  return {rng.between(8'000'000, 140'000'000)};
}

/// Appends a message of the DHT (BEP 5): a ping, or its answer.
void append_dht(Bytes& bytes, Rng& rng, bool query) {
  bytes.text(query ? "d1:ad2:id20:" : "d1:rd2:id20:").random(20, rng);
  bytes.text(query ? "e1:q4:ping1:t2:" : "e1:t2:").random(2, rng);
  bytes.text(query ? "1:y1:qe" : "1:y1:re");
}

/// Appends a uTP packet (BEP 29), version 1: data or state.
void append_utp(Bytes& bytes, Rng& rng, std::uint32_t connection, std::uint32_t number, bool data) {
  bytes.u8(data ? 0x01 : 0x21).u8(0).u16(connection).u32(rng.u32()).u32(rng.below(100'000));
  bytes.u32(1 << 20).u16(number & 0xffff).u16(number & 0xffff);
  if (data) bytes.append(ciphertext(rng, 1380));
}

struct Swarm {
  Endpoint self;
  std::vector<Endpoint> peers;
};

Swarm make_swarm(World& world, Rng& rng, bool v6) {
  constexpr std::uint32_t kPeers = 50;
  Swarm swarm{world.inside.pick(Role::client, v6, kBitTorrent, rng), {}};
  for (std::uint32_t i = 0; i < kPeers; ++i) {
    // Half of the peers use the port that was once the default of clients.
    const std::uint16_t port = rng.chance(0.5) ? kBitTorrent : rng.client_port();
    swarm.peers.push_back(world.outside(v6, port, rng));
  }
  return swarm;
}

/// A DHT query and its answer. Three of ten queries are never answered.
Process ask_node(World& world, Tally& tally, Endpoint asking, Endpoint asked, std::uint64_t seed) {
  Rng rng(seed);
  world.scratch.clear();
  append_dht(world.scratch, rng, true);
  send_udp(world, tally, asking, asked, rng);
  if (rng.chance(0.3)) co_return;
  co_await world.simulation.sleep(far_away(rng));
  world.scratch.clear();
  append_dht(world.scratch, rng, false);
  send_udp(world, tally, asked, asking, rng);
}

Process share_files(World& world, Tally& tally, bool v6, double pps, std::uint64_t seed) {
  Rng rng(seed);
  constexpr double kAsks = 0.06;  // share of DHT queries among the steps; 0.7 are answered
  const Swarm swarm = make_swarm(world, rng, v6);
  for (std::uint32_t number = 0;; ++number) {
    co_await world.simulation.sleep(gap_of(pps / (1 + 0.7 * kAsks), rng));
    if (rng.chance(kAsks)) {
      const Endpoint node = world.outside(v6, rng.client_port(), rng);
      const bool outgoing = rng.chance(0.6);
      world.simulation.start(ask_node(world, tally, outgoing ? swarm.self : node,
                                      outgoing ? node : swarm.self, rng.next()));
      continue;
    }
    const Endpoint& peer = rng.pick(std::span<const Endpoint>(swarm.peers));
    const bool outgoing = rng.chance(0.45);
    world.scratch.clear();
    append_utp(world.scratch, rng, peer.port, number, rng.chance(0.65));
    send_udp(world, tally, outgoing ? swarm.self : peer, outgoing ? peer : swarm.self, rng);
  }
}

/// A flow of small datagrams in both directions at a steady rate.
struct Chatter {
  Endpoint inside;
  Endpoint outside;
  std::uint32_t least = 0;  ///< payload bytes
  std::uint32_t most = 0;
  double from_inside = 0.5;  ///< share of the packets
};

Process chatter(World& world, Tally& tally, Chatter flow, double pps, std::uint64_t seed) {
  Rng rng(seed);
  for (;;) {
    co_await world.simulation.sleep(gap_of(pps, rng));
    world.scratch.clear();
    world.scratch.append(ciphertext(rng, rng.between(flow.least, flow.most)));
    const bool from_inside = rng.chance(flow.from_inside);
    send_udp(world, tally, from_inside ? flow.inside : flow.outside,
             from_inside ? flow.outside : flow.inside, rng);
  }
}

/// Starts as many flows `make(i, pps of the flow, rng)` as together send `pps`.
template <typename Make>
void start_each(World& world, double pps, double each, std::uint64_t seed, Make make) {
  const std::uint32_t flows = flows_for(pps, each);
  for (std::uint32_t i = 0; i < flows; ++i) {
    Rng rng(derive_seed(seed, i));
    world.simulation.start(make(i, pps / flows, rng),
                           world.now() + milliseconds(std::int64_t{i} * 3 % 1500));
  }
}

}  // namespace

Process quic_visit(World& world, Tally& tally, std::uint64_t seed) {
  Rng rng(seed);
  const bool v6 = world.draw_v6(rng);
  const Endpoint client = world.outside(v6, rng.client_port(), rng);
  const Endpoint server = world.inside.pick(Role::web, v6, kHttps, rng);
  const Nanoseconds away = far_away(rng);
  world.scratch.clear();
  append_quic_initial(world.scratch, rng);
  send_udp(world, tally, client, server, rng);
  co_await world.simulation.sleep({rng.between(200'000, 1'500'000)});
  for (int i = 0; i < 3; ++i) {  // certificates take some datagrams
    world.scratch.clear();
    append_quic_server_initial(world.scratch, rng);
    send_udp(world, tally, server, client, rng);
  }
  co_await world.simulation.sleep(away);
  const std::uint32_t answers = rng.between(4, 30);
  for (std::uint32_t i = 0; i < answers; ++i) {
    if (i % 2 == 0) {
      world.scratch.clear();
      append_quic_short(world.scratch, rng, rng.between(33, 90));
      send_udp(world, tally, client, server, rng);
      if (i % 8 == 0) co_await world.simulation.sleep({rng.between(1'000'000, 20'000'000)});
    }
    world.scratch.clear();
    append_quic_short(world.scratch, rng, 1200);
    send_udp(world, tally, server, client, rng);
    co_await world.simulation.sleep({12'000});
  }
}

void start_file_sharing(World& world, Tally& tally, double pps, std::uint64_t seed) {
  start_each(world, pps, kSwarmPps, seed, [&](std::uint32_t i, double each, Rng& rng) {
    return share_files(world, tally, world.flow_v6(i), each, rng.next());
  });
}

void start_games(World& world, Tally& tally, double pps, std::uint64_t seed) {
  constexpr std::uint32_t kServer = 70;
  start_each(world, pps, kPlayerPps, seed, [&](std::uint32_t i, double each, Rng& rng) {
    const bool v6 = world.flow_v6(i);
    const Chatter flow{world.inside.host(kServer, v6, kGame),
                       world.outside(v6, rng.client_port(), rng), 30, 180, 0.5};
    return chatter(world, tally, flow, each, rng.next());
  });
}

void start_conferences(World& world, Tally& tally, double pps, std::uint64_t seed) {
  start_each(world, pps, kTalkerPps, seed, [&](std::uint32_t i, double each, Rng& rng) {
    const bool v6 = world.flow_v6(i);
    // A TURN relay (RFC 8656) answers from the port to which the client sends.
    const Chatter flow{world.inside.pick(Role::client, v6, rng.client_port(), rng),
                       world.outside(v6, kTurn, rng), 80, 1150, 0.35};
    return chatter(world, tally, flow, each, rng.next());
  });
}

}  // namespace floodgauge::trafficgen
