// What the parser finds out about a packet. The later stages use these facts, which fit in one
// cache line, and read the frame itself again only to match payload.
#pragma once

#include <cstdint>

#include "engine/base/address.h"
#include "engine/model/fault.h"
#include "engine/model/stop.h"

namespace floodgauge {

/// Bits of PacketFacts::flags.
enum FactFlag : std::uint8_t {
  kFactIpv4 = 1 << 0,
  kFactIpv6 = 1 << 1,
  kFactFragment = 1 << 2,       ///< a fragment: more-fragments set, or offset not 0
  kFactLaterFragment = 1 << 3,  ///< offset not 0: it has no transport header
  kFactTunnelled = 1 << 4,      ///< the packet contains a tunnel header, or came out of a tunnel
  kFactSnapped = 1 << 5,        ///< fewer bytes captured than were on the wire
  kFactTransport = 1 << 6,      ///< the ports, and for TCP the flags, are valid
};

/// What begins at PacketFacts::inner_offset.
enum class InnerKind : std::uint8_t { none, ethernet, ip };

/// Of the outermost IP packet after parse_outer(), of an inner one after parse_inner(). For a frame
/// that is not IP, only wire_bytes, kFactSnapped, fault, stop and source_port are set.
struct alignas(64) PacketFacts {
  IpAddress source;
  IpAddress destination;
  std::uint32_t wire_bytes = 0;        ///< layer-2 length on the wire, bytes
  std::uint16_t payload_offset = 0;    ///< from the frame's first byte: of the transport
                                       ///< payload, or IP's without a transport header
  std::uint16_t payload_captured = 0;  ///< readable bytes of that payload
  std::uint8_t transport_bytes = 0;    ///< length of the TCP or UDP header before that
                                       ///< payload; 0 where it was not read whole
  std::uint16_t more_packets = 0;      ///< packets of the wire, beside one, that the frame
                                       ///< holds: 0 but for a superframe, estimated
  std::uint16_t inner_offset = 0;  ///< of a tunnel's inner packet; valid unless inner_kind is none
  alignas(16) std::uint16_t source_port = 0;  ///< host order; ICMP: type << 8 | code; of a frame
                                              ///< that is not IP the EtherType that stopped it
  std::uint16_t destination_port = 0;         ///< host order; ICMP: the identifier, or 0
  std::uint16_t ip_bytes = 0;                 ///< length of the IP packet according to its header
  std::uint8_t traffic_class = 0;        ///< DSCP (6 bits) and ECN (2 bits), RFC 2474, RFC 3168
  alignas(2) std::uint8_t protocol = 0;  ///< IANA protocol number after extension headers
  std::uint8_t tcp_flags = 0;  ///< FIN 1, SYN 2, RST 4, PSH 8, ACK 16, URG 32, ECE 64, CWR 128;
                               ///< 0 if the frame was cut between ports and flags
  std::uint8_t ttl = 0;        ///< TTL or hop limit
  std::uint8_t flags = 0;      ///< FactFlag
  Fault fault = Fault::none;
  InnerKind inner_kind = InnerKind::none;
  std::uint8_t depth = 0;            ///< IP headers opened so far, at most kMaxNesting
  StopLayer stop = StopLayer::none;  ///< which header was not opened; valid without a fault

  bool operator==(const PacketFacts&) const = default;
};
static_assert(sizeof(PacketFacts) == 64);

/// Most IP headers that are opened in one frame: the outermost and those in tunnels.
inline constexpr std::uint8_t kMaxNesting = 4;

}  // namespace floodgauge
