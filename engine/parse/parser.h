// The parser: turns the bytes of a frame into PacketFacts. Never reads beyond the captured bytes.
#pragma once

#include <cstdint>
#include <span>

#include "engine/parse/packet_facts.h"

namespace floodgauge {

/// The header that a frame begins with. The port maps link types of captures to these
/// (port/link_types.h).
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
  other,  ///< counted but not opened
};

/// A frame's bytes in memory that belongs to the receive queue.
struct FrameView {
  const std::uint8_t* data = nullptr;
  std::uint32_t captured = 0;  ///< bytes at `data`
  std::uint32_t wire = 0;  ///< bytes of the original frame; if less than `captured`, that counts
  LinkType link = LinkType::ethernet;
};

/// Parses the frame up to and including the transport header of its outermost IP packet. If that
/// packet is a tunnel, facts.inner_kind and facts.inner_offset tell where parse_inner() continues.
/// Never fails: a malformed packet has facts.fault set, and everything read before the fault is
/// valid.
///
/// Returns true if the packet is plain, as most are: TCP or UDP in an unfragmented IPv4 packet
/// without a fault. Then kFactIpv4 and kFactTransport are set, and of the other flags at most
/// kFactSnapped.
bool parse_outer(const FrameView& frame, PacketFacts& facts);

/// Parses a burst of at most 32 frames into `facts`, which has room for as many. Bit i of the
/// result is set if packet i is plain.
std::uint32_t parse_outer(std::span<const FrameView> frames, std::span<PacketFacts> facts);

/// Does what parse_outer() does, without the fast path for plain packets. Tests compare the two.
void parse_outer_general(const FrameView& frame, PacketFacts& facts);

/// Parses the inner packet of a tunnel and replaces `facts` with its facts, except for
/// `wire_bytes`, which remains that of the frame. Returns false and leaves `facts` unchanged when
/// there is no inner packet, when it is not IP, or when kMaxNesting is reached.
bool parse_inner(const FrameView& frame, PacketFacts& facts);

}  // namespace floodgauge
