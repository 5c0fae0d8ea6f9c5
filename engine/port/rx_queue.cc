#include "engine/port/rx_queue.h"

#include <thread>

namespace floodgauge {

void RxQueue::rest(unsigned, Nanoseconds) {
  std::this_thread::yield();
}

}  // namespace floodgauge
