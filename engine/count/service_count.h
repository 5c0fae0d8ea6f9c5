// Requests to services of protected hosts and their answers: DNS queries over UDP, and TCP
// connections.
#pragma once

#include <cstddef>
#include <cstdint>

#include "engine/base/ip_protocol.h"
#include "engine/base/tcp_flags.h"
#include "engine/classify/service.h"
#include "engine/count/counted_burst.h"
#include "engine/count/response_timer.h"
#include "engine/count/worker_window.h"

namespace floodgauge {

/// A SYN without FIN, RST or ACK.
inline bool is_plain_syn(const PacketFacts& facts) {
  constexpr std::uint8_t kHandshakeFlags = kTcpFin | kTcpSyn | kTcpRst | kTcpAck;
  return facts.protocol == kProtocolTcp && (facts.tcp_flags & kHandshakeFlags) == kTcpSyn;
}

/// False when a packet is neither a request nor an answer of count_service().
inline bool may_be_service(const PacketFacts& facts) {
  if (facts.protocol == kProtocolTcp) return (facts.tcp_flags & kTcpSyn) != 0;
  return facts.protocol == kProtocolUdp &&
         (facts.destination_port == 53 || facts.source_port == 53);
}

/// Counts a packet that is a request.
[[gnu::always_inline]] inline void count_request(const CountedBurst& burst, std::uint16_t i,
                                                 ResponseTimer& responses, WorkerWindow& window) {
  const Service service = service_of_port(burst.facts[i].destination_port);
  ++window.prefix(burst.targets[i].in).services[static_cast<std::size_t>(service)].requests;
  responses.request(burst.flow_hashes[i], burst.times[i]);
}

/// Counts a packet for which may_be_service() is true, if it is a request or an answer.
inline void count_service(const CountedBurst& burst, std::uint16_t i, ResponseTimer& responses,
                          WorkerWindow& window) {
  const PacketFacts& facts = burst.facts[i];
  const FlowLookup& lookup = burst.lookups[i];
  const PacketTarget& target = burst.targets[i];
  const bool dns = facts.protocol == kProtocolUdp;
  const bool request =
      target.in != kNoPrefix && (dns ? facts.destination_port == 53 && lookup.from_initiator
                                     : lookup.new_flow && is_plain_syn(facts));
  if (request) return count_request(burst, i, responses, window);
  const bool answer =
      target.out != kNoPrefix &&
      (dns ? facts.source_port == 53 && lookup.other_side_sent && !lookup.from_initiator
           : lookup.answered_syn);
  if (!answer) return;
  const Service service = service_of_port(facts.source_port);
  ++window.prefix(target.out).services[static_cast<std::size_t>(service)].answers;
  const float seconds = responses.answer(burst.flow_hashes[i], burst.times[i]);
  if (seconds >= 0 && window.responses.size() < WorkerWindow::kResponses) {
    window.responses.push_back({target.out, service, seconds});
  }
}

}  // namespace floodgauge
