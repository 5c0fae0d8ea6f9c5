#include "engine/parse/parser.h"

#include "engine/parse/gre.h"
#include "engine/parse/icmp.h"
#include "engine/parse/ipv4.h"
#include "engine/parse/link.h"
#include "engine/parse/plain.h"
#include "engine/parse/sctp.h"
#include "engine/parse/tunnel.h"
#include "engine/parse/udp.h"

namespace floodgauge {
namespace parse {
namespace {

/// Opens the header after IP. For a protocol that is not opened, the payload remains that of IP.
void open_transport(Walk& walk) {
  switch (walk.facts.protocol) {
    case kProtocolTcp:
      return open_tcp(walk);
    case kProtocolUdp:
      if (open_udp(walk) && is_udp_tunnel(walk.facts.source_port, walk.facts.destination_port)) {
        open_udp_tunnel(walk);
      }
      return;
    case kProtocolUdpLite:
      return open_udp_lite(walk);
    case kProtocolIcmp:
      return open_icmp(walk, 8, icmp_has_identifier);
    case kProtocolIcmpV6:
      return open_icmp(walk, 4, icmpv6_has_identifier);
    case kProtocolSctp:
      return open_sctp(walk);
    case kProtocolGre:
      return open_gre(walk);
    case kProtocolIpv4:
    case kProtocolIpv6:
      return set_inner(walk, InnerKind::ip);
    case kProtocolMplsInIp:
      return set_inner_of_type(walk, kTypeMpls);
    case kProtocolEthernet:
      return set_inner(walk, InnerKind::ethernet);
    case kProtocolEtherIp:
      return open_etherip(walk);
    default:
      return;
  }
}

/// Opens the IP packet of `type`, kTypeIpv4 or kTypeIpv6, and what follows. Returns false when the
/// IP header could not be read.
bool open_ip(Walk& walk, std::uint16_t type) {
  const std::uint8_t depth = walk.facts.depth;
  const bool transport = type == kTypeIpv4 ? open_ipv4(walk) : open_ipv6(walk);
  if (transport) open_transport(walk);
  return walk.facts.depth != depth;
}

void begin(const FrameView& frame, PacketFacts& facts) {
  facts = PacketFacts{};
  facts.wire_bytes = std::max(frame.wire, frame.captured);
  if (frame.captured < frame.wire) facts.flags = kFactSnapped;
}

void parse_any(const FrameView& frame, PacketFacts& facts) {
  Walk walk{frame.data, std::min(frame.captured, kMaxOffset), facts.wire_bytes, 0, facts};
  const std::uint16_t type = open_tags(walk, open_link(walk, frame.link));
  if (type != kTypeNone) open_ip(walk, type);
}

/// Not inlined into the loop over a burst, because it would use up the loop's registers.
[[gnu::noinline]] void parse_other(const FrameView& frame, PacketFacts& facts) {
  if (parse_plain_v6(frame, facts)) return;
  begin(frame, facts);
  parse_any(frame, facts);
}

[[gnu::always_inline]] inline bool parse_one(const FrameView& frame, PacketFacts& facts) {
  if (parse_plain_v4(frame, facts)) [[likely]] {
    return true;
  }
  parse_other(frame, facts);
  return false;
}

/// The walk for the inner packet of `outer`, with its bounds. If the frame was snapped, the outer
/// packet's end is not known, and the inner packet may extend to the frame's end on the wire. The
/// inner packet of a first fragment continues in the next fragment, so its end is not known at all.
Walk inner_walk(const FrameView& frame, const PacketFacts& outer, PacketFacts& inner) {
  const std::uint32_t captured =
      std::min({static_cast<std::uint32_t>(outer.payload_offset) + outer.payload_captured,
                frame.captured, kMaxOffset});
  // Large enough that no length field in the inner packet exceeds it.
  const std::uint32_t unknown = captured + 2 * kMaxOffset;
  std::uint32_t end = captured;
  if ((outer.flags & kFactSnapped) != 0) end = std::max(outer.wire_bytes, captured);
  if ((outer.flags & kFactFragment) != 0) end = unknown;
  return {frame.data, captured, end, outer.inner_offset, inner};
}

}  // namespace
}  // namespace parse

bool parse_outer(const FrameView& frame, PacketFacts& facts) {
  return parse::parse_one(frame, facts);
}

std::uint32_t parse_outer(std::span<const FrameView> frames, std::span<PacketFacts> facts) {
  std::uint32_t plain = 0;
  for (std::size_t i = 0; i < frames.size(); ++i) {
    plain |= std::uint32_t{parse::parse_one(frames[i], facts[i])} << i;
  }
  return plain;
}

void parse_outer_general(const FrameView& frame, PacketFacts& facts) {
  parse::begin(frame, facts);
  parse::parse_any(frame, facts);
}

bool parse_inner(const FrameView& frame, PacketFacts& facts) {
  if (facts.inner_kind == InnerKind::none || facts.depth >= kMaxNesting) return false;
  PacketFacts inner;
  inner.wire_bytes = facts.wire_bytes;
  inner.flags = static_cast<std::uint8_t>((facts.flags & kFactSnapped) | kFactTunnelled);
  inner.depth = facts.depth;
  parse::Walk walk = parse::inner_walk(frame, facts, inner);
  const std::uint16_t type = facts.inner_kind == InnerKind::ethernet
                                 ? parse::open_tags(walk, parse::kTypeEthernet)
                                 : parse::open_raw_ip(walk);
  if (type == parse::kTypeNone || !parse::open_ip(walk, type)) return false;
  facts = inner;
  return true;
}

}  // namespace floodgauge
