#include "engine/port/rx_queue.h"

#include <rte_mbuf.h>

namespace floodgauge {

void RxQueue::release(rte_mbuf** burst, std::uint16_t count) {
  rte_pktmbuf_free_bulk(burst, count);
}

}  // namespace floodgauge
