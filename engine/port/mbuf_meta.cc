#include "engine/port/mbuf_meta.h"

#include <rte_errno.h>

#include <stdexcept>
#include <string>

namespace floodgauge {

int mbuf_meta_offset = -1;

void register_mbuf_meta() {
  static const rte_mbuf_dynfield kField = {
      .name = "floodgauge_meta", .size = sizeof(MbufMeta), .align = alignof(MbufMeta), .flags = 0};
  mbuf_meta_offset = rte_mbuf_dynfield_register(&kField);
  if (mbuf_meta_offset < 0) {
    throw std::runtime_error(std::string("no room in mbufs for packet times: ") +
                             rte_strerror(rte_errno));
  }
}

}  // namespace floodgauge
