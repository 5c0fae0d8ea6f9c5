// Compares the parser with a slow one, written straight from the RFCs (slow_parser.h): where that
// one knows the frame, both must say the same of it. Cut after the headers, as by a snap length,
// the frame must give the same facts, but for what is missing. Input: how many bytes are cut off,
// the frame.
//
// Not compared are tunnels, which the slow parser does not know, and lengths of 0, which stand for
// packets that a NIC segments after they were captured.
#include <algorithm>
#include <cstdint>
#include <cstring>

#include "engine/parse/parser.h"
#include "tests/fuzz/require.h"
#include "tests/fuzz/slow_parser.h"

namespace {

using namespace floodgauge;

bool has(const PacketFacts& facts, FactFlag flag) {
  return (facts.flags & flag) != 0;
}

IpAddress address(const slow::Packet& packet, const std::array<std::uint8_t, 16>& bytes) {
  if (!packet.v6) {
    return IpAddress::from_v4(std::uint32_t{bytes[0]} << 24 | std::uint32_t{bytes[1]} << 16 |
                              std::uint32_t{bytes[2]} << 8 | bytes[3]);
  }
  IpAddress address;
  address.bytes = bytes;
  return address;
}

void compare(const slow::Packet& packet, const PacketFacts& facts) {
  require(facts.fault == Fault::none);
  require(has(facts, kFactIpv4) == !packet.v6 && has(facts, kFactIpv6) == packet.v6);
  require(facts.source == address(packet, packet.source));
  require(facts.destination == address(packet, packet.destination));
  require(facts.ip_bytes == std::min(packet.ip_bytes, 0xffffu));
  require(facts.traffic_class == packet.traffic_class && facts.ttl == packet.ttl);
  require(facts.protocol == packet.protocol);
  require(has(facts, kFactFragment) == packet.fragment);
  require(has(facts, kFactLaterFragment) == packet.later_fragment);
  require(has(facts, kFactTransport) == packet.transport);
  require(facts.source_port == packet.source_port);
  require(facts.destination_port == packet.destination_port);
  require(facts.tcp_flags == packet.tcp_flags);
  require(facts.transport_bytes == packet.transport_bytes);
  require(facts.payload_offset == packet.payload_at);
  require(facts.payload_captured == packet.payload_bytes);
}

/// The same frame, of which `cut` bytes at the end were not captured.
void compare_cut(const FrameView& whole, std::uint32_t cut, const PacketFacts& facts) {
  const std::uint32_t captured = whole.captured - std::min(cut, whole.captured);
  if (cut == 0 || captured < facts.payload_offset) return;
  FrameView frame = whole;
  frame.captured = captured;
  PacketFacts of_cut;
  parse_outer(frame, of_cut);
  require(has(of_cut, kFactSnapped));
  of_cut.flags = static_cast<std::uint8_t>(of_cut.flags & ~kFactSnapped);
  PacketFacts expected = facts;
  expected.payload_captured = static_cast<std::uint16_t>(
      std::min<std::uint32_t>(facts.payload_captured, captured - facts.payload_offset));
  require(of_cut == expected);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 1 || size > 0xffff) return 0;
  const auto bytes = static_cast<std::uint32_t>(size - 1);
  const FrameView frame{data + 1, bytes, bytes, LinkType::ethernet};
  PacketFacts facts;
  parse_outer(frame, facts);
  const slow::Result slow = slow::parse({data + 1, bytes});
  if (slow.verdict == slow::Verdict::unknown || has(facts, kFactTunnelled)) return 0;
  if (slow.verdict == slow::Verdict::malformed) {
    require(facts.fault != Fault::none);
    return 0;
  }
  // A header of a tunnel that is cut off, behind UDP.
  if (facts.fault == Fault::tunnel_short) return 0;
  compare(slow.packet, facts);
  compare_cut(frame, data[0], facts);
  return 0;
}
