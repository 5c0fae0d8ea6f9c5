// Opens CAPWAP data (RFC 5415, section 4): the frames of wireless clients between an access point
// and its controller.
#pragma once

#include <cstdint>

#include "engine/parse/ieee80211.h"
#include "engine/parse/plausible.h"
#include "engine/parse/walk.h"

namespace floodgauge::parse {

/// An 802.11 frame within CAPWAP. Cisco's access points send its first two bytes in the other
/// order.
inline void open_capwap_wireless(Walk& walk) {
  constexpr std::uint8_t kDataType = 0x0c;
  constexpr std::uint8_t kData = 0x08;
  if (walk.readable() < 2) return stop_in_tunnel(walk);
  const bool swapped =
      (walk.here()[0] & kDataType) != kData && (walk.here()[1] & kDataType) == kData;
  const Fault before = walk.facts.fault;
  const std::uint16_t type = open_ieee80211(walk, false, swapped);
  walk.facts.fault = before;
  const bool ip = type == kTypeIpv4 || type == kTypeIpv6;
  if (!ip || !set_plausible_ip(walk)) stop_in_tunnel(walk);
}

/// The preamble's second half is 0 for a plain header, and 1 where DTLS encrypts the rest.
inline void open_capwap(Walk& walk) {
  if (walk.readable() < 8) return;
  const std::uint8_t preamble = walk.here()[0];
  if (preamble == 0x01 && load32(walk.here()) == 0x01000000) return stop_in_tunnel(walk);
  if (preamble != 0) return;
  constexpr std::uint32_t kNative = 0x0100;  // T: the frame is the radio's own, not IEEE 802.3
  constexpr std::uint32_t kFragment = 0x0080;
  constexpr std::uint32_t kKeepAlive = 0x0008;
  constexpr std::uint32_t kReserved = 0x0007;
  const std::uint32_t first = load32(walk.here());
  const std::uint32_t length = (first >> 19 & 0x1f) * 4;
  const std::uint32_t binding = first >> 9 & 0x1f;
  const std::uint32_t offset = load16(walk.here() + 6) >> 3;
  if (length < 8 || (first & kReserved) != 0 || walk.readable() <= length) return;
  if ((first & kKeepAlive) != 0) return;
  walk.at += length;
  if ((first & kFragment) != 0 && offset != 0) return stop_in_tunnel(walk);
  constexpr std::uint32_t kIeee80211 = 1;
  if ((first & kNative) != 0) {
    return binding == kIeee80211 ? open_capwap_wireless(walk) : stop_in_tunnel(walk);
  }
  if (!is_plausible_ethernet(walk, walk.at, Trust::announced)) return stop_in_tunnel(walk);
  set_inner(walk, InnerKind::ethernet);
}

}  // namespace floodgauge::parse
