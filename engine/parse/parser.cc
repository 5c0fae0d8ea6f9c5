#include "engine/parse/parser.h"

#include "engine/parse/gre.h"
#include "engine/parse/icmp.h"
#include "engine/parse/ipv4.h"
#include "engine/parse/link.h"
#include "engine/parse/plain.h"
#include "engine/parse/sctp.h"
#include "engine/parse/superframe.h"
#include "engine/parse/tunnel.h"
#include "engine/parse/udp.h"

namespace floodgauge {
namespace parse {
namespace {

/// Opens a tunnel's header after IP. Any other protocol stops the parser.
void open_ip_tunnel(Walk& walk) {
  switch (walk.facts.protocol) {
    case kProtocolGre:
      open_gre(walk);
      break;
    case kProtocolIpv4:
    case kProtocolIpv6:
      set_inner(walk, InnerKind::ip);
      break;
    case kProtocolPim:
      open_pim(walk);
      break;
    case kProtocolL2tp:
      open_l2tp_in_ip(walk);
      break;
    case kProtocolMplsInIp:
      set_inner_of_type(walk, kTypeMpls);
      break;
    case kProtocolNsh:
      set_inner_of_type(walk, kTypeNsh);
      break;
    case kProtocolEthernet:
      set_inner(walk, InnerKind::ethernet);
      break;
    case kProtocolEtherIp:
      open_etherip(walk);
      break;
    default:
      break;
  }
  if (walk.facts.inner_kind == InnerKind::none) walk.facts.stop = StopLayer::protocol;
}

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
    case kProtocolNoNextHeader:
      return;
    default:
      return open_ip_tunnel(walk);
  }
}

/// Opens the IP packet of `type`, kTypeIpv4 or kTypeIpv6, and what follows. Returns false when the
/// IP header could not be read.
bool open_ip(Walk& walk, std::uint16_t type) {
  const std::uint8_t depth = walk.facts.depth;
  const std::uint32_t begin = walk.at;
  const bool transport = type == kTypeIpv4 ? open_ipv4(walk) : open_ipv6(walk);
  const std::uint32_t ip_bytes = std::max(walk.end, begin) - begin;
  if (transport) open_transport(walk);
  if (depth == 0) note_superframe(walk.facts, begin, ip_bytes);
  if (walk.facts.depth != depth) return true;
  stop_at_type(walk, type);
  return false;
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
  if (!frame.may_be_several) facts.more_packets = 0;
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

std::uint32_t open_fou(std::span<const FrameView> frames, std::span<const std::uint16_t> ports,
                       std::span<PacketFacts> facts) {
  std::uint32_t opened = 0;
  for (std::size_t i = 0; i < frames.size(); ++i) {
    const bool whole = facts[i].protocol == kProtocolUdp && facts[i].payload_captured != 0 &&
                       facts[i].inner_kind == InnerKind::none;
    if (!whole || std::ranges::find(ports, facts[i].destination_port) == ports.end()) continue;
    const std::uint32_t captured = facts[i].payload_offset + facts[i].payload_captured;
    const bool snapped = (facts[i].flags & kFactSnapped) != 0;
    const std::uint32_t end = snapped ? std::max(facts[i].wire_bytes, captured) : captured;
    parse::Walk walk{frames[i].data, captured, end, facts[i].payload_offset, facts[i]};
    parse::open_fou(walk);
    opened |= std::uint32_t{facts[i].inner_kind != InnerKind::none} << i;
  }
  return opened;
}

namespace parse {
namespace {

/// Parses the inner packet of `outer` into `inner`. False when it is not IP.
bool read_inner(const FrameView& frame, const PacketFacts& outer, PacketFacts& inner) {
  inner = PacketFacts{};
  inner.wire_bytes = outer.wire_bytes;
  inner.more_packets = outer.more_packets;
  inner.flags = static_cast<std::uint8_t>((outer.flags & kFactSnapped) | kFactTunnelled);
  inner.depth = outer.depth;
  Walk walk = inner_walk(frame, outer, inner);
  const std::uint16_t type =
      outer.inner_kind == InnerKind::ethernet ? open_tags(walk, kTypeEthernet) : open_raw_ip(walk);
  return type != kTypeNone && open_ip(walk, type);
}

/// facts.stop with its number.
Stop stop_here(const FrameView& frame, const PacketFacts& facts) {
  if (facts.fault != Fault::none) return {};
  switch (facts.stop) {
    case StopLayer::link:
      return {StopLayer::link, static_cast<std::uint16_t>(frame.link)};
    case StopLayer::ethertype:
      return {StopLayer::ethertype, facts.source_port};
    case StopLayer::protocol:
      return {StopLayer::protocol, facts.protocol};
    case StopLayer::tunnel:
      return {StopLayer::tunnel, tunnel_port(facts)};
    default:
      return {};
  }
}

}  // namespace
}  // namespace parse

bool parse_inner(const FrameView& frame, PacketFacts& facts) {
  if (facts.inner_kind == InnerKind::none || facts.depth >= kMaxNesting) return false;
  PacketFacts inner;
  if (!parse::read_inner(frame, facts, inner)) return false;
  facts = inner;
  return true;
}

Stop stop_of(const FrameView& frame, const PacketFacts& facts) {
  if (facts.inner_kind == InnerKind::none) return parse::stop_here(frame, facts);
  PacketFacts outer = facts;
  PacketFacts inner;
  while (outer.inner_kind != InnerKind::none && outer.depth < kMaxNesting) {
    if (!parse::read_inner(frame, outer, inner)) {
      // What a tunnel over UDP holds is believed only if it is IP.
      if (outer.protocol == kProtocolUdp) return {StopLayer::tunnel, parse::tunnel_port(outer)};
      const Stop stop = parse::stop_here(frame, inner);
      return stop.layer == StopLayer::ethertype ? stop : Stop{StopLayer::protocol, outer.protocol};
    }
    outer = inner;
  }
  return parse::stop_here(frame, outer);
}

}  // namespace floodgauge
