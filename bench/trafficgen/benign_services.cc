#include <array>

#include "bench/trafficgen/benign_mixes.h"
#include "bench/trafficgen/payload_dns.h"
#include "bench/trafficgen/tcp_conversation.h"

namespace floodgauge::trafficgen {
namespace {

using Side = TcpConversation::Side;

/// Number of the scanning host among the hosts outside.
constexpr std::uint64_t kScanner = 4242;

Nanoseconds far_away(Rng& rng) {
  return {rng.between(8'000'000, 140'000'000)};
}

Nanoseconds nearby(Rng& rng) {
  return {rng.between(150'000, 1'200'000)};
}

/// A function of its own, since GCC 12 evaluates both alternatives of a conditional expression of
/// class type within co_await, and the generator would draw one number more than with GCC 14.
Nanoseconds one_way(bool is_near, Rng& rng) {
  return is_near ? nearby(rng) : far_away(rng);
}

bool send_udp(World& world, Tally& tally, const Endpoint& from, const Endpoint& to, Rng& rng,
              const Bytes& payload) {
  build_udp(world.frame, from, to, rng.u16(), payload.view());
  return world.send(world.frame, tally);
}

/// 48 bytes of NTP version 4 (RFC 5905 section 7.3).
void append_ntp(Bytes& bytes, Rng& rng, bool answer) {
  bytes.u8(answer ? 0x24 : 0x23).u8(answer ? 2 : 0).u8(6).u8(0xec);
  bytes.u32(answer ? 0x0000'0a00 : 0).u32(0x0000'0300).u32(rng.u32());
  for (int timestamp = 0; timestamp < 4; ++timestamp) bytes.u32(0xecc0'0000).u32(rng.u32());
}

struct Line {
  Side from;
  std::string_view text;
};

// The dialogue of SMTP (RFC 5321) before and after the message.
constexpr Line kMailOpening[] = {
    {Side::server, "220 mx1.example.net ESMTP ready\r\n"},
    {Side::client, "EHLO relay.example.org\r\n"},
    {Side::server,
     "250-mx1.example.net\r\n250-SIZE 36700160\r\n250-PIPELINING\r\n250 8BITMIME\r\n"},
    {Side::client, "MAIL FROM:<alice@example.org> SIZE=20480\r\n"},
    {Side::server, "250 2.1.0 Ok\r\n"},
    {Side::client, "RCPT TO:<bob@example.net>\r\n"},
    {Side::server, "250 2.1.5 Ok\r\n"},
    {Side::client, "DATA\r\n"},
    {Side::server, "354 End data with <CR><LF>.<CR><LF>\r\n"},
};
constexpr Line kMailClosing[] = {
    {Side::client, "\r\n.\r\n"},
    {Side::server, "250 2.0.0 Ok: queued as 4B1F2\r\n"},
    {Side::client, "QUIT\r\n"},
    {Side::server, "221 2.0.0 Bye\r\n"},
};

Process say(TcpConversation& tcp, std::span<const Line> lines) {
  for (const Line& line : lines) {
    if (!tcp.established()) co_return;
    co_await tcp.transfer(line.from, bytes_of(line.text));
  }
}

}  // namespace

Process dns_lookup(World& world, Tally& tally, std::uint64_t seed) {
  constexpr std::uint16_t kDns = 53;
  Rng rng(seed);
  const bool v6 = world.draw_v6(rng);
  const bool inbound = rng.chance(0.6);
  const Endpoint client = inbound ? world.outside(v6, rng.client_port(), rng)
                                  : world.inside.pick(Role::resolver, v6, rng.client_port(), rng);
  const Endpoint server =
      inbound ? world.inside.pick(Role::dns, v6, kDns, rng) : world.outside(v6, kDns, rng);
  const std::string name = inbound ? known_name(rng) : outside_name(rng);
  Bytes message;
  append_dns_query(message, rng, name);
  for (int attempt = 0; attempt < 3; ++attempt) {  // resolvers repeat a query after a second
    const bool passed = send_udp(world, tally, client, server, rng, message);
    const Nanoseconds sent = world.now();
    co_await world.simulation.sleep(one_way(inbound, rng));
    if (passed && (!inbound || world.answers(Service::dns, rng))) {
      make_dns_answer(message, rng, rng.chance(0.07) ? kNameError : kNoError);
      send_udp(world, tally, server, client, rng, message);
      co_return;
    }
    co_await world.simulation.until(sent + whole_seconds(1));
  }
}

Process mail_delivery(World& world, Tally& tally, std::uint64_t seed) {
  constexpr std::uint16_t kSmtp = 25;
  Rng rng(seed);
  const bool v6 = world.draw_v6(rng);
  const bool inbound = rng.chance(0.6);
  const Endpoint client = inbound ? world.outside(v6, rng.client_port(), rng)
                                  : world.inside.pick(Role::mail, v6, rng.client_port(), rng);
  const Endpoint server =
      inbound ? world.inside.pick(Role::mail, v6, kSmtp, rng) : world.outside(v6, kSmtp, rng);
  TcpConversation tcp(world, tally, client, server, rng);
  co_await tcp.connect(Service::mail);
  co_await say(tcp, kMailOpening);
  constexpr std::string_view kHead =
      "From: Alice <alice@example.org>\r\nTo: Bob <bob@example.net>\r\nSubject: report\r\n"
      "MIME-Version: 1.0\r\nContent-Type: application/octet-stream\r\n\r\n";
  co_await tcp.transfer(Side::client, bytes_of(kHead), rng.between(1500, 30'000));
  co_await say(tcp, kMailClosing);
  co_await tcp.close(Side::server);
}

Process ntp_exchange(World& world, Tally& tally, std::uint64_t seed) {
  constexpr std::uint16_t kNtp = 123;
  Rng rng(seed);
  const bool v6 = world.draw_v6(rng);
  const bool inbound = rng.chance(0.4);
  const std::uint16_t port = rng.chance(0.5) ? kNtp : rng.client_port();
  const Endpoint client =
      inbound ? world.outside(v6, port, rng) : world.inside.pick(Role::client, v6, port, rng);
  const Endpoint server =
      inbound ? world.inside.pick(Role::ntp, v6, kNtp, rng) : world.outside(v6, kNtp, rng);
  Bytes message;
  append_ntp(message, rng, false);
  if (!send_udp(world, tally, client, server, rng, message)) co_return;
  co_await world.simulation.sleep(one_way(inbound, rng));
  message.clear();
  append_ntp(message, rng, true);
  send_udp(world, tally, server, client, rng, message);
}

Process ping(World& world, Tally& tally, std::uint64_t seed) {
  Rng rng(seed);
  const bool v6 = world.draw_v6(rng);
  const bool inbound = rng.chance(0.5);
  const Endpoint outside = world.outside(v6, 0, rng);
  const Endpoint inside = world.inside.pick(Role::client, v6, 0, rng);
  const Endpoint& asking = inbound ? outside : inside;
  const Endpoint& asked = inbound ? inside : outside;
  const std::uint32_t identifier = std::uint32_t{rng.u16()} << 16;
  const std::uint32_t count = rng.between(1, 4);
  const std::uint64_t data_seed = rng.next();
  for (std::uint32_t sequence = 1; sequence <= count; ++sequence) {
    Rng data(data_seed);
    const auto payload = ciphertext(data, 56);
    build_icmp(world.frame, asking, asked, rng.u16(), v6 ? 128 : 8, 0, identifier | sequence,
               payload);
    if (!world.send(world.frame, tally)) co_return;
    const Nanoseconds asked_at = world.now();
    co_await world.simulation.sleep(one_way(inbound, rng));
    build_icmp(world.frame, asked, asking, rng.u16(), v6 ? 129 : 0, 0, identifier | sequence,
               payload);
    world.send(world.frame, tally);
    co_await world.simulation.until(asked_at + whole_seconds(1));
  }
}

Process probe_port(World& world, Tally& tally, std::uint64_t seed) {
  using namespace tcp_flag;
  Rng rng(seed);
  const bool v6 = !world.inside.has(false);
  const Endpoint scanner = world.client(kScanner, v6, rng.client_port());
  const Endpoint probed = world.inside.host(rng.between(1, 254), v6,
                                            static_cast<std::uint16_t>(rng.between(1, 10'000)));
  constexpr std::array<std::uint8_t, 4> kMss = {2, 4, 5, 0xb4};
  const std::uint32_t sequence = rng.u32();
  build_tcp(world.frame, scanner, probed, rng.u16(), {sequence, 0, syn, 1024, kMss}, {});
  if (!world.send(world.frame, tally)) co_return;
  const double outcome = rng.unit();
  if (outcome < 0.3) co_return;  // there is no such host
  co_await world.simulation.sleep(nearby(rng));
  const bool open = outcome > 0.95;
  const std::uint32_t answer = open ? rng.u32() : 0;
  const auto flags = static_cast<std::uint8_t>(open ? syn | ack : rst | ack);
  build_tcp(world.frame, probed, scanner, 0, {answer, sequence + 1, flags, 0, {}}, {});
  if (!world.send(world.frame, tally) || !open) co_return;
  co_await world.simulation.sleep(far_away(rng));
  build_tcp(world.frame, scanner, probed, rng.u16(), {sequence + 1, 0, rst, 0, {}}, {});
  world.send(world.frame, tally);
}

}  // namespace floodgauge::trafficgen
