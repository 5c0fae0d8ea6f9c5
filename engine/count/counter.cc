#include "engine/count/counter.h"

#include <cstddef>

#include "engine/base/ip_protocol.h"
#include "engine/count/protocol_counts.h"

namespace floodgauge {

void Counter::count_parsed(const CountedBurst& burst, WorkerWindow& window) {
  std::uint64_t bytes = 0;
  std::uint32_t tcp = 0;
  // From the last packet to the first, so that each bit takes one shift of all.
  for (std::size_t i = burst.size; i-- > 0;) {
    bytes += burst.facts[i].wire_bytes;
    tcp = tcp << 1 | std::uint32_t{burst.facts[i].protocol == kProtocolTcp};
  }
  count_plain(window.parse, burst.plain & tcp, burst.plain & ~tcp);
  for_each_bit(burst.all() & ~burst.plain, [&](std::uint16_t i) {
    count_protocols(window.parse, window.unopened, burst.frames[i], burst.facts[i]);
  });
  window.total += Volume{burst.size, bytes};
  if (burst.size != 0) window.last_packet = burst.times[burst.size - 1u];
}

}  // namespace floodgauge
