// The IPv6 header and its extension headers (RFC 8200).
#pragma once

#include "engine/parse/ah.h"
#include "engine/parse/walk.h"

namespace floodgauge::parse {

inline constexpr std::uint32_t kIpv6Bytes = 40;

/// RFC 8200 allows each kind once, destination options twice: more is an attack on parsers.
inline constexpr int kMaxExtensionHeaders = 10;

/// Ends the walk where the payload length says. A length of 0 is a jumbogram's (RFC 2675) or that
/// of a packet the NIC was still to cut into segments: then the frame's end is the packet's.
inline void limit_ipv6(Walk& walk, std::uint32_t payload_bytes) {
  constexpr std::uint8_t kNoNextHeader = 59;
  if (payload_bytes == 0 && walk.facts.protocol != kNoNextHeader) {
    walk.facts.ip_bytes = static_cast<std::uint16_t>(std::min(walk.end - walk.at, kMaxOffset));
    return;
  }
  const std::uint32_t total = kIpv6Bytes + payload_bytes;
  walk.facts.ip_bytes = static_cast<std::uint16_t>(std::min(total, kMaxOffset));
  if (walk.at + total > walk.end) set_fault(walk, Fault::ipv6_payload_length);
  narrow(walk, walk.at + total);
}

/// RFC 8200, section 4.5. Returns true when what follows can be read: the first fragment.
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

/// Hop-by-hop, routing, destination options, mobility, HIP, shim6: all of one form.
inline bool open_extension(Walk& walk) {
  if (!need(walk, 2, Fault::ipv6_extension)) return false;
  const std::uint8_t next = walk.here()[0];
  const std::uint32_t length = (walk.here()[1] + 1u) * 8;
  if (!need(walk, length, Fault::ipv6_extension)) return false;
  walk.at += length;
  walk.facts.protocol = next;
  return true;
}

/// Moves past the extension headers; facts.protocol becomes that of what follows, or stays that of
/// the header which could not be opened. Returns true when a transport header may follow.
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

/// Returns true when a transport header follows, of facts.protocol. The walk is moved as far into
/// the IP payload as it can be.
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
