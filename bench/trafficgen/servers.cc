#include "bench/trafficgen/servers.h"

#include <cmath>
#include <string_view>

#include "bench/trafficgen/benign.h"
#include "bench/trafficgen/payload_dns.h"
#include "bench/trafficgen/tcp_conversation.h"

namespace floodgauge::trafficgen {
namespace {

using namespace tcp_flag;

/// Clients of all servers; each comes every few minutes.
constexpr std::uint32_t kRegulars = 1500;
constexpr std::uint32_t kTries = 3;

struct Port {
  std::string_view service;
  std::uint16_t port;
};
constexpr Port kPorts[] = {{"dns", 53}, {"http", 80}, {"https", 443}, {"smtp", 25}};

std::uint16_t port_of(std::string_view service) {
  for (const Port& row : kPorts) {
    if (row.service == service) return row.port;
  }
  throw SpecError(std::string(service) +
                  ": not a service of servers; one of dns, http, https, smtp");
}

Nanoseconds of_seconds(double seconds) {
  return {static_cast<std::int64_t>(seconds * 1e9)};
}

Process ask_names(World& world, Tally& tally, const ServerSpec& spec, Endpoint client,
                  Endpoint server, std::uint64_t seed) {
  Rng rng(seed);
  Bytes message;
  append_dns_query(message, rng, known_name(rng));
  for (std::uint32_t attempt = 0; attempt < kTries; ++attempt) {
    build_udp(world.frame, client, server, rng.u16(), message.view());
    const bool passed = world.send(world.frame, tally);
    const Nanoseconds sent = world.now();
    const ServerState state = world.state_of(spec);
    if (passed && rng.chance(state.answers)) {
      co_await world.simulation.sleep(spec.response + state.delay + of_seconds(2e-4 * rng.unit()));
      make_dns_answer(message, rng, kNoError);
      build_udp(world.frame, server, client, rng.u16(), message.view());
      world.send(world.frame, tally);
      co_return;
    }
    co_await world.simulation.until(sent + whole_seconds(attempt == 0 ? 1 : 2));
  }
}

/// A TCP visit with a request and its answer. Both sides' numbers advance as they send.
class Visit {
 public:
  Visit(World& world, Tally& tally, const Endpoint& client, const Endpoint& server, Rng& rng)
      : world_(world), tally_(tally), client_(client), server_(server), rng_(rng) {
    client_next_ = rng.u32();
    server_next_ = rng.u32();
  }
  bool from_client(std::uint8_t flags, std::string_view text = {}) {
    return send(client_, server_, client_next_, server_next_, flags, text);
  }
  bool from_server(std::uint8_t flags, std::string_view text = {}) {
    return send(server_, client_, server_next_, client_next_, flags, text);
  }
  /// The SYN again, with its number.
  bool repeat_syn() {
    --client_next_;
    return from_client(syn);
  }

 private:
  bool send(const Endpoint& from, const Endpoint& to, std::uint32_t& own, std::uint32_t other,
            std::uint8_t flags, std::string_view text) {
    const std::uint32_t acknowledged = (flags & ack) != 0 ? other : 0;
    build_tcp(world_.frame, from, to, rng_.u16(), {own, acknowledged, flags, 64240, {}},
              bytes_of(text));
    own += static_cast<std::uint32_t>(text.size()) + ((flags & (syn | fin)) != 0 ? 1 : 0);
    return world_.send(world_.frame, tally_);
  }

  World& world_;
  Tally& tally_;
  Endpoint client_;
  Endpoint server_;
  Rng& rng_;
  std::uint32_t client_next_ = 0;
  std::uint32_t server_next_ = 0;
};

Process visit(World& world, Tally& tally, const ServerSpec& spec, Endpoint client, Endpoint server,
              std::uint64_t seed) {
  Rng rng(seed);
  Visit tcp(world, tally, client, server, rng);
  const Nanoseconds round_trip{rng.between(8'000'000, 60'000'000)};
  ServerState state;
  bool accepted = false;
  for (std::uint32_t attempt = 0; attempt < kTries && !accepted; ++attempt) {
    const bool passed = attempt == 0 ? tcp.from_client(syn) : tcp.repeat_syn();
    const Nanoseconds sent = world.now();
    state = world.state_of(spec);
    accepted = passed && rng.chance(state.answers);
    if (!accepted) co_await world.simulation.until(sent + whole_seconds(1 << attempt));
  }
  if (!accepted) co_return;
  const bool encrypted = spec.service == "https";
  // Where the protocol is encrypted, only the SYN-ACK shows how slow the server is.
  co_await world.simulation.sleep(Nanoseconds{300'000} + (encrypted ? state.delay : Nanoseconds{}));
  if (!tcp.from_server(syn | ack)) co_return;
  co_await world.simulation.sleep(round_trip);
  if (!tcp.from_client(ack)) co_return;
  if (spec.service != "smtp") {
    if (!tcp.from_client(psh | ack, encrypted ? "\x16\x03\x01 hello"
                                              : "GET / HTTP/1.1\r\nHost: portal.example\r\n\r\n")) {
      co_return;
    }
  }
  co_await world.simulation.sleep(spec.response + state.delay);
  const std::string_view answer = encrypted                ? "\x16\x03\x03 hello"
                                  : spec.service == "smtp" ? "220 mail.example ESMTP\r\n"
                                                           : "HTTP/1.1 200 OK\r\n\r\n<html>";
  if (!tcp.from_server(psh | ack, answer)) co_return;
  co_await world.simulation.sleep(round_trip);
  tcp.from_client(fin | ack);
  co_await world.simulation.sleep(Nanoseconds{300'000});
  tcp.from_server(fin | ack);
  co_await world.simulation.sleep(round_trip);
  tcp.from_client(ack);
}

Process ask(World& world, Tally& tally, const ServerSpec& spec, std::uint64_t seed) {
  Rng rng(seed);
  const bool v6 = !spec.host.is_v4();
  const Endpoint server{spec.host, port_of(spec.service), 64, true};
  for (std::uint64_t i = 0;; ++i) {
    // A Poisson process, of which the demand leaves out some.
    co_await world.simulation.sleep(of_seconds(-std::log(1 - rng.unit()) / spec.per_second));
    if (!rng.chance(world.demand())) continue;
    const Endpoint client = world.client(rng.below(kRegulars), v6, rng.client_port());
    const std::uint64_t own = derive_seed(seed, i + 1);
    world.simulation.start(spec.service == "dns"
                               ? ask_names(world, tally, spec, client, server, own)
                               : visit(world, tally, spec, client, server, own));
  }
}

}  // namespace

void start_server(World& world, BenignTruth& truth, const ServerSpec& spec, std::uint64_t seed) {
  world.simulation.start(ask(world, truth.traffic, spec, seed));
}

}  // namespace floodgauge::trafficgen
