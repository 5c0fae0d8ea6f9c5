#include "engine/count/requests.h"

#include <algorithm>
#include <limits>

#include "engine/classify/http_requests.h"

namespace floodgauge {
namespace {

/// A hash of a long header's destination connection identifier (RFC 9000, section 17.2): 1 to 15.
/// At most 20 bytes of it are read, the most that version 1 allows.
unsigned connection_of(Payload payload) {
  constexpr std::size_t kLengthAt = 5;
  constexpr std::size_t kMost = 20;
  if (payload.size() <= kLengthAt + 1) return 1;
  const Payload rest = payload.subspan(kLengthAt + 1);
  const Payload identifier =
      rest.first(std::min({rest.size(), std::size_t{payload[kLengthAt]}, kMost}));
  std::uint32_t hash = 0;
  for (const std::uint8_t byte : identifier) hash = (hash ^ byte) * 0x01000193u + 0x9e3779b9u;
  return std::max(1u, (hash * 0x9e3779b1u) >> 28);
}

}  // namespace

/// Not inlined: few packets hold requests.
[[gnu::noinline]] void count_http(CountedBurst& burst, std::uint16_t i, const FlowTable& flows) {
  const PacketFacts& facts = burst.facts[i];
  const FlowTable::Handle& flow = burst.flow_handles[i];
  const Payload payload = payload_of(burst.frames[i], facts);
  const bool begins =
      is_http_request(payload) || (burst.lookups[i].first_payload && is_cut_request(payload));
  if (!begins && !burst.lookups[i].requests_go_on) return;
  const HttpRequests found = count_http_requests(payload, begins, flows.request_state(flow));
  flows.set_request_state(flow, found.state);
  if (found.requests == 0) return;
  burst.http_requests |= std::uint32_t{1} << i;
  constexpr std::uint32_t kMost = std::numeric_limits<std::uint16_t>::max();
  burst.extra_requests[i] = static_cast<std::uint16_t>(std::min(found.requests - 1, kMost));
}

void pass_over_repeated_initials(CountedBurst& burst, const FlowTable& flows) {
  for_each_bit(burst.initials & burst.remaining, [&](std::uint16_t i) {
    const bool answered = burst.lookups[i].other_side_sent;
    const unsigned connection = connection_of(payload_of(burst.frames[i], burst.facts[i]));
    if (flows.begins_connection(burst.flow_handles[i], connection, answered)) return;
    burst.vectors[i] = answered ? Vector::udp_answered : Vector::udp;
  });
}

}  // namespace floodgauge
