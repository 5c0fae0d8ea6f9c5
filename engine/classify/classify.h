// Decides which vector a packet counts as: by its headers, its flow, and the first bytes of the
// payload where these show that it is a request.
#pragma once

#include <cstdint>

#include "engine/classify/classified_burst.h"
#include "engine/classify/payload.h"
#include "engine/flow/flow_table.h"
#include "engine/model/vector.h"
#include "engine/parse/packet_facts.h"

namespace floodgauge {

inline Payload payload_of(const FrameView& frame, const PacketFacts& facts) {
  return {frame.data + facts.payload_offset, facts.payload_captured};
}

/// The first packets of a one-sided TCP flow count as unsolicited; all later ones are a stream.
inline constexpr std::uint32_t kStreamPackets = 8;

/// The vector of one packet. Packets of a flow whose receiver has sent something too are ordinary
/// traffic. Requests that cause work for a server (DNS queries, HTTP requests, TLS hellos, QUIC
/// initials) count as requests whether they are answered or not.
/// `http_request`: the packet holds at least one (engine/count/requests.h).
Vector classify(const PacketFacts& facts, const FlowLookup& lookup, Payload payload,
                bool http_request);

/// Vectors whose payload may tell more: the name in a query, the service, the attack tool.
constexpr bool is_doubtful(Vector vector) {
  return (vector == Vector::udp) | (vector == Vector::dns_query) |
         (vector == Vector::http_request) | is_reflection(vector);
}

/// False for a byte that neither an HTTP request nor a TLS handshake record begins with.
constexpr bool may_begin_request(std::uint8_t first) {
  constexpr auto kLetters = [] {
    std::uint32_t bits = 0;
    for (const char letter : {'C', 'D', 'G', 'H', 'O', 'P', 'T'}) bits |= 1u << (letter - '@');
    return bits;
  }();
  return (first == 22) | (((first & 0xe0) == 0x40) & ((kLetters >> (first & 0x1f) & 1) != 0));
}

/// False for a first byte that no QUIC packet with a long header has (RFC 9000, section 17.2).
constexpr bool may_begin_quic(std::uint8_t first) {
  return (first & 0xc0) == 0xc0;
}

/// The stage: fills the vectors of the burst's remaining packets and burst.doubtful, and sets the
/// packets' tags to 0.
void classify_burst(ClassifiedBurst& burst);

}  // namespace floodgauge
