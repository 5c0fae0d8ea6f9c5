// Ordinary traffic that looks one-sided: packets without answers, or with answers in another flow.
#include <array>

#include "bench/trafficgen/benign_mixes.h"
#include "bench/trafficgen/payload_dns.h"
#include "bench/trafficgen/tcp_conversation.h"

namespace floodgauge::trafficgen {
namespace {

using namespace tcp_flag;

constexpr double kChannelPps = 1000;  // 10 Mbit/s of MPEG-TS
constexpr double kExporterPps = 50;
constexpr double kOverlayPps = 20'000;
constexpr std::uint16_t kVxlan = 4789;

Nanoseconds gap_of(double pps, Rng& rng) {
  return {static_cast<std::int64_t>(1e9 / pps * (0.5 + rng.unit()))};
}

bool send_udp(World& world, Tally& tally, const Endpoint& from, const Endpoint& to, Rng& rng) {
  build_udp(world.frame, from, to, rng.u16(), world.scratch.view());
  return world.send(world.frame, tally);
}

/// VXLAN (RFC 7348) between two sites. Each inner flow has its own outer source port, so that no
/// outer flow ever has an answer.
Process tunnel_ethernet(World& world, Tally& tally, bool v6, double pps, std::uint64_t seed) {
  Rng rng(seed);
  const std::array<Endpoint, 2> ends = {world.inside.pick(Role::vpn, v6, kVxlan, rng),
                                        world.outside(v6, kVxlan, rng)};
  constexpr std::array<std::size_t, 3> kInner = {66, 580, 1330};
  Frame inner;
  for (;;) {
    co_await world.simulation.sleep(gap_of(pps, rng));
    const std::uint32_t flow = rng.below(400);
    const Endpoint inner_from{IpAddress::from_v4(0x0a000000 | flow), 40'000, 64, false};
    const Endpoint inner_to{IpAddress::from_v4(0x0a010000 | (flow & 7)), 443, 64, false};
    build_tcp(inner, inner_from, inner_to, rng.u16(), {rng.u32(), rng.u32(), ack, 500, {}},
              ciphertext(rng, rng.pick(std::span<const std::size_t>(kInner))));
    world.scratch.clear();
    world.scratch.u32(0x08000000).u32(0x2a00).append(inner.bytes());
    const std::size_t from = rng.below(2);
    Endpoint outer = ends[from];
    outer.port = static_cast<std::uint16_t>(49'152 + (mix64(flow * 2 + from) & 0x3fff));
    send_udp(world, tally, outer, ends[1 - from], rng);
  }
}

/// MPEG-TS over RTP (RFC 2250) in one direction, 7 cells in each packet.
Process broadcast(World& world, Tally& tally, bool v6, double pps, std::uint64_t seed) {
  Rng rng(seed);
  const Endpoint to = world.inside.pick(Role::cache, v6, 5004, rng);
  const Endpoint from = world.outside(v6, 5004, rng);
  const std::uint32_t source = rng.u32();
  for (std::uint32_t number = 0;; ++number) {
    co_await world.simulation.sleep(gap_of(pps, rng));
    world.scratch.clear();
    world.scratch.u8(0x80).u8(33).u16(number & 0xffff).u32(number * 90).u32(source);
    for (int cell = 0; cell < 7; ++cell) {
      world.scratch.u8(0x47).u8(0x01).u8(0x00).u8(0x10 | (number & 0xf));
      world.scratch.append(ciphertext(rng, 184));
    }
    send_udp(world, tally, from, to, rng);
  }
}

struct IpfixField {
  std::uint16_t element;
  std::uint16_t bytes;
};

/// The fields of an exported flow (IANA, "IPFIX Information Elements"): addresses, ports, protocol,
/// flags, packets, bytes, first and last millisecond, interfaces, AS, class and TTL.
constexpr std::array<IpfixField, 15> kIpfixFields = {{{8, 4},
                                                      {12, 4},
                                                      {7, 2},
                                                      {11, 2},
                                                      {4, 1},
                                                      {6, 1},
                                                      {2, 8},
                                                      {1, 8},
                                                      {152, 8},
                                                      {153, 8},
                                                      {10, 4},
                                                      {14, 4},
                                                      {16, 4},
                                                      {5, 1},
                                                      {52, 1}}};

/// Appends an IPFIX message (RFC 7011): a template, and flows in its format.
void append_ipfix(Bytes& bytes, Rng& rng, std::uint32_t seconds, std::uint32_t number) {
  constexpr std::uint32_t kRecords = 20;
  constexpr std::uint32_t kTemplate = 256;
  std::uint32_t record = 0;
  for (const IpfixField& field : kIpfixFields) record += field.bytes;
  const std::uint32_t fields = kIpfixFields.size();
  bytes.u16(10).u16(16 + 8 + 4 * fields + 4 + kRecords * record);
  bytes.u32(seconds).u32(number * kRecords).u32(1);
  bytes.u16(2).u16(8 + 4 * fields).u16(kTemplate).u16(fields);
  for (const IpfixField& field : kIpfixFields) bytes.u16(field.element).u16(field.bytes);
  bytes.u16(kTemplate).u16(4 + kRecords * record).random(std::size_t{kRecords} * record, rng);
}

/// A router reports to the collector inside, by IPFIX or by syslog (RFC 5424).
Process report(World& world, Tally& tally, bool v6, double pps, std::uint64_t seed) {
  constexpr std::uint16_t kIpfix = 4739;
  constexpr std::uint16_t kSyslog = 514;
  constexpr std::uint32_t kCollector = 77;
  Rng rng(seed);
  const bool flows = rng.chance(0.7);
  const Endpoint to = world.inside.host(kCollector, v6, flows ? kIpfix : kSyslog);
  const Endpoint from = world.outside(v6, flows ? rng.client_port() : kSyslog, rng);
  for (std::uint32_t number = 0;; ++number) {
    co_await world.simulation.sleep(gap_of(pps, rng));
    world.scratch.clear();
    if (flows) {
      append_ipfix(world.scratch, rng,
                   static_cast<std::uint32_t>(world.now().count / 1'000'000'000), number);
    } else {
      world.scratch.text("<134>1 2026-01-01T00:00:00Z edge").text(std::to_string(from.port));
      world.scratch.text(" kernel - - - link state of port ").text(std::to_string(number % 48));
    }
    send_udp(world, tally, from, to, rng);
  }
}

/// Sends one TCP segment that belongs to no connection.
void stray_segment(World& world, Tally& tally, const Endpoint& from, const Endpoint& to,
                   std::uint8_t flags, Rng& rng) {
  build_tcp(world.frame, from, to, rng.u16(),
            {rng.u32(), (flags & ack) != 0 ? rng.u32() : 0, flags, 1024, {}}, {});
  world.send(world.frame, tally);
}

}  // namespace

/// Background radiation, which every address on the Internet receives: worms that look for hosts,
/// answers to packets with a forged source, and probes (Pang et al., "Characteristics of Internet
/// Background Radiation", IMC 2004).
Process radiation(World& world, Tally& tally, std::uint64_t seed) {
  constexpr std::array<std::uint16_t, 8> kWormPorts = {23, 2323, 445, 22, 80, 8080, 3389, 5555};
  constexpr std::array<std::uint16_t, 6> kProbed = {123, 161, 1900, 5060, 53, 11211};
  Rng rng(seed);
  const bool v6 = !world.inside.has(false);
  const Endpoint from = world.outside(v6, rng.client_port(), rng);
  const Endpoint to = world.inside.host(rng.between(1, 254), v6,
                                        rng.pick(std::span<const std::uint16_t>(kWormPorts)));
  const double kind = rng.unit();
  if (kind < 0.65) {
    for (int attempt = 0; attempt < 2; ++attempt) {
      stray_segment(world, tally, from, to, syn, rng);
      if (rng.chance(0.3)) {
        stray_segment(world, tally, to, from, rst | ack, rng);
        co_return;
      }
      co_await world.simulation.sleep(whole_seconds(1));
    }
  } else if (kind < 0.8) {
    Endpoint victim = from;
    victim.port = rng.chance(0.5) ? 80 : 443;
    stray_segment(world, tally, victim, to, rng.chance(0.6) ? syn | ack : rst | ack, rng);
  } else if (kind < 0.92) {
    Endpoint probed = to;
    probed.port = rng.pick(std::span<const std::uint16_t>(kProbed));
    world.scratch.clear();
    world.scratch.random(rng.between(8, 60), rng);
    send_udp(world, tally, from, probed, rng);
  } else {
    build_icmp(world.frame, from, to, rng.u16(), v6 ? 128 : 8, 0, rng.u32(), ciphertext(rng, 32));
    world.send(world.frame, tally);
  }
}

/// A monitor or a load balancer that opens a connection to check the server, and closes it.
Process health_check(World& world, Tally& tally, std::uint64_t seed) {
  constexpr std::uint64_t kMonitors = 4;
  constexpr std::uint64_t kFirstMonitor = 900;
  Rng rng(seed);
  const bool v6 = world.draw_v6(rng);
  const Endpoint monitor = world.client(kFirstMonitor + seed % kMonitors, v6, rng.client_port());
  TcpConversation tcp(world, tally, monitor, world.inside.pick(Role::web, v6, 443, rng), rng);
  co_await tcp.connect(Service::web);
  co_await tcp.close(TcpConversation::Side::client);
}

void start_overlays(World& world, Tally& tally, double pps, std::uint64_t seed) {
  const std::uint32_t tunnels = flows_for(pps, kOverlayPps);
  for (std::uint32_t i = 0; i < tunnels; ++i) {
    world.simulation.start(
        tunnel_ethernet(world, tally, world.flow_v6(i), pps / tunnels, derive_seed(seed, i)));
  }
}

void start_broadcasts(World& world, Tally& tally, double pps, std::uint64_t seed) {
  const std::uint32_t channels = flows_for(pps, kChannelPps);
  for (std::uint32_t i = 0; i < channels; ++i) {
    world.simulation.start(
        broadcast(world, tally, world.flow_v6(i), pps / channels, derive_seed(seed, i)));
  }
}

void start_reports(World& world, Tally& tally, double pps, std::uint64_t seed) {
  const std::uint32_t exporters = flows_for(pps, kExporterPps);
  for (std::uint32_t i = 0; i < exporters; ++i) {
    world.simulation.start(
        report(world, tally, world.flow_v6(i), pps / exporters, derive_seed(seed, i)));
  }
}

}  // namespace floodgauge::trafficgen
