#include "bench/pipeline/traffic.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <iterator>
#include <numeric>

#include "engine/base/ip_protocol.h"
#include "engine/base/splitmix64.h"
#include "engine/base/tcp_flags.h"

namespace floodgauge::bench {
namespace {

constexpr std::uint32_t kFirstHost = 0x10000000;  // 16.0.0.0: hosts; clients are elsewhere
constexpr std::uint32_t kSmallest = 60;           // of a frame, without FCS
constexpr std::uint32_t kMiddle = 566;
constexpr std::uint32_t kLargest = 1496;
/// Frame sizes in the ratio 7:4:1.
constexpr std::uint32_t kImix[] = {kSmallest, kSmallest, kSmallest, kSmallest, kSmallest, kSmallest,
                                   kSmallest, kMiddle,   kMiddle,   kMiddle,   kMiddle,   kLargest};
constexpr std::uint32_t kAmplifiers = 4000;

void put16(std::uint8_t* at, std::uint32_t value) {
  at[0] = static_cast<std::uint8_t>(value >> 8);
  at[1] = static_cast<std::uint8_t>(value);
}
void put32(std::uint8_t* at, std::uint32_t value) {
  put16(at, value >> 16);
  put16(at + 2, value & 0xffff);
}

/// A client of an ordinary flow: 64.0.0.0/2.
std::uint32_t client_address(std::uint32_t flow) {
  return 0x40000000u | static_cast<std::uint32_t>(splitmix64_finaliser(flow) & 0x3fffffffu);
}
std::uint16_t client_port(std::uint32_t flow) {
  return static_cast<std::uint16_t>(1024 + splitmix64_finaliser(flow + 0x9e37u) % 60000);
}

struct Ends {
  std::uint32_t source;
  std::uint32_t destination;
};
struct Ports {
  std::uint16_t source;
  std::uint16_t destination;
};

/// Ethernet and IPv4; returns where the transport begins.
std::uint8_t* ipv4(Frame& frame, std::uint32_t bytes, Ends ends, std::uint8_t protocol) {
  frame.bytes = std::max(bytes, kSmallest);
  std::uint8_t* at = frame.data;
  std::memset(at, 0, 64);
  put16(at + 12, 0x0800);
  at[14] = 0x45;
  put16(at + 16, frame.bytes - 14);
  at[22] = 57;
  at[23] = protocol;
  put32(at + 26, ends.source);
  put32(at + 30, ends.destination);
  return at + 34;
}

/// The same flow over IPv6: the IPv4 addresses are the last 32 bits of addresses in 2001:db8::/32.
std::uint8_t* ipv6(Frame& frame, std::uint32_t bytes, Ends ends, std::uint8_t protocol) {
  frame.bytes = std::max<std::uint32_t>(bytes, 78);
  std::uint8_t* at = frame.data;
  std::memset(at, 0, 96);
  put16(at + 12, 0x86dd);
  at[14] = 0x60;
  put16(at + 18, frame.bytes - 54);
  at[20] = protocol;
  at[21] = 57;
  put32(at + 22, 0x20010db8);
  put32(at + 34, ends.source);
  put32(at + 38, 0x20010db8);
  put32(at + 50, ends.destination);
  return at + 54;
}

void open_tcp(std::uint8_t* at, Ports ports, std::uint8_t flags) {
  put16(at, ports.source);
  put16(at + 2, ports.destination);
  at[12] = 0x50;
  at[13] = flags;
}

std::uint8_t* open_udp(const Frame& frame, std::uint8_t* at, Ports ports) {
  put16(at, ports.source);
  put16(at + 2, ports.destination);
  put16(at + 4, static_cast<std::uint32_t>(frame.data + frame.bytes - at));
  return at + 8;
}

}  // namespace

std::string_view mix_name(Mix mix) {
  switch (mix) {
    case Mix::ordinary:
      return "ordinary";
    case Mix::half_syn:
      return "half_syn";
    case Mix::carpet_syn:
      return "carpet_syn";
    case Mix::reflection:
      return "reflection";
    case Mix::imix:
      return "imix";
    case Mix::all_new:
      return "all_new";
  }
  return "";
}

double mean_frame_bytes(Sizes sizes) {
  if (sizes == Sizes::smallest) return kSmallest;
  if (sizes == Sizes::largest) return kLargest;
  return std::accumulate(std::begin(kImix), std::end(kImix), 0.0) / std::size(kImix);
}

Traffic::Traffic(const Shape& shape) : shape_(shape) {
  const std::uint32_t each = (shape.hosts + shape.prefixes - 1) / shape.prefixes;
  prefix_bits_ = std::max<std::uint32_t>(8, static_cast<std::uint32_t>(std::bit_width(each - 1)));
}

std::vector<IpPrefix> Traffic::prefixes() const {
  std::vector<IpPrefix> all;
  for (std::uint32_t p = 0; p < shape_.prefixes; ++p) {
    all.push_back(IpPrefix::around(IpAddress::from_v4(kFirstHost + (p << prefix_bits_)),
                                   static_cast<std::uint8_t>(32 - prefix_bits_)));
  }
  if (shape_.mix == Mix::imix) all.push_back(*IpPrefix::parse("2001:db8::1000:0/100"));
  return all;
}

/// Hosts lie scattered over the prefixes, and in each of them one after the other.
std::uint32_t Traffic::host_address(std::uint32_t host) const {
  const std::uint32_t step = 0x9e3779b1u % shape_.prefixes | 1u;
  const auto prefix = static_cast<std::uint32_t>(std::uint64_t{host} * step % shape_.prefixes);
  return kFirstHost + (prefix << prefix_bits_) + host / shape_.prefixes;
}

std::uint64_t Traffic::draw() {
  state_ += 0x9e3779b97f4a7c15u;
  return splitmix64_finaliser(state_);
}

std::uint32_t Traffic::below(std::uint32_t bound) {
  return static_cast<std::uint32_t>((draw() >> 32) * bound >> 32);
}

void Traffic::tcp(Frame& frame, std::uint32_t flow, bool from_client, Tcp tcp) {
  const std::uint32_t host = host_address(flow % shape_.hosts);
  const Ends ends =
      from_client ? Ends{client_address(flow), host} : Ends{host, client_address(flow)};
  const Ports ports = from_client ? Ports{client_port(flow), 443} : Ports{443, client_port(flow)};
  const bool v6 = shape_.mix == Mix::imix && flow % 5 == 0;
  open_tcp(
      v6 ? ipv6(frame, tcp.bytes, ends, kProtocolTcp) : ipv4(frame, tcp.bytes, ends, kProtocolTcp),
      ports, tcp.flags);
}

void Traffic::opening(Frame& frame) {
  // A whole handshake each: a connection without the last ACK is not ordinary.
  constexpr std::uint8_t kHandshake[] = {kTcpSyn, kTcpSyn | kTcpAck, kTcpAck};
  const auto flow = static_cast<std::uint32_t>(opened_ / std::size(kHandshake));
  const std::size_t step = opened_ % std::size(kHandshake);
  ++opened_;
  tcp(frame, flow, step != 1, {kHandshake[step], kSmallest});
}

/// Without the check sequence.
std::uint32_t Traffic::frame_bytes(Sizes sizes) {
  if (sizes == Sizes::smallest) return kSmallest;
  if (sizes == Sizes::largest) return kLargest;
  return kImix[below(std::size(kImix))];
}

void Traffic::ordinary(Frame& frame) {
  const bool from_client = (draw() & 1) != 0;
  const std::uint32_t bytes = frame_bytes(shape_.sizes);
  tcp(frame, below(shape_.flows), from_client, {kTcpAck, bytes});
}

void Traffic::syn(Frame& frame, std::uint32_t host) {
  const std::uint64_t random = draw();
  const Ends ends{static_cast<std::uint32_t>(random) | 0x80000000u, host_address(host)};
  open_tcp(ipv4(frame, kSmallest, ends, kProtocolTcp),
           {static_cast<std::uint16_t>(random >> 48), 443}, kTcpSyn);
}

void Traffic::reflected(Frame& frame) {
  const std::uint32_t kind = below(10);
  const Ends ends{0xc0000000u | static_cast<std::uint32_t>(
                                    splitmix64_finaliser(below(kAmplifiers)) & 0xffffffu),
                  host_address(0)};
  std::uint8_t* at = ipv4(frame, kind < 3 ? 1514 : 482, ends, kProtocolUdp);
  if (kind < 3) {  // a later fragment of a DNS answer
    put16(frame.data + 20, 185);
    return;
  }
  const std::uint16_t port = kind < 7 ? 53 : 123;
  std::uint8_t* payload =
      open_udp(frame, at, {port, static_cast<std::uint16_t>(1024 + below(60000))});
  payload[2] = 0x81;
}

void Traffic::imix(Frame& frame) {
  const std::uint32_t bytes = frame_bytes(Sizes::imix);
  const std::uint32_t kind = below(100);
  const std::uint32_t flow = below(shape_.flows);
  const std::uint32_t host = host_address(flow % shape_.hosts);
  const bool from_client = (draw() & 1) != 0;
  const Ends ends =
      from_client ? Ends{client_address(flow), host} : Ends{host, client_address(flow)};
  if (kind < 62) return tcp(frame, flow, from_client, {kTcpPsh | kTcpAck, bytes});
  if (kind < 64) {  // a web request
    tcp(frame, flow, true, {kTcpPsh | kTcpAck, 566});
    std::uint8_t* request = frame.data + (frame.data[12] == 0x86 ? 74 : 54);
    std::memcpy(request, flow % 2 == 0 ? "GET / HTTP/1.1" : "\x16\x03\x01\x02\x00\x01\x00\x00", 8);
    return;
  }
  if (kind < 66) return syn(frame, flow % shape_.hosts);
  if (kind < 98) {  // QUIC, and some DNS
    const std::uint16_t port = kind < 90 ? 443 : 53;
    const Ports ports =
        from_client ? Ports{client_port(flow), port} : Ports{port, client_port(flow)};
    std::uint8_t* payload = open_udp(frame, ipv4(frame, bytes, ends, kProtocolUdp), ports);
    payload[0] = 0x40;
    payload[2] = from_client ? 0x01 : 0x81;
    return;
  }
  *ipv4(frame, 94, ends, kProtocolIcmp) = from_client ? 8 : 0;
}

void Traffic::next(Frame& frame) {
  if (opened_ < opening_packets() && shape_.mix != Mix::all_new) return opening(frame);
  switch (shape_.mix) {
    case Mix::ordinary:
      return ordinary(frame);
    case Mix::half_syn:
      return (draw() & 1) != 0 ? syn(frame, 0) : ordinary(frame);
    case Mix::carpet_syn:
      return (draw() & 1) != 0 ? syn(frame, below(shape_.hosts)) : ordinary(frame);
    case Mix::reflection:
      return (draw() & 3) != 0 ? reflected(frame) : ordinary(frame);
    case Mix::imix:
      return imix(frame);
    case Mix::all_new:
      return syn(frame, below(shape_.hosts));
  }
}

}  // namespace floodgauge::bench
