// The place in a frame at which a parser stands, and its bounds. Every protocol's file moves it.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>

#include "engine/parse/packet_facts.h"

namespace floodgauge::parse {

/// Offsets in PacketFacts are 16 bits wide; bytes beyond are taken as not captured.
inline constexpr std::uint32_t kMaxOffset = 0xffff;

struct Walk {
  const std::uint8_t* data;
  std::uint32_t captured;  ///< bytes that can be read, at most `end`
  std::uint32_t end;       ///< where the enclosing packet ends on the wire
  std::uint32_t at;        ///< offset of the header to be read next
  PacketFacts& facts;

  const std::uint8_t* here() const { return data + at; }
  std::uint32_t readable() const { return captured > at ? captured - at : 0; }
};

inline std::uint16_t load16(const std::uint8_t* at) {
  std::uint16_t value;
  std::memcpy(&value, at, sizeof value);
  return __builtin_bswap16(value);
}
inline std::uint32_t load32(const std::uint8_t* at) {
  std::uint32_t value;
  std::memcpy(&value, at, sizeof value);
  return __builtin_bswap32(value);
}
inline std::uint16_t load16_little(const std::uint8_t* at) {
  return static_cast<std::uint16_t>(at[0] | at[1] << 8);
}

/// The first fault stands: what follows from it is not news.
inline void set_fault(Walk& walk, Fault fault) {
  if (walk.facts.fault == Fault::none) walk.facts.fault = fault;
}

/// True when `bytes` can be read here. If not: `fault` when the packet ended before them on the
/// wire; none when they were there and only the snap length cut them off.
inline bool need(Walk& walk, std::uint32_t bytes, Fault fault) {
  if (walk.at + bytes <= walk.captured) return true;
  if (walk.at + bytes > walk.end) set_fault(walk, fault);
  return false;
}

/// The packet being opened ends at `end` by its own header: what follows is padding or a trailer.
inline void narrow(Walk& walk, std::uint32_t end) {
  walk.end = std::min(walk.end, end);
  walk.captured = std::min(walk.captured, walk.end);
}

/// The payload begins here.
inline void set_payload(Walk& walk) {
  walk.facts.payload_offset = static_cast<std::uint16_t>(std::min(walk.at, kMaxOffset));
  walk.facts.payload_captured = static_cast<std::uint16_t>(std::min(walk.readable(), kMaxOffset));
}

/// Ports, or what stands for them, were read. Until the whole header is, there is no payload.
inline void begin_transport(Walk& walk) {
  walk.facts.flags |= kFactTransport;
  walk.facts.payload_captured = 0;
}

/// A tunnel's inner packet begins here. At the nesting bound it is not opened, and said so.
inline void set_inner(Walk& walk, InnerKind kind) {
  walk.facts.flags |= kFactTunnelled;
  if (walk.facts.depth >= kMaxNesting) {
    set_fault(walk, Fault::nesting);
    return;
  }
  if (walk.readable() == 0) return;
  walk.facts.inner_kind = kind;
  walk.facts.inner_offset = static_cast<std::uint16_t>(walk.at);
}

}  // namespace floodgauge::parse
