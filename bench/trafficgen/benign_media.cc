#include <string>

#include "bench/trafficgen/benign_mixes.h"
#include "bench/trafficgen/bulk_transfer.h"

namespace floodgauge::trafficgen {
namespace {

constexpr double kVideoPps = 600;  // about 5 Mbit/s, with acknowledgements
constexpr double kCallPps = 100;   // two directions of 20 ms each
constexpr std::uint16_t kSip = 5060;
constexpr std::uint16_t kHttps = 443;

/// A telephone call: the two ends, and the ports of their voice streams.
struct Call {
  Endpoint caller;
  Endpoint callee;
  Endpoint caller_voice;
  Endpoint callee_voice;
  std::string id;
};

Endpoint at_port(Endpoint end, std::uint16_t port) {
  end.port = port;
  return end;
}

Call make_call(World& world, Rng& rng) {
  const bool v6 = world.draw_v6(rng);
  const Endpoint inside = world.inside.pick(Role::voip, v6, kSip, rng);
  const Endpoint outside = world.outside(v6, kSip, rng);
  const bool outgoing = rng.chance(0.5);
  const auto voice_port = [&] { return static_cast<std::uint16_t>(rng.between(8000, 16'000) * 2); };
  Call call;
  call.caller = outgoing ? inside : outside;
  call.callee = outgoing ? outside : inside;
  call.caller_voice = at_port(call.caller, voice_port());
  call.callee_voice = at_port(call.callee, voice_port());
  call.id = std::to_string(rng.next());
  return call;
}

/// Appends a SIP message (RFC 3261). Its first line makes it a request or a response. With `offer`
/// it has an SDP body (RFC 8866) for the stream at `voice`.
void append_sip(Bytes& bytes, const Call& call, const std::string& first_line,
                const std::string& method, const Endpoint& voice, bool offer) {
  const std::string address = voice.address.text();
  std::string sdp;
  if (offer) {
    const std::string family = voice.address.is_v4() ? "IP4 " : "IP6 ";
    sdp = "v=0\r\no=- 1 1 IN " + family + address + "\r\ns=call\r\nc=IN " + family + address +
          "\r\nt=0 0\r\nm=audio " + std::to_string(voice.port) +
          " RTP/AVP 0\r\na=rtpmap:0 PCMU/8000\r\n";
  }
  bytes.text(first_line).text("\r\nVia: SIP/2.0/UDP sip.example.net:5060;branch=z9hG4bK");
  bytes.text(call.id).text("\r\nMax-Forwards: 70\r\nFrom: <sip:alice@example.net>;tag=1a");
  bytes.text("\r\nTo: <sip:bob@example.org>\r\nCall-ID: ").text(call.id).text("@example.net");
  bytes.text("\r\nCSeq: 1 ").text(method).text("\r\nContact: <sip:alice@example.net>\r\n");
  if (offer) bytes.text("Content-Type: application/sdp\r\n");
  bytes.text("Content-Length: ").text(std::to_string(sdp.size())).text("\r\n\r\n").text(sdp);
}

class CallLine {
 public:
  CallLine(World& world, Tally& tally, Rng& rng) : world_(world), tally_(tally), rng_(rng) {}

  void say(const Call& call, bool from_caller, const std::string& first_line,
           const std::string& method, bool offer) {
    world_.scratch.clear();
    append_sip(world_.scratch, call, first_line, method,
               from_caller ? call.caller_voice : call.callee_voice, offer);
    send(from_caller ? call.caller : call.callee, from_caller ? call.callee : call.caller);
  }

  /// 20 ms of G.711 (RFC 3550, RFC 3551): 160 bytes.
  void speak(const Endpoint& from, const Endpoint& to, std::uint32_t source, std::uint32_t number) {
    world_.scratch.clear();
    world_.scratch.u8(0x80).u8(0).u16(number & 0xffff).u32(number * 160).u32(source);
    world_.scratch.append(ciphertext(rng_, 160));
    send(from, to);
  }

 private:
  void send(const Endpoint& from, const Endpoint& to) {
    build_udp(world_.frame, from, to, rng_.u16(), world_.scratch.view());
    world_.send(world_.frame, tally_);
  }

  World& world_;
  Tally& tally_;
  Rng& rng_;
};

Process talk(World& world, CallLine& line, const Call& call, Rng& rng, std::uint32_t turns) {
  const std::uint32_t caller = rng.u32();
  const std::uint32_t callee = rng.u32();
  for (std::uint32_t number = 0; number < turns; ++number) {
    line.speak(call.caller_voice, call.callee_voice, caller, number);
    co_await world.simulation.sleep({rng.between(6'000'000, 8'000'000)});
    line.speak(call.callee_voice, call.caller_voice, callee, number);
    co_await world.simulation.sleep({rng.between(12'000'000, 14'000'000)});
  }
}

/// Calls one after the other. The first call may be short, as if it had begun before.
Process telephone(World& world, Tally& tally, std::uint64_t seed) {
  constexpr std::uint32_t kTurnsPerSecond = 50;
  Rng rng(seed);
  CallLine line(world, tally, rng);
  std::uint32_t shortest = 1;
  for (;;) {
    const Call call = make_call(world, rng);
    line.say(call, true, "INVITE sip:bob@example.org SIP/2.0", "INVITE", true);
    co_await world.simulation.sleep(milliseconds(rng.between(10, 60)));
    line.say(call, false, "SIP/2.0 180 Ringing", "INVITE", false);
    co_await world.simulation.sleep(milliseconds(rng.between(50, 200)));
    line.say(call, false, "SIP/2.0 200 OK", "INVITE", true);
    co_await world.simulation.sleep(milliseconds(rng.between(10, 60)));
    line.say(call, true, "ACK sip:bob@example.org SIP/2.0", "ACK", false);
    const std::uint32_t seconds = rng.between(shortest, 40);
    co_await talk(world, line, call, rng, seconds * kTurnsPerSecond);
    line.say(call, true, "BYE sip:bob@example.org SIP/2.0", "BYE", false);
    co_await world.simulation.sleep(milliseconds(rng.between(10, 60)));
    line.say(call, false, "SIP/2.0 200 OK", "BYE", false);
    shortest = 15;
  }
}

}  // namespace

void start_videos(World& world, Tally& tally, double pps, std::uint64_t seed) {
  const std::uint32_t streams = flows_for(pps, kVideoPps);
  for (std::uint32_t i = 0; i < streams; ++i) {
    Rng rng(derive_seed(seed, i));
    const bool v6 = world.flow_v6(i);
    const BulkTransfer transfer{world.inside.pick(Role::client, v6, rng.client_port(), rng),
                                world.outside(v6, kHttps, rng), false, pps / streams, rng.next()};
    const bool quic = rng.chance(0.7);
    const Nanoseconds start = world.now() + milliseconds(rng.below(2000));
    world.simulation.start(
        quic ? stream_quic(world, tally, transfer) : stream_tcp(world, tally, transfer), start);
  }
}

void start_calls(World& world, Tally& tally, double pps, std::uint64_t seed) {
  const std::uint32_t lines = flows_for(pps, kCallPps);
  for (std::uint32_t i = 0; i < lines; ++i) {
    const std::uint64_t own = derive_seed(seed, i);
    world.simulation.start(telephone(world, tally, own),
                           world.now() + milliseconds(static_cast<std::int64_t>(own % 2000)));
  }
}

}  // namespace floodgauge::trafficgen
