// The parser: turns the bytes of a frame into PacketFacts. Never reads beyond the captured bytes.
#pragma once

#include <cstdint>
#include <span>

#include "engine/parse/link_type.h"
#include "engine/parse/packet_facts.h"

namespace floodgauge {

/// From which side of the sensor a frame came, as its port or its capture tells.
enum class FrameOrigin : std::uint8_t {
  unknown,
  received,  ///< a capturing host received it (pcapng, epb_flags)
  sent,      ///< a capturing host sent it
  outside,   ///< from the port whose side is outside
  inside,    ///< from the port whose side is inside
};

/// A frame's bytes in memory that belongs to the receive queue.
struct FrameView {
  const std::uint8_t* data = nullptr;
  std::uint32_t captured = 0;  ///< bytes at `data`
  std::uint32_t wire = 0;  ///< bytes of the original frame; if less than `captured`, that counts
  LinkType link = LinkType::ethernet;
  bool may_be_several = true;  ///< a long frame may hold several packets (superframe.h)
  FrameOrigin origin = FrameOrigin::unknown;
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

/// Opens foo over UDP in those of a burst's parsed packets that go to one of `ports`: their facts
/// get an inner packet if one is there. Returns a bit for each of them, which is no plain packet
/// any more. Only in outermost packets, since nothing but the settings tells that it is a tunnel.
std::uint32_t open_fou(std::span<const FrameView> frames, std::span<const std::uint16_t> ports,
                       std::span<PacketFacts> facts);

/// Does what parse_outer() does, without the fast path for plain packets. Tests compare the two.
void parse_outer_general(const FrameView& frame, PacketFacts& facts);

/// The header at which the parser stopped, wherever it lies in the frame: facts.stop for a packet
/// without a tunnel, else what stopped it within the tunnels. `facts` are those of parse_outer().
/// None for a packet whose transport header was opened, for later fragments, and for malformed
/// packets, which have a fault.
Stop stop_of(const FrameView& frame, const PacketFacts& facts);

/// Parses the inner packet of a tunnel and replaces `facts` with its facts, except for
/// `wire_bytes`, which remains that of the frame. Returns false and leaves `facts` unchanged when
/// there is no inner packet, when it is not IP, or when kMaxNesting is reached.
bool parse_inner(const FrameView& frame, PacketFacts& facts);

}  // namespace floodgauge
