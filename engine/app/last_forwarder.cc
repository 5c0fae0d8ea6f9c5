#include "engine/app/last_forwarder.h"

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
  ReceivedBurst burst;
  Nanoseconds clock;
  while (!stop_.load(std::memory_order_relaxed)) {
    unsigned count = 0;
    for (RxQueue* queue : queues) {
      queue->receive(burst, clock);
      count += burst.size;
    }
    if (count == 0) std::this_thread::yield();
  }
}

}  // namespace floodgauge
