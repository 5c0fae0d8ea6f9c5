// Packets whose source is their own destination. On a wire they are forged (the LAND attack, CERT
// CA-1997-28): no host sends them, and so they are no answer of their target. Within one machine,
// on its loopback interface, they are ordinary.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

#include "engine/flow/flow_burst.h"

namespace floodgauge {

/// 127.0.0.0/8 (RFC 1122, section 3.2.1.3) and ::1 (RFC 4291, section 2.5.3).
inline bool is_loopback(const IpAddress& address) {
  if (address.is_v4()) return address.v4() >> 24 == 127;
  static constexpr IpAddress kLoopback{{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}};
  return address == kLoopback;
}

/// Whether the frame was captured on a loopback interface: Linux gives its frames MAC addresses of
/// zeros, or in a capture of all interfaces its hardware type, BSD a link type of its own.
inline bool is_of_loopback_interface(const FrameView& frame) {
  constexpr std::size_t kMacBytes = 12;
  static constexpr std::uint8_t kZeros[kMacBytes] = {};
  static constexpr std::uint8_t kHardwareType[] = {772 >> 8, 772 & 0xff};  // ARPHRD_LOOPBACK
  const auto has = [&](std::size_t at, const std::uint8_t* bytes, std::size_t count) {
    return frame.captured >= at + count && std::memcmp(frame.data + at, bytes, count) == 0;
  };
  switch (frame.link) {
    case LinkType::ethernet:
      return has(0, kZeros, kMacBytes);
    case LinkType::linux_sll:
      return has(2, kHardwareType, sizeof kHardwareType);
    case LinkType::linux_sll2:
      return has(8, kHardwareType, sizeof kHardwareType);
    default:
      return frame.link == LinkType::null_loopback;
  }
}

/// Whether packet `i` claims to come from its own destination.
inline bool is_to_itself(const FlowBurst& burst, std::uint16_t i) {
  const PacketFacts& facts = burst.facts[i];
  if (facts.source.low() != facts.destination.low() ||
      facts.source.high() != facts.destination.high()) [[likely]] {
    return false;
  }
  return !is_loopback(facts.source) && !is_of_loopback_interface(burst.frames[i]);
}

}  // namespace floodgauge
