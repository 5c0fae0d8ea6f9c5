#include <algorithm>
#include <array>

#include "bench/trafficgen/benign_mixes.h"
#include "bench/trafficgen/tcp_conversation.h"

namespace floodgauge::trafficgen {
namespace {

constexpr double kTunnelPps = 800;
constexpr std::uint16_t kWireGuard = 51'820;
constexpr std::uint16_t kOpenVpn = 1194;

/// The two ends of a tunnel (end 0 is inside), and how many packets each has sent.
struct Tunnel {
  std::array<Endpoint, 2> ends;
  std::array<std::uint32_t, 2> keys{};  ///< SPI, receiver index or peer
  std::array<std::uint32_t, 2> sent{};
};

/// Sizes of packets inside tunnels: acknowledgements, medium packets, full packets.
std::size_t inner_size(Rng& rng) {
  const double kind = rng.unit();
  return (kind < 0.4 ? 64 : kind < 0.6 ? rng.between(6, 60) * 16 : 1344);
}

Tunnel make_tunnel(World& world, Rng& rng, std::uint16_t port, bool v6) {
  Tunnel tunnel;
  tunnel.ends = {world.inside.pick(Role::vpn, v6, port, rng),
                 world.outside(v6, port == 0 ? std::uint16_t{0} : rng.client_port(), rng)};
  tunnel.keys = {rng.u32() | 0x1000, rng.u32() | 0x1000};
  return tunnel;
}

void send_udp(World& world, Tally& tally, const Tunnel& tunnel, std::size_t from, Rng& rng) {
  build_udp(world.frame, tunnel.ends[from], tunnel.ends[1 - from], rng.u16(), world.scratch.view());
  world.send(world.frame, tally);
}

/// Sends the tunnel's next packet from end `from`.
using SendPacket = void (*)(World&, Tally&, Tunnel&, std::size_t from, Rng&);

void send_esp(World& world, Tally& tally, Tunnel& tunnel, std::size_t from, Rng& rng) {
  world.scratch.clear();
  world.scratch.u32(tunnel.keys[from]).u32(++tunnel.sent[from]);  // RFC 4303
  world.scratch.append(ciphertext(rng, inner_size(rng) + 36));
  build_ip(world.frame, tunnel.ends[from], tunnel.ends[1 - from], rng.u16(),
           static_cast<std::uint8_t>(Protocol::esp), world.scratch.view());
  world.send(world.frame, tally);
}

void send_wireguard(World& world, Tally& tally, Tunnel& tunnel, std::size_t from, Rng& rng) {
  world.scratch.clear();
  world.scratch.le32(4).le32(tunnel.keys[from]).le32(tunnel.sent[from]++).le32(0);
  world.scratch.append(ciphertext(rng, inner_size(rng) + 16));
  send_udp(world, tally, tunnel, from, rng);
}

void send_openvpn(World& world, Tally& tally, Tunnel& tunnel, std::size_t from, Rng& rng) {
  constexpr std::uint8_t kDataV2 = 9 << 3;
  world.scratch.clear();
  world.scratch.u8(kDataV2).u24(tunnel.keys[from] & 0xff).u32(++tunnel.sent[from]);
  world.scratch.append(ciphertext(rng, inner_size(rng) + 16));
  send_udp(world, tally, tunnel, from, rng);
}

void greet_wireguard(World& world, Tally& tally, Tunnel& tunnel, std::size_t from, Rng& rng) {
  // The handshake initiation has 148 bytes, the response 92; the type takes the first 4.
  const bool first = from == 1;
  world.scratch.clear();
  world.scratch.le32(first ? 1 : 2).append(ciphertext(rng, first ? 144 : 88));
  send_udp(world, tally, tunnel, from, rng);
}

void greet_openvpn(World& world, Tally& tally, Tunnel& tunnel, std::size_t from, Rng& rng) {
  const bool first = from == 1;
  world.scratch.clear();
  world.scratch.u8(first ? 7 << 3 : 8 << 3).random(8, rng);
  if (first) {
    world.scratch.u8(0).u32(0);
  } else {
    world.scratch.u8(1).u32(0).random(8, rng).u32(0);
  }
  send_udp(world, tally, tunnel, from, rng);
}

struct TunnelKind {
  std::uint16_t port;
  SendPacket greet;  ///< null: the key exchange was before the capture
  SendPacket send;
};

constexpr std::array<TunnelKind, 3> kKinds = {{{0, nullptr, send_esp},
                                               {kWireGuard, greet_wireguard, send_wireguard},
                                               {kOpenVpn, greet_openvpn, send_openvpn}}};

Process run_tunnel(World& world, Tally& tally, TunnelKind kind, bool v6, double pps,
                   std::uint64_t seed) {
  Rng rng(seed);
  Tunnel tunnel = make_tunnel(world, rng, kind.port, v6);
  if (kind.greet != nullptr) {
    kind.greet(world, tally, tunnel, 1, rng);
    co_await world.simulation.sleep({rng.between(300'000, 900'000)});
    kind.greet(world, tally, tunnel, 0, rng);
  }
  for (;;) {
    const double gap = 1e9 / pps * (0.5 + rng.unit());
    co_await world.simulation.sleep({static_cast<std::int64_t>(gap)});
    kind.send(world, tally, tunnel, rng.below(2), rng);
  }
}

}  // namespace

void start_tunnels(World& world, Tally& tally, double pps, std::uint64_t seed) {
  const std::uint32_t tunnels = std::max(flows_for(pps, kTunnelPps), std::uint32_t{3});
  for (std::uint32_t i = 0; i < tunnels; ++i) {
    world.simulation.start(run_tunnel(world, tally, kKinds[i % kKinds.size()], world.flow_v6(i),
                                      pps / tunnels, derive_seed(seed, i)),
                           world.now() + milliseconds(std::int64_t{i} * 3 % 1500));
  }
}

}  // namespace floodgauge::trafficgen
