// A second parser, slow and plain, for the differential fuzz target: one function a header, each
// written from its RFC alone, every byte read by a checked function. It knows Ethernet II with up
// to two VLAN tags, IPv4, IPv6 with extension headers, TCP, UDP, ICMP and ICMPv6.
#pragma once

#include <array>
#include <cstdint>
#include <span>

namespace floodgauge::slow {

enum class Verdict : std::uint8_t {
  unknown,    ///< something that this parser does not know: nothing is said
  malformed,  ///< a header breaks its RFC, or does not fit into what encloses it
  packet,
};

/// Of a packet. Offsets are in bytes from the frame's first byte.
struct Packet {
  bool v6 = false;
  std::array<std::uint8_t, 16> source{};  ///< of IPv4: the first four bytes
  std::array<std::uint8_t, 16> destination{};
  std::uint32_t ip_bytes = 0;  ///< length of the IP packet
  std::uint8_t traffic_class = 0;
  std::uint8_t ttl = 0;
  std::uint8_t protocol = 0;           ///< after extension headers
  bool fragment = false;               ///< a part of a packet
  bool later_fragment = false;         ///< not the first part
  bool transport = false;              ///< the next four are valid
  std::uint16_t source_port = 0;       ///< ICMP: type and code
  std::uint16_t destination_port = 0;  ///< ICMP: the identifier, where the type has one
  std::uint8_t tcp_flags = 0;
  std::uint32_t transport_bytes = 0;  ///< of the header of TCP or UDP
  std::uint32_t payload_at = 0;
  std::uint32_t payload_bytes = 0;
};

struct Result {
  Verdict verdict = Verdict::unknown;
  Packet packet;
};

/// Parses a whole Ethernet frame.
Result parse(std::span<const std::uint8_t> frame);

}  // namespace floodgauge::slow
