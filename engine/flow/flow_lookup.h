// What the flow table returns for a packet, and what it caches for a flow: the slots of its hosts.
#pragma once

#include <cstdint>

#include "engine/flow/flow_state.h"

namespace floodgauge {

/// The host slots of a flow's two ends: indices into WorkerWindow::hosts.
struct FlowHostSlots {
  static constexpr std::uint32_t kUnknown = 0xfffff;    ///< the host has to be looked up
  static constexpr std::uint32_t kNone = 0xffffe;       ///< the end is not protected
  static constexpr std::uint32_t kSlotLimit = 0xffffc;  ///< slots from here on cannot be cached
  std::uint32_t lower = kUnknown;
  std::uint32_t upper = kUnknown;
};

/// Host slots as a flow's entry holds them. Usually one end of a flow is protected. Then `one` is
/// the slot of that end, and `other` says which end it is. If both ends are protected, `one` is the
/// lower end's slot and `other` the upper end's.
struct CachedHostSlots {
  static constexpr std::uint32_t kOnlyLower = FlowHostSlots::kSlotLimit;  ///< value of `other`
  static constexpr std::uint32_t kOnlyUpper = kOnlyLower + 1;             ///< value of `other`
  std::uint32_t one = FlowHostSlots::kUnknown;
  std::uint32_t other = FlowHostSlots::kUnknown;

  bool has_one_protected_end() const { return (other | 1u) == kOnlyUpper; }
  /// Whether the protected end sent a packet. Valid if has_one_protected_end().
  bool from_protected_end(bool from_upper) const { return (other == kOnlyUpper) == from_upper; }
};

/// What the flow table tells about a packet. `other_side_sent` and `from_initiator` describe the
/// flow before this packet. An event is what happens once in a flow.
struct FlowLookup {
  std::uint32_t packets = 0;  ///< of the flow outside the fast path, with this one; 32 follows 63
  std::uint8_t state = 0;     ///< FlowState after this packet
  bool new_flow = false;      ///< this is the flow's first packet
  bool first_in_window = false;  ///< this is the flow's first packet in the running window
  bool other_side_sent = false;  ///< the receiver of this packet has sent before, and still answers
  bool unanswered = false;       ///< the receiver has sent before, but has long stopped to answer
  bool from_initiator = false;   ///< sent by the side that sent the flow's first packet
  bool answered_syn = false;     ///< event: this is the SYN-ACK to a SYN that was seen
  bool completed = false;        ///< event: this ACK completes the handshake
  bool progressed = false;       ///< event: the first packet after a SYN without a visible SYN-ACK
  bool requests_go_on =
      false;  ///< the client's last segment ended within a request, or held several
  bool first_payload = false;  ///< event: the initiator's first payload
  bool eventful = false;       ///< new_flow, first_in_window or an event
};

}  // namespace floodgauge
