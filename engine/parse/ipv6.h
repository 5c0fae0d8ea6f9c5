// Opens the IPv6 header and its extension headers (RFC 8200).
#pragma once

#include "engine/parse/ah.h"
#include "engine/parse/walk.h"

namespace floodgauge::parse {

inline constexpr std::uint32_t kIpv6Bytes = 40;

/// RFC 8200 allows each kind of extension header once, and destination options twice. More headers
/// than this are a fault, so that hostile packets stay cheap.
inline constexpr int kMaxExtensionHeaders = 10;

/// Ends the walk at the payload length. The length is 0 in a jumbogram (RFC 2675), and if the
/// packet was captured before the NIC segmented it (TSO): the packet then ends with the frame.
inline void limit_ipv6(Walk& walk, std::uint32_t payload_bytes) {
  if (payload_bytes == 0 && walk.facts.protocol != kProtocolNoNextHeader) {
    walk.facts.ip_bytes = static_cast<std::uint16_t>(std::min(walk.end - walk.at, kMaxOffset));
    return;
  }
  const std::uint32_t total = kIpv6Bytes + payload_bytes;
  walk.facts.ip_bytes = static_cast<std::uint16_t>(std::min(total, kMaxOffset));
  if (walk.at + total > walk.end) set_fault(walk, Fault::ipv6_payload_length);
  narrow(walk, walk.at + total);
}

/// The fragment header (RFC 8200, section 4.5). Returns true for a first fragment, in which the
/// next header follows.
inline bool open_fragment_header(Walk& walk) {
  if (!need(walk, 8, Fault::ipv6_extension)) return false;
  walk.facts.protocol = walk.here()[0];
  const std::uint16_t fragment = load16(walk.here() + 2);
  walk.at += 8;
  constexpr std::uint16_t kMoreFragments = 0x0001;
  constexpr std::uint16_t kOffset = 0xfff8;
  if ((fragment & (kMoreFragments | kOffset)) != 0) walk.facts.flags |= kFactFragment;
  if ((fragment & kOffset) == 0) return true;
  walk.facts.flags |= kFactLaterFragment;
  return false;
}

/// An extension header of the common form: hop-by-hop options, routing, destination options,
/// mobility, HIP, shim6.
inline bool open_extension(Walk& walk) {
  if (!need(walk, 2, Fault::ipv6_extension)) return false;
  const std::uint8_t next = walk.here()[0];
  const std::uint32_t length = (walk.here()[1] + 1u) * 8;
  if (!need(walk, length, Fault::ipv6_extension)) return false;
  walk.at += length;
  walk.facts.protocol = next;
  return true;
}

/// Moves past all extension headers and sets facts.protocol to that of the header after them.
/// Returns true when a transport header may follow. If an extension header cannot be opened,
/// facts.protocol remains that header's.
inline bool open_extensions(Walk& walk) {
  for (int count = 0; count < kMaxExtensionHeaders; ++count) {
    bool opened = false;
    switch (walk.facts.protocol) {
      case kProtocolHopByHop:
      case kProtocolRouting:
      case kProtocolDestination:
      case kProtocolMobility:
      case kProtocolHip:
      case kProtocolShim6:
        opened = open_extension(walk);
        break;
      case kProtocolFragment:
        opened = open_fragment_header(walk);
        break;
      case kProtocolAh:
        opened = open_ah(walk, walk.facts.protocol, Fault::ipv6_extension);
        break;
      default:
        return true;
    }
    if (!opened) return false;
  }
  set_fault(walk, Fault::ipv6_extension);
  return false;
}

/// Opens the header and its extension headers. Returns true when a transport header of
/// facts.protocol follows. The walk is then behind the last header that could be opened.
inline bool open_ipv6(Walk& walk) {
  if (!need(walk, kIpv6Bytes, Fault::ipv6_short)) return false;
  const std::uint8_t* header = walk.here();
  if (header[0] >> 4 != 6) {
    set_fault(walk, Fault::ip_version);
    return false;
  }
  PacketFacts& facts = walk.facts;
  facts.flags |= kFactIpv6;
  ++facts.depth;
  facts.traffic_class = static_cast<std::uint8_t>(load16(header) >> 4);
  facts.protocol = header[6];
  facts.ttl = header[7];
  std::memcpy(facts.source.bytes.data(), header + 8, 16);
  std::memcpy(facts.destination.bytes.data(), header + 24, 16);
  limit_ipv6(walk, load16(header + 4));
  walk.at += kIpv6Bytes;
  const bool transport = open_extensions(walk);
  set_payload(walk);
  return transport;
}

}  // namespace floodgauge::parse
