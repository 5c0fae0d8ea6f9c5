// Opens L2TP data messages: version 2 with PPP (RFC 2661), version 3 over UDP and over IP
// (RFC 3931). Control messages are left as they are.
#pragma once

#include <cstdint>

#include "engine/parse/plausible.h"
#include "engine/parse/ppp.h"
#include "engine/parse/walk.h"

namespace floodgauge::parse {

/// PPP, IP alone, Ethernet or HDLC with a plausible IP packet at offset `at`.
inline bool set_l2tp_payload(Walk& walk, std::uint32_t at, Trust trust) {
  if (is_plausible_ip(walk, at, trust)) {
    walk.at = at;
    set_inner(walk, InnerKind::ip);
    return true;
  }
  if (is_plausible_ethernet(walk, at, trust)) {
    walk.at = at;
    set_inner(walk, InnerKind::ethernet);
    return true;
  }
  // Headers of two and four bytes: PPP's protocol, PPP with its address, Cisco HDLC.
  constexpr std::uint32_t kPppIpv4 = 0x0021;
  constexpr std::uint32_t kPppIpv6 = 0x0057;
  if (walk.captured < at + 4) return false;
  const std::uint32_t first = load16(walk.data + at);
  const std::uint32_t second = load16(walk.data + at + 2);
  std::uint32_t header = 0;
  if (first == kPppIpv4 || first == kPppIpv6) header = 2;
  if (first == 0xff03 && (second == kPppIpv4 || second == kPppIpv6)) header = 4;
  if (first == 0x0f00 && (second == kTypeIpv4 || second == kTypeIpv6)) header = 4;
  if (header == 0 || !is_plausible_ip(walk, at + header, trust)) return false;
  walk.at = at + header;
  set_inner(walk, InnerKind::ip);
  return true;
}

/// The data of a version 3 session. Both ends have agreed upon a cookie of 0, 4 or 8 bytes, a
/// sublayer of 0 or 4 bytes and the kind of content; the packet names none of them. Each is tried,
/// and the inner header's checksum or exact length decides.
inline void open_l2tp3_data(Walk& walk) {
  for (const std::uint32_t before : {0u, 4u, 8u, 12u}) {
    if (set_l2tp_payload(walk, walk.at + before, Trust::guessed)) return;
  }
}

/// Version 2: flags, an optional length, tunnel and session, optional sequence numbers, an optional
/// offset, PPP. The reserved flags are 0.
inline void open_l2tp2_data(Walk& walk, std::uint16_t flags) {
  constexpr std::uint16_t kLength = 0x4000;
  constexpr std::uint16_t kSequence = 0x0800;
  constexpr std::uint16_t kOffset = 0x0200;
  constexpr std::uint16_t kReserved = 0x34f0;
  if ((flags & kReserved) != 0) return;
  const std::uint32_t length = 6 + ((flags & kLength) != 0 ? 2 : 0) +
                               ((flags & kSequence) != 0 ? 4 : 0) +
                               ((flags & kOffset) != 0 ? 2 : 0);
  if (walk.readable() < length + 1) return;
  walk.at += length;
  if ((flags & kOffset) != 0) walk.at += load16(walk.here() - 2);
  const Fault before = walk.facts.fault;
  const std::uint16_t type = walk.readable() > 0 ? open_ppp(walk, Fault::tunnel_short) : kTypeNone;
  walk.facts.fault = before;  // a datagram that is no tunnel's is not malformed either
  const bool ip = type == kTypeIpv4 || type == kTypeIpv6;
  if (!ip || !set_plausible_ip(walk)) stop_in_tunnel(walk);
}

/// L2TP over UDP.
inline void open_l2tp(Walk& walk) {
  constexpr std::uint16_t kControl = 0x8000;
  constexpr std::uint16_t kVersion = 0x000f;
  if (walk.readable() < 8) return;
  const std::uint16_t flags = load16(walk.here());
  if ((flags & kControl) != 0) return;
  if ((flags & kVersion) == 2) return open_l2tp2_data(walk, flags);
  // Version 3: two reserved bytes and the session, which is 0 only in control messages.
  if (flags != 3 || load16(walk.here() + 2) != 0 || load32(walk.here() + 4) == 0) return;
  walk.at += 8;
  open_l2tp3_data(walk);
  if (walk.facts.inner_kind == InnerKind::none) stop_in_tunnel(walk);
}

/// L2TPv3 over IP: the session, 0 in control messages.
inline void open_l2tp_in_ip(Walk& walk) {
  if (walk.readable() < 4 || load32(walk.here()) == 0) return;
  walk.at += 4;
  open_l2tp3_data(walk);
}

}  // namespace floodgauge::parse
