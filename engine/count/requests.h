// How many requests a packet holds, where the first bytes of its payload do not tell.
//
// HTTP requests are counted within the segment and over segments, with each lookup of a flow: what
// a segment leaves open decides how the flow's next packet is looked at, also within a burst.
//
// QUIC Initials are counted by connection. A client sends two or three of them, because its hello
// does not fit in one or is repeated, and only the first is a request.
#pragma once

#include <cstdint>

#include "engine/base/ip_protocol.h"
#include "engine/base/tcp_flags.h"
#include "engine/classify/classify.h"
#include "engine/count/counted_burst.h"
#include "engine/flow/flow_table.h"

namespace floodgauge {

/// For a packet that may_hold_requests(): counts its HTTP requests in burst.http_requests and
/// extra_requests, and notes in its flow what it leaves open.
void count_http(CountedBurst& burst, std::uint16_t i, const FlowTable& flows);

/// Whether a packet whose lookup is written may hold HTTP requests.
inline bool may_hold_requests(const CountedBurst& burst, std::uint16_t i) {
  const PacketFacts& facts = burst.facts[i];
  const FlowLookup& lookup = burst.lookups[i];
  constexpr std::uint8_t kFlags = kTcpFin | kTcpSyn | kTcpRst | kTcpAck;
  if (facts.payload_captured == 0 || facts.protocol != kProtocolTcp) return false;
  if ((facts.tcp_flags & kFlags) != kTcpAck || !lookup.from_initiator) return false;
  const std::uint8_t first = burst.frames[i].data[facts.payload_offset];
  return lookup.requests_go_on || may_begin_request(first);
}

/// After the stage "classify": gives each QUIC Initial that begins no connection another vector.
/// `flows`: the table of the burst's handles.
void pass_over_repeated_initials(CountedBurst& burst, const FlowTable& flows);

}  // namespace floodgauge
