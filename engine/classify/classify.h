// Which vector a packet counts as: by its headers and its flow, and by the first bytes of the
// payload where these tell a request from the rest.
#pragma once

#include <cstdint>

#include "engine/burst.h"
#include "engine/classify/payload.h"
#include "engine/classify/vector.h"
#include "engine/count/flow_table.h"
#include "engine/parse/packet_facts.h"

namespace floodgauge {

inline Payload payload_of(const FrameView& frame, const PacketFacts& facts) {
  return {frame.data + facts.payload_offset, facts.payload_captured};
}

/// Packets of a one-sided TCP flow that count as unsolicited; what comes after them is one stream.
inline constexpr std::uint32_t kStreamPackets = 8;

/// One packet. Ordinary traffic is that of flows in which the receiver has spoken; requests that
/// open work for a server (DNS queries, HTTP requests, TLS hellos, QUIC initials) count as such
/// whether answered or not.
Vector classify(const PacketFacts& facts, const FlowSighting& sighting, Payload payload);

/// The stage: fills burst.vectors, and leaves burst.tags empty.
void classify_burst(Burst& burst);

}  // namespace floodgauge
