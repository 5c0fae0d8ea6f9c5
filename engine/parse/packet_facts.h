// What the later stages know of a packet: one cache line, so that none of them touches the frame
// again unless the payload decides.
#pragma once

#include <cstdint>

#include "engine/base/address.h"
#include "engine/model/fault.h"

namespace floodgauge {

/// Bits of PacketFacts::flags.
enum FactFlag : std::uint8_t {
  kFactIpv4 = 1 << 0,
  kFactIpv6 = 1 << 1,
  kFactFragment = 1 << 2,       ///< any fragment (more-fragments set or offset not 0)
  kFactLaterFragment = 1 << 3,  ///< offset not 0: no transport header in it
  kFactTunnelled = 1 << 4,      ///< a tunnel header was met on the way in
  kFactSnapped = 1 << 5,        ///< fewer bytes captured than were on the wire
  kFactTransport = 1 << 6,      ///< ports (and TCP flags) below are valid
};

/// What lies at PacketFacts::inner_offset.
enum class InnerKind : std::uint8_t { none, ethernet, ip };

struct alignas(64) PacketFacts {
  IpAddress source;
  IpAddress destination;
  std::uint32_t wire_bytes = 0;               ///< layer-2 length on the wire
  std::uint16_t payload_offset = 0;           ///< from the frame's first byte; transport payload,
                                              ///< or IP's where no transport header was met
  std::uint16_t payload_captured = 0;         ///< bytes of it that are there to read
  alignas(16) std::uint16_t source_port = 0;  ///< host order; ICMP: type << 8 | code
  std::uint16_t destination_port = 0;         ///< host order; ICMP: identifier where there is one
  std::uint16_t ip_bytes = 0;                 ///< length of the IP packet by its own header
  std::uint16_t inner_offset = 0;  ///< where a tunnel's inner packet begins, if inner_kind says so
  std::uint8_t protocol = 0;       ///< IANA protocol number after extension headers
  std::uint8_t tcp_flags = 0;      ///< FIN 1, SYN 2, RST 4, PSH 8, ACK 16, URG 32, ECE 64, CWR 128;
                                   ///< 0 where the frame was cut between ports and flags
  std::uint8_t ttl = 0;            ///< TTL or hop limit
  std::uint8_t flags = 0;          ///< FactFlag
  Fault fault = Fault::none;
  InnerKind inner_kind = InnerKind::none;
  std::uint8_t depth = 0;  ///< IP headers opened so far, bounded by kMaxNesting
  std::uint8_t reserved = 0;

  bool operator==(const PacketFacts&) const = default;
};
static_assert(sizeof(PacketFacts) == 64);

inline constexpr std::uint8_t kMaxNesting = 4;

}  // namespace floodgauge
