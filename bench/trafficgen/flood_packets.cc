#include "bench/trafficgen/flood_packets.h"

#include <algorithm>
#include <array>

#include "bench/trafficgen/payload_dns.h"
#include "bench/trafficgen/payload_web.h"

namespace floodgauge::trafficgen {
namespace {

using namespace tcp_flag;

/// Payload bytes of a frame of the size of the flood, after Ethernet, IP and `header` bytes.
std::size_t payload_size(const Flood& flood, const Endpoint& from, std::size_t header) {
  const std::size_t before = kEthernetHeader + (from.address.is_v4() ? 20u : 40u) + header;
  return flood.size() > before ? flood.size() - before : 0;
}

std::span<const std::uint8_t> noise(Flood& flood, std::size_t size) {
  Bytes& scratch = flood.world().scratch;
  scratch.clear();
  return scratch.random(size, flood.rng()).view();
}

/// MSS, SACK permitted, timestamps, window scale: as Linux orders them (RFC 9293, 2018, 7323).
constexpr std::array<std::uint8_t, 20> kSynOptions = {2, 4, 5, 0xb4, 4, 2, 8, 10, 0, 0,
                                                      0, 0, 0, 0,    0, 0, 1, 3,  3, 7};

void build_syn(Flood& flood, const Endpoint& from, const Endpoint& to) {
  const std::size_t room = payload_size(flood, from, 20);
  // As many options as the frame has room for. The rest is data, as with TCP Fast Open.
  const std::size_t options = room >= kSynOptions.size() ? kSynOptions.size() : room >= 4 ? 4 : 0;
  const std::span<const std::uint8_t> all(kSynOptions);
  const std::size_t data = room > 64 ? room - options : 0;
  const TcpHeader tcp{flood.rng().u32(), 0, syn, 64240, all.first(options)};
  build_tcp(flood.world().frame, from, to, flood.rng().u16(), tcp, noise(flood, data));
}

void build_segment(Flood& flood, const Endpoint& from, const Endpoint& to, std::uint8_t flags) {
  Rng& rng = flood.rng();
  const std::uint32_t acknowledgement = (flags & ack) != 0 ? rng.u32() : 0;
  const TcpHeader tcp{rng.u32(), acknowledgement, flags, rng.u16(), {}};
  build_tcp(flood.world().frame, from, to, rng.u16(), tcp,
            noise(flood, payload_size(flood, from, 20)));
}

void build_synack(Flood& flood, const Endpoint& from, const Endpoint& to) {
  // The port of the reflector to which the spoofed SYN was sent.
  constexpr std::array<std::uint16_t, 6> kServices = {80, 443, 22, 179, 8080, 21};
  Endpoint reflector = from;
  reflector.port = flood.rng().pick(std::span<const std::uint16_t>(kServices));
  build_segment(flood, reflector, to, syn | ack);
}

void build_ack(Flood& flood, const Endpoint& from, const Endpoint& to) {
  build_segment(flood, from, to, ack);
}
void build_rst(Flood& flood, const Endpoint& from, const Endpoint& to) {
  build_segment(flood, from, to, rst);
}
void build_fin(Flood& flood, const Endpoint& from, const Endpoint& to) {
  build_segment(flood, from, to, fin | ack);
}

void build_flags(Flood& flood, const Endpoint& from, const Endpoint& to) {
  // No flags, Xmas, SYN-FIN, SYN-RST, FIN-RST, all flags: none is valid in a connection (RFC 9293,
  // section 3.10.7).
  constexpr std::array<std::uint8_t, 6> kInvalid = {
      0, fin | psh | urg, syn | fin, syn | rst, fin | rst, fin | syn | rst | psh | ack | urg};
  build_segment(flood, from, to, flood.rng().pick(std::span<const std::uint8_t>(kInvalid)));
}

void build_udp_noise(Flood& flood, const Endpoint& from, const Endpoint& to) {
  build_udp(flood.world().frame, from, to, flood.rng().u16(),
            noise(flood, payload_size(flood, from, 8)));
}

/// Fragments of datagrams that are never completed: some first ones, most in the middle.
void build_part(Flood& flood, const Endpoint& from, const Endpoint& to, Protocol protocol) {
  Rng& rng = flood.rng();
  const bool v6 = !from.address.is_v4();
  const std::size_t wanted = payload_size(flood, from, v6 ? 8 : 0);
  const std::size_t size = std::clamp<std::size_t>(wanted, 16, fragment_room(v6)) / 8 * 8;
  const bool first = rng.chance(0.2);
  const Fragment fragment{rng.u32(), first ? 0 : size * rng.between(1, 20),
                          first || rng.chance(0.7)};
  build_fragment(flood.world().frame, from, to, static_cast<std::uint8_t>(protocol), fragment,
                 noise(flood, size));
}

void build_udp_fragment(Flood& flood, const Endpoint& from, const Endpoint& to) {
  build_part(flood, from, to, Protocol::udp);
}
void build_other_fragment(Flood& flood, const Endpoint& from, const Endpoint& to) {
  build_part(flood, from, to, Protocol::tcp);
}

void build_echo(Flood& flood, const Endpoint& from, const Endpoint& to) {
  constexpr std::uint8_t kEcho = 8, kEchoV6 = 128;  // RFC 792, RFC 4443
  build_icmp(flood.world().frame, from, to, flood.rng().u16(),
             from.address.is_v4() ? kEcho : kEchoV6, 0, flood.rng().u32(),
             noise(flood, payload_size(flood, from, 8)));
}

void build_gre(Flood& flood, const Endpoint& from, const Endpoint& to) {
  // GRE (RFC 2784) around IPv4 and UDP, as the Mirai family sends it.
  Rng& rng = flood.rng();
  Frame inner;
  const Endpoint inner_from{IpAddress::from_v4(rng.u32()), rng.u16(), 64, false};
  const Endpoint inner_to{IpAddress::from_v4(rng.u32()), rng.u16(), 64, false};
  build_udp(inner, inner_from, inner_to, rng.u16(), noise(flood, payload_size(flood, from, 32)));
  Bytes& scratch = flood.world().scratch;
  scratch.clear();
  scratch.u16(0).u16(0x0800).append(inner.bytes().subspan(kEthernetHeader));
  build_ip(flood.world().frame, from, to, rng.u16(), static_cast<std::uint8_t>(Protocol::gre),
           scratch.view());
}

void build_esp(Flood& flood, const Endpoint& from, const Endpoint& to) {
  Bytes& scratch = flood.world().scratch;
  scratch.clear();
  Rng& rng = flood.rng();
  scratch.u32(rng.u32() | 0x100).u32(rng.below(100'000));  // RFC 4303: SPIs below 256 are reserved
  scratch.random(payload_size(flood, from, 8) / 4 * 4, rng);
  build_ip(flood.world().frame, from, to, rng.u16(), static_cast<std::uint8_t>(Protocol::esp),
           scratch.view());
}

void build_other(Flood& flood, const Endpoint& from, const Endpoint& to) {
  constexpr std::array<std::uint8_t, 3> kProtocols = {253, 254, 255};  // RFC 3692; reserved
  build_ip(flood.world().frame, from, to, flood.rng().u16(),
           flood.rng().pick(std::span<const std::uint8_t>(kProtocols)),
           noise(flood, payload_size(flood, from, 0)));
}

void build_query(Flood& flood, const Endpoint& from, const Endpoint& to) {
  Bytes& scratch = flood.world().scratch;
  scratch.clear();
  append_dns_query(scratch, flood.rng(), known_name(flood.rng()));
  build_udp(flood.world().frame, from, to, flood.rng().u16(), scratch.view());
}

void build_random_subdomain(Flood& flood, const Endpoint& from, const Endpoint& to) {
  Bytes& scratch = flood.world().scratch;
  scratch.clear();
  append_dns_query(scratch, flood.rng(), random_subdomain(flood.rng()));
  build_udp(flood.world().frame, from, to, flood.rng().u16(), scratch.view());
}

void build_initial(Flood& flood, const Endpoint& from, const Endpoint& to) {
  Bytes& scratch = flood.world().scratch;
  scratch.clear();
  append_quic_initial(scratch, flood.rng());
  build_udp(flood.world().frame, from, to, flood.rng().u16(), scratch.view());
}

// The answers of the target. The request is still in world.scratch where an answer needs it.

void reply_synack(Flood& flood, const Endpoint& from, const Endpoint& to) {
  const TcpHeader tcp{flood.rng().u32(), flood.rng().u32(), syn | ack, 65160, kSynOptions};
  build_tcp(flood.world().frame, from, to, 0, tcp, {});
}

void reply_rst(Flood& flood, const Endpoint& from, const Endpoint& to) {
  const TcpHeader tcp{flood.rng().u32(), 0, rst, 0, {}};
  build_tcp(flood.world().frame, from, to, 0, tcp, {});
}

void reply_unreachable(Flood& flood, const Endpoint& from, const Endpoint& to) {
  // Port unreachable, with the beginning of the undelivered packet (RFC 792, RFC 4443).
  const bool v6 = !from.address.is_v4();
  Bytes quoted;
  quoted.append(flood.world().frame.bytes().subspan(kEthernetHeader, v6 ? 48 : 28));
  build_icmp(flood.world().frame, from, to, flood.rng().u16(), v6 ? 1 : 3, v6 ? 4 : 3, 0,
             quoted.view());
}

void reply_echo(Flood& flood, const Endpoint& from, const Endpoint& to) {
  const bool v6 = !from.address.is_v4();
  Bytes& scratch = flood.world().scratch;  // still holds the request's data
  build_icmp(flood.world().frame, from, to, flood.rng().u16(), v6 ? 129 : 0, 0, flood.rng().u32(),
             scratch.view());
}

void reply_dns(Flood& flood, const Endpoint& from, const Endpoint& to) {
  Bytes& scratch = flood.world().scratch;  // still holds the query
  const bool exists = flood.spec().vector == Vector::dns_query;
  make_dns_answer(scratch, flood.rng(), exists ? kNoError : kNameError);
  build_udp(flood.world().frame, from, to, flood.rng().u16(), scratch.view());
}

void reply_initial(Flood& flood, const Endpoint& from, const Endpoint& to) {
  Bytes& scratch = flood.world().scratch;
  scratch.clear();
  append_quic_retry(scratch, flood.rng());
  build_udp(flood.world().frame, from, to, flood.rng().u16(), scratch.view());
}

constexpr std::uint64_t kBots = 3000;

// sources (0: spoofed), port (0: random), frame bytes, answers/s
constexpr PacketVector kPacketVectors[] = {
    {Vector::tcp_syn,
     "SYNs, spoofed; the target answers some with SYN-ACK",
     {0, 443, 74, 5000},
     build_syn,
     reply_synack},
    {Vector::tcp_synack,
     "SYN-ACKs of servers that received SYNs with the target as source",
     {20'000, 0, 60, 0},
     build_synack,
     nullptr},
    {Vector::tcp_ack,
     "ACKs outside of connections; some are answered with RST",
     {0, 443, 60, 2000},
     build_ack,
     reply_rst},
    {Vector::tcp_rst, "RSTs outside of connections", {0, 443, 60, 0}, build_rst, nullptr},
    {Vector::tcp_fin,
     "FINs outside of connections; some are answered with RST",
     {0, 443, 60, 2000},
     build_fin,
     reply_rst},
    {Vector::tcp_flags,
     "null, Xmas, SYN-FIN and other invalid combinations of flags",
     {0, 443, 60, 0},
     build_flags,
     nullptr},
    {Vector::udp,
     "datagrams of noise; a few are answered with port unreachable",
     {kBots, 0, 554, 1000},
     build_udp_noise,
     reply_unreachable},
    {Vector::udp_fragment,
     "fragments of UDP datagrams that are never completed",
     {kBots, 0, 1514, 0},
     build_udp_fragment,
     nullptr},
    {Vector::fragment,
     "fragments of other protocols that are never completed",
     {kBots, 0, 1514, 0},
     build_other_fragment,
     nullptr},
    {Vector::icmp,
     "echo requests; some are answered",
     {kBots, 0, 98, 1000},
     build_echo,
     reply_echo},
    {Vector::icmpv6,
     "ICMPv6 echo requests; some are answered",
     {kBots, 0, 118, 1000},
     build_echo,
     reply_echo},
    {Vector::gre, "GRE around IPv4 and UDP", {kBots, 0, 554, 0}, build_gre, nullptr},
    {Vector::esp, "ESP without a security association", {kBots, 0, 554, 0}, build_esp, nullptr},
    {Vector::other, "unassigned IP protocols", {kBots, 0, 554, 0}, build_other, nullptr},
    {Vector::dns_query,
     "DNS queries for names that exist; the server answers up to its capacity",
     {kBots, 53, 0, 10'000},
     build_query,
     reply_dns},
    {Vector::dns_random_subdomain,
     "DNS queries for random names of one zone, answered with NXDOMAIN",
     {kBots, 53, 0, 5000},
     build_random_subdomain,
     reply_dns},
    {Vector::quic_initial,
     "QUIC Initials of 1200 bytes; the server answers some with Retry",
     {kBots, 443, 0, 5000},
     build_initial,
     reply_initial},
};

}  // namespace

std::span<const PacketVector> packet_vectors() {
  return kPacketVectors;
}

Process run_packets(Flood& flood, const PacketVector& vector) {
  Rng& rng = flood.rng();
  for (std::uint64_t index = 0;; ++index) {
    const auto time = flood.schedule().at(index, rng.unit());
    if (!time) co_return;
    co_await flood.world().simulation.until(*time);
    const std::uint64_t source = flood.sources().draw(rng);
    const Endpoint from =
        flood.sources().endpoint(source, static_cast<std::uint16_t>(rng.between(1024, 65535)));
    const Endpoint to = flood.target();
    vector.build(flood, from, to);
    const bool fragment =
        vector.vector == Vector::udp_fragment || vector.vector == Vector::fragment;
    if (!flood.attack(source, fragment)) continue;
    if (vector.reply != nullptr && flood.answered()) {
      vector.reply(flood, to, from);
      flood.answer();
    }
  }
}

}  // namespace floodgauge::trafficgen
