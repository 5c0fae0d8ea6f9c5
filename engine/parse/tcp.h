// Opens the TCP header (RFC 9293).
#pragma once

#include "engine/parse/walk.h"

namespace floodgauge::parse {

inline constexpr std::uint32_t kTcpBytes = 20;

/// Reads source and destination port, with which TCP, UDP and SCTP begin. False when they are cut
/// off.
inline bool read_ports(Walk& walk, Fault fault) {
  if (!need(walk, 4, fault)) return false;
  walk.facts.source_port = load16(walk.here());
  walk.facts.destination_port = load16(walk.here() + 2);
  begin_transport(walk);
  return true;
}

inline void open_tcp(Walk& walk) {
  if (!read_ports(walk, Fault::tcp_short)) return;
  if (walk.readable() >= 14) walk.facts.tcp_flags = walk.here()[13];
  if (!need(walk, kTcpBytes, Fault::tcp_short)) return;
  const std::uint32_t header_bytes = (walk.here()[12] >> 4) * 4u;
  if (header_bytes < kTcpBytes || walk.at + header_bytes > walk.end) {
    set_fault(walk, Fault::tcp_offset);
    return;
  }
  walk.facts.transport_bytes = static_cast<std::uint8_t>(header_bytes);
  walk.at += header_bytes;
  set_payload(walk);
}

}  // namespace floodgauge::parse
