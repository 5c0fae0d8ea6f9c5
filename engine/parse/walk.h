// The parser's position in a frame, and its bounds. The functions of every protocol advance it.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>

#include "engine/parse/packet_facts.h"

namespace floodgauge::parse {

/// Largest offset: offsets in PacketFacts have 16 bits. Bytes beyond count as not captured.
inline constexpr std::uint32_t kMaxOffset = 0xffff;

/// All offsets and lengths are in bytes from the frame's first byte.
struct Walk {
  const std::uint8_t* data;
  std::uint32_t captured;  ///< end of the readable bytes, at most `end`
  std::uint32_t end;       ///< end of the enclosing packet on the wire
  std::uint32_t at;        ///< the header to read next
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

/// Records a fault. The first one is kept, because later ones may follow from it.
inline void set_fault(Walk& walk, Fault fault) {
  if (walk.facts.fault == Fault::none) walk.facts.fault = fault;
}

/// Returns whether `bytes` bytes can be read at the current position. If the packet ended before
/// them on the wire, records `fault`. If they were on the wire and the snap length cut them off,
/// records nothing.
inline bool need(Walk& walk, std::uint32_t bytes, Fault fault) {
  if (walk.at + bytes <= walk.captured) return true;
  if (walk.at + bytes > walk.end) set_fault(walk, fault);
  return false;
}

/// Ends the walk at `end`, where the current packet ends according to its header. The bytes after
/// that are padding or a trailer.
inline void narrow(Walk& walk, std::uint32_t end) {
  walk.end = std::min(walk.end, end);
  walk.captured = std::min(walk.captured, walk.end);
}

/// Sets the payload in the facts to begin at the current position.
inline void set_payload(Walk& walk) {
  walk.facts.payload_offset = static_cast<std::uint16_t>(std::min(walk.at, kMaxOffset));
  walk.facts.payload_captured = static_cast<std::uint16_t>(std::min(walk.readable(), kMaxOffset));
}

/// Marks the ports, or what is stored in their place, as read. There is no payload until the whole
/// transport header has been read.
inline void begin_transport(Walk& walk) {
  walk.facts.flags |= kFactTransport;
  walk.facts.payload_captured = 0;
}

/// Marks the current position as the beginning of a tunnel's inner packet. At kMaxNesting it is not
/// opened, and the fault `nesting` is recorded.
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
