// Answers of a protected service that amplifies, such as an open resolver: to small forged
// questions it sends large answers to somebody who never asked. Its flows look answered, so that
// only the size, the rate and the receivers of the answers tell (detectors/outbound.cc).
#pragma once

#include <cstdint>

#include "engine/count/attack_log.h"
#include "engine/count/counted_burst.h"
#include "engine/count/sent_packet.h"
#include "engine/count/worker_window.h"

namespace floodgauge {

/// Counts and keeps packet `i`, a datagram that the host of `record` sends out of its prefix, if it
/// is a large answer.
[[gnu::always_inline]] inline void count_large_answer(const CountedBurst& burst, std::uint16_t i,
                                                      const AttackLog& log, const CounterShed& shed,
                                                      HostRecord& record, WorkerWindow& window) {
  const PacketFacts& facts = burst.facts[i];
  const Vector service = large_answer_of(facts);
  if (service == Vector::udp) return;
  HostSent& sent = record.sent();
  ++sent.reflected;
  sent.reflected_bytes += facts.wire_bytes;
  log.add_sent(burst, i, service, shed, sent, window);
}

}  // namespace floodgauge
