#include "engine/parse/parser.h"

#include "engine/mask.h"
#include "engine/parse/gre.h"
#include "engine/parse/icmp.h"
#include "engine/parse/ipv4.h"
#include "engine/parse/ipv6.h"
#include "engine/parse/link.h"
#include "engine/parse/sctp.h"
#include "engine/parse/tunnel.h"
#include "engine/parse/udp.h"

namespace floodgauge {
namespace parse {
namespace {

/// The header after IP. Protocols that are not opened keep the IP payload as theirs.
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
    case kProtocolIcmpv6:
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

/// `type`: kTypeIpv4 or kTypeIpv6. Returns false when there was no IP header to be read.
bool open_ip(Walk& walk, std::uint16_t type) {
  const std::uint8_t depth = walk.facts.depth;
  const bool transport = type == kTypeIpv4 ? open_ipv4(walk) : open_ipv6(walk);
  if (transport) open_transport(walk);
  return walk.facts.depth != depth;
}

/// Clears all but the time.
void begin(const FrameView& frame, PacketFacts& facts) {
  const Nanoseconds time = facts.time;
  facts = PacketFacts{};
  facts.time = time;
  facts.wire_bytes = std::max(frame.wire, frame.captured);
  if (frame.captured < frame.wire) facts.flags = kFactSnapped;
}

/// Plain Ethernet, with a whole TCP header to read at offset `transport` if it is one.
inline bool may_be_plain(const FrameView& frame, std::uint32_t transport) {
  return frame.link == LinkType::ethernet && frame.captured >= transport + kTcpBytes &&
         frame.captured <= kMaxOffset;
}

/// What the short ways below read of a transport header.
struct PlainTransport {
  std::uint32_t payload = 0;      ///< offset in the frame
  std::uint32_t payload_end = 0;  ///< by the headers
  std::uint16_t source_port = 0;
  std::uint16_t destination_port = 0;
  std::uint8_t tcp_flags = 0;
};

/// A header at offset `begin` of an IP packet that ends at `end`, with kTcpBytes to read. False for
/// anything but TCP and UDP with honest lengths, and for tunnels.
inline bool read_plain_transport(const std::uint8_t* header, std::uint8_t protocol,
                                 std::uint32_t begin, std::uint32_t end,
                                 PlainTransport& transport) {
  // Both ways at once: which of the two comes next is as good as a coin, and a branch on it costs
  // more than what it saves.
  const bool tcp = protocol == kProtocolTcp;
  const bool udp = protocol == kProtocolUdp;
  const std::uint32_t header_bytes = kUdpBytes + only_if(tcp, (header[12] >> 4) * 4u - kUdpBytes);
  const std::uint32_t least = kUdpBytes + only_if(tcp, kTcpBytes - kUdpBytes);
  const std::uint32_t udp_end = begin + load16(header + 4);
  transport.source_port = load16(header);
  transport.destination_port = load16(header + 2);
  transport.payload = begin + header_bytes;
  transport.payload_end = udp_end + only_if(tcp, end - udp_end);
  transport.tcp_flags = static_cast<std::uint8_t>(only_if(tcp, header[13]));
  const bool tunnel = udp & is_udp_tunnel(transport.source_port, transport.destination_port);
  return (tcp | udp) & (header_bytes >= least) & (transport.payload <= transport.payload_end) &
         (transport.payload_end <= end) & !tunnel;
}

/// The facts that do not depend on the version of IP; facts.flags says which it is.
inline void set_plain(const FrameView& frame, const PlainTransport& transport,
                      std::uint8_t protocol, PacketFacts& facts) {
  const std::uint32_t wire_bytes = std::max(frame.wire, frame.captured);
  const std::uint32_t readable = std::min(transport.payload_end, frame.captured);
  facts.wire_bytes = wire_bytes;
  facts.payload_offset = static_cast<std::uint16_t>(transport.payload);
  facts.payload_captured =
      static_cast<std::uint16_t>(readable > transport.payload ? readable - transport.payload : 0);
  facts.source_port = transport.source_port;
  facts.destination_port = transport.destination_port;
  facts.inner_offset = 0;
  facts.protocol = protocol;
  facts.tcp_flags = transport.tcp_flags;
  facts.flags = static_cast<std::uint8_t>(facts.flags | kFactTransport |
                                          (frame.captured < wire_bytes ? kFactSnapped : 0));
  facts.fault = Fault::none;
  facts.inner_kind = InnerKind::none;
  facts.depth = 1;
  facts.reserved = 0;
}

/// What most packets are: plain Ethernet, IPv4 without options, whole, TCP or UDP that is no
/// tunnel, with honest lengths. Returns false, with `facts` untouched, for all others.
bool parse_plain_v4(const FrameView& frame, PacketFacts& facts) {
  constexpr std::uint32_t kTransport = kEthernetBytes + kIpv4Bytes;
  if (!may_be_plain(frame, kTransport)) return false;
  const std::uint8_t* ip = frame.data + kEthernetBytes;
  if (load16(frame.data + 12) != kTypeIpv4 || ip[0] != 0x45) return false;
  if ((load16(ip + 6) & 0x3fff) != 0) return false;  // a fragment
  const std::uint32_t wire_bytes = std::max(frame.wire, frame.captured);
  const std::uint32_t ip_bytes = load16(ip + 2);
  const std::uint32_t end = kEthernetBytes + ip_bytes;
  if (end < kTransport + kUdpBytes || end > wire_bytes) return false;
  const std::uint8_t protocol = ip[9];
  PlainTransport transport;
  if (!read_plain_transport(frame.data + kTransport, protocol, kTransport, end, transport)) {
    return false;
  }
  facts.source = mapped_v4(ip + 12);
  facts.destination = mapped_v4(ip + 16);
  facts.flags = kFactIpv4;
  facts.ip_bytes = static_cast<std::uint16_t>(ip_bytes);
  facts.ttl = ip[8];
  set_plain(frame, transport, protocol, facts);
  return true;
}

/// The same of IPv6: plain Ethernet, no extension header, TCP or UDP that is no tunnel.
bool parse_plain_v6(const FrameView& frame, PacketFacts& facts) {
  constexpr std::uint32_t kTransport = kEthernetBytes + kIpv6Bytes;
  if (!may_be_plain(frame, kTransport)) return false;
  const std::uint8_t* ip = frame.data + kEthernetBytes;
  if (load16(frame.data + 12) != kTypeIpv6 || (ip[0] & 0xf0) != 0x60) return false;
  const std::uint32_t wire_bytes = std::max(frame.wire, frame.captured);
  const std::uint32_t end = kTransport + load16(ip + 4);
  const std::uint8_t protocol = ip[6];
  if (end < kTransport + kUdpBytes || end > wire_bytes) return false;
  PlainTransport transport;
  if (!read_plain_transport(frame.data + kTransport, protocol, kTransport, end, transport)) {
    return false;
  }
  std::memcpy(facts.source.bytes.data(), ip + 8, 16);
  std::memcpy(facts.destination.bytes.data(), ip + 24, 16);
  facts.flags = kFactIpv6;
  facts.ip_bytes = static_cast<std::uint16_t>(std::min(end - kEthernetBytes, kMaxOffset));
  facts.ttl = ip[7];
  set_plain(frame, transport, protocol, facts);
  return true;
}

void parse_any(const FrameView& frame, PacketFacts& facts) {
  Walk walk{frame.data, std::min(frame.captured, kMaxOffset), facts.wire_bytes, 0, facts};
  const std::uint16_t type = open_tags(walk, open_link(walk, frame.link));
  if (type != kTypeNone) open_ip(walk, type);
}

/// Bounds of the inner packet that `outer` announces. Of a snapped frame the outer packet's end is
/// known no better than the frame's; a first fragment's inner packet goes on in the next one.
Walk inner_walk(const FrameView& frame, const PacketFacts& outer, PacketFacts& inner) {
  const std::uint32_t captured =
      std::min({static_cast<std::uint32_t>(outer.payload_offset) + outer.payload_captured,
                frame.captured, kMaxOffset});
  // The greatest packet there is, from here on: no length in it is too long.
  const std::uint32_t unknown = captured + 2 * kMaxOffset;
  std::uint32_t end = captured;
  if ((outer.flags & kFactSnapped) != 0) end = std::max(outer.wire_bytes, captured);
  if ((outer.flags & kFactFragment) != 0) end = unknown;
  return {frame.data, captured, end, outer.inner_offset, inner};
}

}  // namespace
}  // namespace parse

bool parse_outer(const FrameView& frame, PacketFacts& facts) {
  if (parse::parse_plain_v4(frame, facts)) return true;
  if (parse::parse_plain_v6(frame, facts)) return false;
  parse::begin(frame, facts);
  parse::parse_any(frame, facts);
  return false;
}

void parse_outer_general(const FrameView& frame, PacketFacts& facts) {
  parse::begin(frame, facts);
  parse::parse_any(frame, facts);
}

bool parse_inner(const FrameView& frame, PacketFacts& facts) {
  if (facts.inner_kind == InnerKind::none || facts.depth >= kMaxNesting) return false;
  PacketFacts inner;
  inner.time = facts.time;
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
