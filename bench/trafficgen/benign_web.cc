#include "bench/trafficgen/benign_mixes.h"
#include "bench/trafficgen/payload_dns.h"
#include "bench/trafficgen/payload_web.h"
#include "bench/trafficgen/tcp_conversation.h"

namespace floodgauge::trafficgen {
namespace {

using Side = TcpConversation::Side;

constexpr std::uint16_t kHttp = 80;
constexpr std::uint16_t kHttps = 443;

/// One TLS 1.3 handshake: ClientHello, the messages of the server, Finished.
Process tls_handshake(World& world, TcpConversation& tcp) {
  world.scratch.clear();
  append_client_hello(world.scratch, tcp.rng(), known_name(tcp.rng()));
  co_await tcp.transfer(Side::client, world.scratch.view());
  Bytes flight;
  append_server_hello(flight, tcp.rng(), tcp.rng().between(2200, 3600));
  co_await tcp.transfer(Side::server, flight.view());
  world.scratch.clear();
  append_tls_data(world.scratch, tcp.rng(), 53);
  co_await tcp.transfer(Side::client, world.scratch.view());
}

/// One request and its response with a body of `body` bytes.
Process fetch(World& world, TcpConversation& tcp, bool tls, std::size_t body) {
  world.scratch.clear();
  if (tls) {
    append_tls_data(world.scratch, tcp.rng(), tcp.rng().between(120, 600));
  } else {
    append_http_request(world.scratch, tcp.rng(), known_name(tcp.rng()));
  }
  co_await tcp.transfer(Side::client, world.scratch.view());
  world.scratch.clear();
  if (tls) {
    world.scratch.u8(23).u16(0x0303).u16(static_cast<std::uint32_t>(body));  // one record's header
    co_await tcp.transfer(Side::server, world.scratch.view(), body);
  } else {
    Bytes answer;
    append_http_response(answer, body);
    co_await tcp.transfer(Side::server, answer.view());
  }
}

/// A connection from the handshake over `requests` requests to the end.
Process visit(World& world, TcpConversation& tcp, bool tls, std::uint32_t requests) {
  co_await tcp.connect(Service::web);
  if (tls && tcp.established()) co_await tls_handshake(world, tcp);
  for (std::uint32_t i = 0; i < requests && tcp.established(); ++i) {
    if (i > 0)
      co_await world.simulation.sleep(Nanoseconds{tcp.rng().between(1'000'000, 80'000'000)});
    co_await fetch(world, tcp, tls, tcp.rng().between(300, 16'000));
  }
  co_await tcp.close(tcp.rng().chance(0.7) ? Side::client : Side::server);
}

}  // namespace

Process web_visit(World& world, Tally& tally, std::uint64_t seed) {
  Rng rng(seed);
  const bool v6 = world.draw_v6(rng);
  const bool tls = rng.chance(0.8);
  const std::uint16_t service = tls ? kHttps : kHttp;
  const bool inbound = rng.chance(0.65);
  const Endpoint client = inbound ? world.outside(v6, rng.client_port(), rng)
                                  : world.inside.pick(Role::client, v6, rng.client_port(), rng);
  const Endpoint server =
      inbound ? world.inside.pick(Role::web, v6, service, rng) : world.outside(v6, service, rng);
  TcpConversation tcp(world, tally, client, server, rng);
  co_await visit(world, tcp, tls, rng.between(1, 4));
}

Process nat_visit(World& world, Tally& tally, std::uint64_t seed) {
  constexpr std::uint32_t kGateway = 200;
  Rng rng(seed);
  const bool v6 = !world.inside.has(false);
  const bool tls = rng.chance(0.9);
  // A NAT gateway uses its whole port range (RFC 6888).
  const auto port = static_cast<std::uint16_t>(rng.between(1024, 65535));
  TcpConversation tcp(world, tally, world.inside.host(kGateway, v6, port),
                      world.outside(v6, tls ? kHttps : kHttp, rng), rng);
  co_await visit(world, tcp, tls, rng.between(1, 3));
}

Process crowd_visit(World& world, Tally& tally, std::uint64_t seed) {
  constexpr std::uint32_t kNewsServer = 80;
  Rng rng(seed);
  const bool v6 = world.draw_v6(rng);
  const bool tls = rng.chance(0.9);
  TcpConversation tcp(world, tally, world.outside(v6, rng.client_port(), rng),
                      world.inside.host(kNewsServer, v6, tls ? kHttps : kHttp), rng);
  co_await visit(world, tcp, tls, rng.between(1, 3));
}

}  // namespace floodgauge::trafficgen
