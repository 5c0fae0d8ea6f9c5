#include "bench/trafficgen/flood_requests.h"

#include <array>

#include "bench/trafficgen/payload_dns.h"
#include "bench/trafficgen/payload_web.h"
#include "bench/trafficgen/tcp_conversation.h"

namespace floodgauge::trafficgen {
namespace {

using namespace tcp_flag;

/// One TCP connection of a bot. Its packets wait for a slot and count as attack. Packets of the
/// target count as answers.
class BotConnection {
 public:
  explicit BotConnection(Flood& flood)
      : flood_(flood),
        source_(flood.sources().draw(flood.rng())),
        bot_(flood.sources().endpoint(
            source_, static_cast<std::uint16_t>(flood.rng().between(1024, 65535)))),
        target_(flood.target()),
        bot_next_(flood.rng().u32()),
        target_next_(flood.rng().u32()),
        away_{flood.rng().between(8'000'000, 180'000'000)} {}

  /// SYN, SYN-ACK, ACK.
  Process connect() {
    co_await flood_.slot();
    from_bot(syn);
    co_await pause({flood_.rng().between(200'000, 900'000)});
    from_target(syn | ack);
    co_await pause(away_);
    co_await flood_.slot();
    from_bot(ack);
  }

  void from_bot(std::uint8_t flags, std::span<const std::uint8_t> payload = {}) {
    build(bot_, target_, bot_next_, target_next_, flags, payload);
    flood_.attack(source_);
  }
  void from_target(std::uint8_t flags, std::span<const std::uint8_t> payload = {}) {
    build(target_, bot_, target_next_, bot_next_, flags, payload);
    flood_.send_reply();
  }
  Simulation::Sleep pause(Nanoseconds span) { return flood_.world().simulation.sleep(span); }
  Nanoseconds away() const { return away_; }

 private:
  void build(const Endpoint& from, const Endpoint& to, std::uint32_t& next, std::uint32_t others,
             std::uint8_t flags, std::span<const std::uint8_t> payload) {
    constexpr std::array<std::uint8_t, 4> kMss = {2, 4, 5, 0xb4};
    const bool opens = (flags & syn) != 0;
    const TcpHeader tcp{
        next, (flags & ack) != 0 ? others : 0, flags, 29'200,
        opens ? std::span<const std::uint8_t>(kMss) : std::span<const std::uint8_t>()};
    build_tcp(flood_.world().frame, from, to, flood_.rng().u16(), tcp, payload);
    next += static_cast<std::uint32_t>(payload.size()) + (opens || (flags & fin) != 0 ? 1 : 0);
  }

  Flood& flood_;
  std::uint64_t source_;
  Endpoint bot_;
  Endpoint target_;
  std::uint32_t bot_next_;
  std::uint32_t target_next_;
  Nanoseconds away_;
};

Process hold_connection(Flood& flood) {
  BotConnection bot(flood);
  co_await bot.connect();
  if (!flood.rng().chance(0.3)) co_return;  // most connections are left open
  co_await bot.pause(milliseconds(flood.rng().between(200, 2000)));
  co_await flood.slot();
  bot.from_bot(rst | ack);
}

Process request_pages(Flood& flood) {
  BotConnection bot(flood);
  co_await bot.connect();
  const std::uint32_t requests = flood.rng().between(5, 50);
  for (std::uint32_t i = 0; i < requests; ++i) {
    co_await flood.slot();
    Bytes& scratch = flood.world().scratch;
    scratch.clear();
    append_http_request(scratch, flood.rng(), known_name(flood.rng()));
    bot.from_bot(psh | ack, scratch.view());
    if (flood.answered()) {
      co_await bot.pause({flood.rng().between(500'000, 5'000'000)});
      scratch.clear();
      append_http_response(scratch, flood.rng().between(100, 1200));
      bot.from_target(psh | ack, scratch.view());
    }
    co_await bot.pause(bot.away());
  }
  co_await flood.slot();
  bot.from_bot(fin | ack);
}

Process send_client_hello(Flood& flood) {
  BotConnection bot(flood);
  co_await bot.connect();
  co_await flood.slot();
  Bytes& scratch = flood.world().scratch;
  scratch.clear();
  append_client_hello(scratch, flood.rng(), known_name(flood.rng()));
  bot.from_bot(psh | ack, scratch.view());
  if (flood.answered()) {
    co_await bot.pause({flood.rng().between(1'000'000, 8'000'000)});
    scratch.clear();
    append_server_hello(scratch, flood.rng(), 1100);
    bot.from_target(psh | ack, scratch.view());
  }
  co_await bot.pause(bot.away());
  co_await flood.slot();
  bot.from_bot(rst | ack);
}

// sources, port, frame bytes (unused), answers/s
constexpr RequestVector kRequestVectors[] = {
    {Vector::tcp_connection,
     "completed connections that are left open",
     {2000, 443, 0, 0},
     hold_connection},
    {Vector::http_request,
     "5 to 50 GETs over each completed connection; some are answered",
     {2000, 80, 0, 4000},
     request_pages},
    {Vector::tls_hello,
     "a ClientHello on each new connection, which is reset after the answer",
     {2000, 443, 0, 2000},
     send_client_hello},
};

}  // namespace

std::span<const RequestVector> request_vectors() {
  return kRequestVectors;
}

}  // namespace floodgauge::trafficgen
