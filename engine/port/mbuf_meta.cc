#include "engine/port/mbuf_meta.h"

#include <rte_errno.h>

#include <cstddef>
#include <stdexcept>
#include <string>

namespace floodgauge {

namespace {

constexpr std::size_t kOwnOffset = RTE_ALIGN_CEIL(offsetof(rte_mbuf, dynfield1), alignof(MbufMeta));
static_assert(kOwnOffset + sizeof(MbufMeta) <= sizeof(rte_mbuf));

}  // namespace

int mbuf_meta_offset = kOwnOffset;

void register_mbuf_meta() {
  static const rte_mbuf_dynfield kField = {
      .name = "floodgauge_meta", .size = sizeof(MbufMeta), .align = alignof(MbufMeta), .flags = 0};
  const int offset = rte_mbuf_dynfield_register(&kField);
  if (offset < 0) {
    throw std::runtime_error(std::string("no room in mbufs for packet times: ") +
                             rte_strerror(rte_errno));
  }
  mbuf_meta_offset = offset;
}

}  // namespace floodgauge
