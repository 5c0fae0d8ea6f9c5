// Frame bytes -> PacketFacts. Scalar reference; reads nothing past `captured`.
#pragma once

#include <cstdint>
#include <span>

#include "engine/parse/packet_facts.h"

namespace floodgauge {

/// What a frame begins with. Capture link types are mapped to one of these by the port.
enum class LinkType : std::uint8_t {
  ethernet,
  raw_ip,     ///< IPv4 or IPv6 by the version nibble
  linux_sll,  ///< LINKTYPE_LINUX_SLL, 16-byte header
  linux_sll2,
  null_loopback,  ///< 4-byte address family, either byte order
  ppp,            ///< with or without the HDLC-like ff 03
  chdlc,
  ieee80211,  ///< data frames with LLC/SNAP are opened
  ieee80211_radiotap,
  frame_relay,
  other,  ///< counted, never opened
};

struct FrameView {
  const std::uint8_t* data = nullptr;
  std::uint32_t captured = 0;  ///< bytes at `data`
  std::uint32_t wire = 0;      ///< original length, at least `captured`
  LinkType link = LinkType::ethernet;
};

/// Reads the frame down to its outermost IP packet's transport header. When that packet is a
/// tunnel, facts.inner_kind and facts.inner_offset say where to go on with parse_inner. Never
/// fails: a fault is a value, and all that was read before it stands. Returns
/// true for what most packets are, TCP or UDP in a whole IPv4 packet without a fault: kFactIpv4 and
/// kFactTransport are set then, and of the other flags kFactSnapped at most.
bool parse_outer(const FrameView& frame, PacketFacts& facts);

/// The same of each frame of a burst, 32 at most: a bit for each of which it is true.
std::uint32_t parse_outer(std::span<const FrameView> frames, std::span<PacketFacts> facts);

/// The same without the short way for plain packets: what parse_outer is tested against.
void parse_outer_general(const FrameView& frame, PacketFacts& facts);

/// Goes one tunnel deeper: replaces addresses, transport and payload with the inner packet's.
/// Returns false, and leaves `facts` alone, when there is no inner packet, the nesting bound is
/// reached or the inner packet is not IP. `wire_bytes` stays that of the outer frame.
bool parse_inner(const FrameView& frame, PacketFacts& facts);

}  // namespace floodgauge
