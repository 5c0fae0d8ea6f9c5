#include "engine/port/rx_queue.h"

#include <thread>

#include <rte_mbuf.h>

namespace floodgauge {

void RxQueue::release(rte_mbuf** burst, std::uint16_t count) {
  rte_pktmbuf_free_bulk(burst, count);
}

void RxQueue::rest(unsigned, Nanoseconds) {
  std::this_thread::yield();
}

}  // namespace floodgauge
