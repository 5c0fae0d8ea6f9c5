// The state of a flow, one byte: which sides have sent, and how far the TCP handshake has come as
// far as it can be seen (RFC 9293, section 3.5). A sensor may see one direction of a flow only.
#pragma once

#include <array>
#include <cstdint>

#include "engine/base/branchless.h"
#include "engine/base/tcp_flags.h"

namespace floodgauge {

/// Bits of a flow's state. "Lower" is the side whose (address, port) sorts first, "upper" the other
/// side. The initiator is the side that sent the flow's first packet.
enum FlowState : std::uint8_t {
  kLowerSent = 1 << 0,
  kUpperSent = 1 << 1,
  kUpperInitiated = 1 << 2,  ///< the initiator is the upper side
  kSynSeen = 1 << 3,         ///< a SYN from the initiator
  kSynAckSeen = 1 << 4,      ///< a SYN-ACK from the other side; or as the first packet, if only one
                             ///< direction is visible
  kCompleted = 1 << 5,       ///< the initiator's ACK after the SYN-ACK
  kPayloadSeen = 1 << 6,     ///< the initiator has sent payload
  kProgressed = 1 << 7,      ///< the initiator went on after its SYN, and no SYN-ACK was visible
};
inline constexpr std::uint8_t kBothSent = kLowerSent | kUpperSent;

/// Which ends of a packet are protected.
enum class ProtectedEnds : std::uint8_t { destination, source, both };

/// What the flow table has to know about a packet.
struct FlowPacket {
  std::uint64_t hash = 0;   ///< symmetric keyed hash of the 5-tuple (flow_hash.h)
  bool from_upper = false;  ///< sent by the upper side
  bool payload = false;     ///< carries transport payload that was captured
  bool cut = false;         ///< was captured in part
  bool tcp = false;         ///< is TCP, with its header in the packet
  bool udp = false;         ///< is UDP, with its header in the packet
  std::uint8_t tcp_flags = 0;
  ProtectedEnds ends = ProtectedEnds::both;
  /// The acknowledgement number of a TCP header, in network byte order; null: it cannot be read.
  const std::uint8_t* acknowledgement = nullptr;
};

/// What FlowTable::count_ordinary_packet() has to know: of UDP, or of TCP with no flag but ACK and
/// PSH.
struct OrdinaryPacket {
  bool from_upper = false;
  bool payload = false;           ///< as in FlowPacket
  bool received = false;          ///< by the protected end; if both ends are, from the initiator
  bool received_payload = false;  ///< received, with payload that was captured or cut off
};

namespace flow_state {

/// The handshake has begun with a visible SYN and is not completed.
constexpr bool is_opening(unsigned state) {
  return (state & (kSynSeen | kCompleted)) == kSynSeen;
}

/// A flow's state after its first packet.
inline std::uint8_t after_first(const FlowPacket& packet) {
  constexpr std::uint8_t kDecisive = kTcpFin | kTcpSyn | kTcpRst | kTcpAck;
  const auto flags = static_cast<std::uint8_t>(packet.tcp_flags & kDecisive);
  return static_cast<std::uint8_t>(
      kLowerSent + only_if(packet.from_upper, kUpperSent + kUpperInitiated - kLowerSent) +
      only_if(packet.payload, kPayloadSeen) + only_if(packet.tcp & (flags == kTcpSyn), kSynSeen) +
      only_if(packet.tcp & (flags == (kTcpSyn | kTcpAck)), kSynAckSeen));
}

/// A state after a flow's first packet in four bits: who sent it, SYN or SYN-ACK, payload.
inline std::uint32_t pack_first(std::uint8_t state) {
  static_assert((kUpperInitiated | kSynSeen | kSynAckSeen) == 7 << 2 && kPayloadSeen == 8 << 3);
  return (state >> 2 & 7u) | (state >> 3 & 8u);
}
/// The reverse of pack_first().
inline std::uint8_t unpack_first(std::uint32_t packed) {
  const auto state = static_cast<std::uint8_t>((packed & 7) << 2 | (packed & 8) << 3);
  return state | ((state & kUpperInitiated) != 0 ? kUpperSent : kLowerSent);
}

/// For each state, bit 2 * payload + from_upper: whether such a packet is ordinary, which means
/// that it cannot change the state. It is UDP, or TCP with no flag but ACK and PSH. Both sides have
/// sent, no handshake is under way, and it is not the initiator's first payload.
constexpr std::array<std::uint8_t, 256> ordinary_by_state() {
  std::array<std::uint8_t, 256> ordinary{};
  for (unsigned state = 0; state < 256; ++state) {
    if ((state & kBothSent) != kBothSent || is_opening(state)) continue;
    for (unsigned packet = 0; packet < 4; ++packet) {
      const bool from_initiator = (packet & 1) == (state & kUpperInitiated) / kUpperInitiated;
      const bool first_payload = packet >= 2 && from_initiator && (state & kPayloadSeen) == 0;
      if (!first_payload) ordinary[state] |= static_cast<std::uint8_t>(1u << packet);
    }
  }
  return ordinary;
}

}  // namespace flow_state
}  // namespace floodgauge
