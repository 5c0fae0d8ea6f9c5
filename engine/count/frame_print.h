// A frame's fingerprint: the same for two frames that are alike but for MAC addresses, tags, TTL
// and the IP header's checksum.
//
// It covers the flow, the IP length, IPv4's identification and fragment fields, and the first 20
// bytes of the transport header and its payload: of TCP the sequence numbers and the checksum, of
// UDP the checksum, which covers the payload.
#pragma once

#include <nmmintrin.h>

#include <algorithm>
#include <cstdint>
#include <cstring>

#include "engine/base/ip_protocol.h"
#include "engine/parse/packet_facts.h"
#include "engine/parse/parser.h"

namespace floodgauge {

namespace frame_print_detail {

inline constexpr std::uint32_t kBytes = 20;  ///< of transport header and payload
inline constexpr std::uint32_t kEthernet = 14;
inline constexpr std::uint32_t kIpv4 = 20;
inline constexpr std::uint32_t kIpv6 = 40;

inline std::uint64_t combine(std::uint64_t flow_hash, const std::uint8_t* content,
                             std::uint32_t identification, std::uint16_t ip_bytes) {
  std::uint64_t first;
  std::uint64_t second;
  std::uint32_t third;
  std::memcpy(&first, content, sizeof first);
  std::memcpy(&second, content + 8, sizeof second);
  std::memcpy(&third, content + 16, sizeof third);
  std::uint64_t sum = _mm_crc32_u64(flow_hash & 0xffffffff, first);
  sum = _mm_crc32_u64(sum, second);
  sum = _mm_crc32_u64(sum, third | std::uint64_t{identification} << 32);
  sum = _mm_crc32_u16(static_cast<std::uint32_t>(sum), ip_bytes);
  return sum << 13 | ((sum ^ flow_hash >> 32) & 0x1fff);
}

/// Whether the addresses of the packet end right before offset `at`, as they do in an IP header
/// without options or extensions.
inline bool addresses_before(const FrameView& frame, const PacketFacts& facts, std::uint32_t at) {
  if (at > frame.captured) return false;
  if ((facts.flags & kFactIpv4) != 0) {
    return at >= kIpv4 && std::memcmp(frame.data + at - 8, &facts.source.bytes[12], 4) == 0 &&
           std::memcmp(frame.data + at - 4, &facts.destination.bytes[12], 4) == 0;
  }
  return at >= kIpv6 && std::memcmp(frame.data + at - 32, facts.source.bytes.data(), 16) == 0 &&
         std::memcmp(frame.data + at - 16, facts.destination.bytes.data(), 16) == 0;
}

/// Where the IP payload begins, which the facts do not say: `found` if the IP header ends there.
inline std::uint32_t ip_payload_of(const FrameView& frame, const PacketFacts& facts, bool& found) {
  const std::uint32_t payload = facts.payload_offset;
  const bool tcp = facts.protocol == kProtocolTcp;
  const std::uint32_t least = (facts.flags & kFactTransport) == 0 ? 0 : tcp ? 20 : 8;
  const std::uint32_t most = tcp ? 60 : 12;
  for (std::uint32_t header = least; header <= most && header <= payload; header += 4) {
    found = addresses_before(frame, facts, payload - header);
    if (found) return payload - header;
  }
  found = addresses_before(frame, facts, payload);
  return payload;
}

/// Of a frame of any kind.
[[gnu::noinline]] inline std::uint64_t print_of_any(const FrameView& frame,
                                                    const PacketFacts& facts,
                                                    std::uint64_t flow_hash) {
  bool found = false;
  const std::uint32_t begin = ip_payload_of(frame, facts, found);
  std::uint32_t end = facts.payload_offset + facts.payload_captured;
  std::uint32_t identification = 0;
  if (found) {
    const bool v4 = (facts.flags & kFactIpv4) != 0;
    const std::uint32_t header = v4 ? kIpv4 : kIpv6;
    end = begin + std::max<std::uint32_t>(facts.ip_bytes, header) - header;
    if (v4) std::memcpy(&identification, frame.data + begin - kIpv4 + 4, 4);
  }
  end = std::min(end, frame.captured);
  // Two sides put packets together in different ways: of superframes nothing tells a copy.
  if (facts.more_packets != 0) return 0;
  constexpr std::uint32_t kTelling = 8;  // up to UDP's checksum, or TCP's sequence number
  if (end < begin + kTelling) return 0;
  std::uint8_t content[kBytes] = {};
  std::memcpy(content, frame.data + begin, std::min(end - begin, kBytes));
  return combine(flow_hash, content, identification, facts.ip_bytes);
}

}  // namespace frame_print_detail

/// The fingerprint, 45 bits, of a packet whose flow has this hash; 0 for a superframe, and for a
/// frame that was cut so short that nothing tells it from others. `plain`: parse_outer() found it
/// to be plain.
inline std::uint64_t frame_print(const FrameView& frame, const PacketFacts& facts, bool plain,
                                 std::uint64_t flow_hash) {
  using namespace frame_print_detail;
  if (plain & (facts.ip_bytes >= kIpv4 + kBytes)) [[likely]] {
    std::uint32_t identification;
    std::memcpy(&identification, frame.data + kEthernet + 4, sizeof identification);
    return combine(flow_hash, frame.data + kEthernet + kIpv4, identification, facts.ip_bytes);
  }
  return print_of_any(frame, facts, flow_hash);
}

}  // namespace floodgauge
