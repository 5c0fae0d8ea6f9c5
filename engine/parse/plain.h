// Fast paths for plain packets, which most packets are: untagged Ethernet; unfragmented IPv4
// without options, or IPv6 without extension headers, of at most kLongestPacket bytes; TCP, or UDP
// that is no tunnel; all lengths valid. For these, the result is the same as that of the general
// parser. For all others the functions return false and leave `facts` unchanged.
//
// There is no branch on TCP or UDP, because it cannot be predicted. Most facts of an IPv4 packet
// are bytes of its headers in another order, so they are moved by shuffles of 16 bytes (SSE4.1,
// part of x86-64-v2).
#pragma once

#include <smmintrin.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "engine/base/branchless.h"
#include "engine/parse/ethernet.h"
#include "engine/parse/ipv4.h"
#include "engine/parse/ipv6.h"
#include "engine/parse/parser.h"
#include "engine/parse/superframe.h"
#include "engine/parse/tcp.h"
#include "engine/parse/tunnel.h"
#include "engine/parse/udp.h"

namespace floodgauge::parse {

/// Whether the frame is Ethernet and has kTcpBytes readable bytes at offset `transport`.
inline bool may_be_plain(const FrameView& frame, std::uint32_t transport) {
  return frame.link == LinkType::ethernet && frame.captured >= transport + kTcpBytes &&
         frame.captured <= kMaxOffset;
}

/// The lengths in a transport header.
struct PlainTransport {
  bool tcp = false;  ///< false: UDP
  std::uint32_t header_bytes = 0;
  std::uint32_t bytes = 0;  ///< header and payload
};

/// Reads the lengths of a transport header with kTcpBytes readable bytes. `room`: bytes of the IP
/// packet from this header on. Returns false unless it is TCP or UDP with valid lengths.
inline bool read_plain_transport(const std::uint8_t* header, std::uint8_t protocol,
                                 std::uint32_t room, PlainTransport& transport) {
  // One test for both protocols, which nearly always succeeds and is therefore predicted well.
  constexpr std::uint32_t kPlain = 1u << kProtocolTcp | 1u << kProtocolUdp;
  if (protocol >= 32 || (kPlain >> protocol & 1) == 0) return false;
  transport.tcp = protocol == kProtocolTcp;
  const auto tcp = static_cast<std::uint32_t>(mask_of(transport.tcp));
  // Bytes by which the TCP header is longer than a UDP header. Negative if the data offset is
  // below 2.
  const std::uint32_t beyond = ((header[12] >> 2 & 0x3cu) - kUdpBytes) & tcp;
  const std::uint32_t least = (kTcpBytes - kUdpBytes) & tcp;
  const std::uint32_t udp_bytes = load16(header + 4);
  transport.header_bytes = kUdpBytes + beyond;
  transport.bytes = udp_bytes ^ ((room ^ udp_bytes) & tcp);
  return static_cast<std::int32_t>(beyond) >= static_cast<std::int32_t>(least) &&
         transport.header_bytes <= transport.bytes && transport.bytes <= room;
}

/// Sets the facts that depend on the frame's length, which is `wire` bytes on the wire. The
/// transport header is at offset `begin`.
inline void set_plain_lengths(std::uint32_t captured, std::uint32_t wire,
                              const PlainTransport& transport, std::uint32_t begin,
                              PacketFacts& facts) {
  const std::uint32_t payload = begin + transport.header_bytes;
  const std::uint32_t readable = std::min(begin + transport.bytes, captured);
  facts.wire_bytes = wire;
  facts.payload_offset = static_cast<std::uint16_t>(payload);
  // With transport_bytes, more_packets is set to 0, in one store.
  static_assert(offsetof(PacketFacts, transport_bytes) == 40);
  static_assert(offsetof(PacketFacts, more_packets) == 42);
  std::memcpy(&facts.transport_bytes, &transport.header_bytes, sizeof transport.header_bytes);
  facts.payload_captured = static_cast<std::uint16_t>(std::max(readable, payload) - payload);
}

inline std::uint8_t plain_flags(std::uint32_t captured, std::uint32_t wire, std::uint8_t version) {
  const bool snapped = captured < wire;
  return static_cast<std::uint8_t>(version | kFactTransport | snapped * kFactSnapped);
}

/// Stores the four bytes of `bytes` from `at` on, an IPv4 address in network byte order, as
/// mapped_v4() does.
template <char at>
void store_mapped_v4(__m128i bytes, IpAddress& address) {
  const __m128i prefix = _mm_set_epi32(0, -0x10000, 0, 0);
  const __m128i from =
      _mm_set_epi8(at + 3, at + 2, at + 1, at, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1);
  _mm_store_si128(reinterpret_cast<__m128i*>(&address),
                  _mm_or_si128(_mm_shuffle_epi8(bytes, from), prefix));
}

// The order of PacketFacts that the shuffles of parse_plain_v4() produce.
static_assert(offsetof(PacketFacts, source_port) == 48);
static_assert(offsetof(PacketFacts, destination_port) == 50);
static_assert(offsetof(PacketFacts, ip_bytes) == 52);
static_assert(offsetof(PacketFacts, traffic_class) == 54);
static_assert(offsetof(PacketFacts, protocol) == 56);
static_assert(offsetof(PacketFacts, tcp_flags) == 57);
static_assert(offsetof(PacketFacts, ttl) == 58);
static_assert(offsetof(PacketFacts, flags) == 59);
static_assert(offsetof(PacketFacts, fault) == 60 && static_cast<int>(Fault::none) == 0);
static_assert(offsetof(PacketFacts, inner_kind) == 61 && static_cast<int>(InnerKind::none) == 0);
static_assert(offsetof(PacketFacts, depth) == 62);

/// Shuffle of the IPv4 header's first 16 bytes to that order.
inline constexpr auto kFromNetwork =
    std::to_array<std::int8_t>({-1, -1, -1, -1, 3, 2, 1, -1, 9, -1, 8, -1, -1, -1, -1, -1});

/// A plain IPv4 frame's 16 bytes from offset 12 on: which bits are the same in all such frames
/// (`mask`), and their values. They are the EtherType, version, header length and fragment fields.
struct PlainBeginning {
  alignas(16) std::array<std::uint8_t, 16> mask;
  alignas(16) std::array<std::uint8_t, 16> value;
};
inline constexpr PlainBeginning kPlainV4 = {
    {0xff, 0xff, 0xff, 0, 0, 0, 0, 0, 0x3f, 0xff, 0, 0, 0, 0, 0, 0},
    {kTypeIpv4 >> 8, kTypeIpv4 & 0xff, 0x45, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}};

/// For one transport protocol: a shuffle to that order of the 16 bytes from offset 18 of the IPv4
/// header on, and the tunnel ports. The first eight are compared with the destination port, the
/// other eight with the result of ports_by_tunnels().
struct PlainPorts {
  alignas(16) std::array<std::int8_t, 16> shuffle;
  alignas(16) std::array<std::uint16_t, 8> tunnels;
  alignas(16) std::array<std::uint16_t, 8> more_tunnels;
};
inline constexpr auto kPlainPorts = [] {
  static_assert(kUdpTunnels.size() == 12 && kTwoWayTunnels.size() == 3);
  std::array<PlainPorts, 2> ports{};
  PlainPorts& udp = ports[0];
  udp.shuffle = {3, 2, 5, 4, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1};
  for (std::size_t i = 0; i < 8; ++i) udp.tunnels[i] = kUdpTunnels[i];
  for (std::size_t i = 8; i < 12; ++i) udp.more_tunnels[i - 8] = kUdpTunnels[i];
  for (std::size_t i = 0; i < 3; ++i) udp.more_tunnels[i + 4] = kTwoWayTunnels[i];
  udp.more_tunnels[7] = kTwoWayTunnels[0];
  // TCP has no tunnel ports, so these are 0. A packet with port 0 takes the general path, which
  // finds no tunnel either.
  PlainPorts& tcp = ports[1];
  tcp.shuffle = {3, 2, 5, 4, -1, -1, -1, -1, -1, 15, -1, -1, -1, -1, -1, -1};
  return ports;
}();
/// From the source port in the first 16-bit word and the destination port in the second: eight
/// times the destination port.
inline __m128i destination_ports(__m128i facts) {
  return _mm_shuffle_epi8(facts, _mm_set1_epi16(0x0302));
}
/// From the same: four times the destination port, then four times the source port.
inline __m128i ports_by_tunnels(__m128i facts) {
  return _mm_shuffle_epi8(facts, _mm_set_epi8(1, 0, 1, 0, 1, 0, 1, 0, 3, 2, 3, 2, 3, 2, 3, 2));
}

inline __m128i load_bytes(const void* at) {
  return _mm_loadu_si128(static_cast<const __m128i*>(at));
}

/// Parses a plain IPv4 frame. Returns false for all others.
[[gnu::always_inline]] inline bool parse_plain_v4(const FrameView& frame, PacketFacts& facts) {
  constexpr std::uint32_t kTransport = kEthernetBytes + kIpv4Bytes;
  if (!may_be_plain(frame, kTransport)) return false;
  const std::uint32_t captured = frame.captured;
  const std::uint32_t wire = std::max(frame.wire, captured);
  const std::uint8_t* ip = frame.data + kEthernetBytes;
  const __m128i begins =
      _mm_and_si128(load_bytes(frame.data + 12), load_bytes(kPlainV4.mask.data()));
  const __m128i same = _mm_cmpeq_epi8(begins, load_bytes(kPlainV4.value.data()));
  if (_mm_movemask_epi8(same) != 0xffff) return false;
  const std::uint32_t ip_bytes = load16(ip + 2);
  constexpr std::uint32_t kShortest = kIpv4Bytes + kUdpBytes;
  // One comparison: what is shorter than kShortest becomes a very large number.
  if (ip_bytes - kShortest > kLongestPacket - kShortest || kEthernetBytes + ip_bytes > wire) {
    return false;
  }
  PlainTransport transport;
  if (!read_plain_transport(ip + kIpv4Bytes, ip[9], ip_bytes - kIpv4Bytes, transport)) {
    return false;
  }
  const PlainPorts& of = kPlainPorts[transport.tcp];
  const __m128i ports = _mm_shuffle_epi8(load_bytes(ip + 18), load_bytes(of.shuffle.data()));
  const __m128i tunnels =
      _mm_or_si128(_mm_cmpeq_epi16(destination_ports(ports), load_bytes(of.tunnels.data())),
                   _mm_cmpeq_epi16(ports_by_tunnels(ports), load_bytes(of.more_tunnels.data())));
  if (_mm_movemask_epi8(tunnels) != 0) return false;
  const __m128i network = load_bytes(ip + 4);
  __m128i rest =
      _mm_or_si128(ports, _mm_shuffle_epi8(load_bytes(ip), load_bytes(kFromNetwork.data())));
  // Adds the depth, which is always 1, and the flags.
  rest = _mm_or_si128(rest, _mm_set_epi16(1, 0, 0, 0, 0, 0, 0, 0));
  rest = _mm_insert_epi8(rest, plain_flags(captured, wire, kFactIpv4), 11);
  store_mapped_v4<8>(network, facts.source);
  store_mapped_v4<12>(network, facts.destination);
  set_plain_lengths(captured, wire, transport, kTransport, facts);
  _mm_store_si128(reinterpret_cast<__m128i*>(&facts) + 3, rest);
  return true;
}

/// Parses a plain IPv6 frame. Returns false for all others.
inline bool parse_plain_v6(const FrameView& frame, PacketFacts& facts) {
  constexpr std::uint32_t kTransport = kEthernetBytes + kIpv6Bytes;
  if (!may_be_plain(frame, kTransport)) return false;
  const std::uint32_t captured = frame.captured;
  const std::uint32_t wire = std::max(frame.wire, captured);
  const std::uint8_t* ip = frame.data + kEthernetBytes;
  if (load16(frame.data + 12) != kTypeIpv6 || (ip[0] & 0xf0) != 0x60) return false;
  const std::uint32_t room = load16(ip + 4);
  if (room - kUdpBytes > kLongestPacket - kIpv6Bytes - kUdpBytes || kTransport + room > wire) {
    return false;
  }
  const std::uint8_t* header = ip + kIpv6Bytes;
  PlainTransport transport;
  if (!read_plain_transport(header, ip[6], room, transport)) return false;
  const std::uint16_t source_port = load16(header);
  const std::uint16_t destination_port = load16(header + 2);
  if (opaque_condition(!transport.tcp & is_udp_tunnel(source_port, destination_port))) return false;
  std::memcpy(facts.source.bytes.data(), ip + 8, 16);
  std::memcpy(facts.destination.bytes.data(), ip + 24, 16);
  set_plain_lengths(captured, wire, transport, kTransport, facts);
  facts.traffic_class = static_cast<std::uint8_t>(load16(ip) >> 4);
  facts.source_port = source_port;
  facts.destination_port = destination_port;
  facts.ip_bytes = static_cast<std::uint16_t>(kIpv6Bytes + room);
  facts.protocol = ip[6];
  facts.tcp_flags = static_cast<std::uint8_t>(only_if(transport.tcp, header[13]));
  facts.ttl = ip[7];
  facts.flags = plain_flags(captured, wire, kFactIpv6);
  facts.fault = Fault::none;
  facts.inner_kind = InnerKind::none;
  facts.depth = 1;
  facts.stop = StopLayer::none;
  return true;
}

}  // namespace floodgauge::parse
