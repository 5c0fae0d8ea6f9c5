#include "engine/app/last_forwarder.h"

#include <rte_mbuf.h>

namespace floodgauge {

LastForwarder::LastForwarder(const LivePorts& ports) {
  if (!ports.inline_ports()) return;
  thread_ = std::thread([this, queues = ports.queues()] { forward(queues); });
}

LastForwarder::~LastForwarder() {
  stop_.store(true, std::memory_order_relaxed);
  if (thread_.joinable()) thread_.join();
}

void LastForwarder::forward(const std::vector<RxQueue*>& queues) const {
  rte_mbuf* burst[kBurst];
  Nanoseconds clock;
  while (!stop_.load(std::memory_order_relaxed)) {
    unsigned count = 0;
    for (RxQueue* queue : queues) {
      const std::uint16_t got = queue->receive(burst, kBurst, clock);
      if (got != 0) rte_pktmbuf_free_bulk(burst, got);
      count += got;
    }
    if (count == 0) std::this_thread::yield();
  }
}

}  // namespace floodgauge
