// What an mbuf of ours carries beside DPDK's own fields, as a dynamic field (rte_mbuf_dyn).
#pragma once

#include <cstdint>

#include "engine/parse/parser.h"
#include "engine/units.h"

#include <rte_mbuf.h>
#include <rte_mbuf_dyn.h>

namespace floodgauge {

struct MbufMeta {
  std::int64_t time;         ///< nanoseconds since 1970
  std::uint32_t wire_bytes;  ///< original length
  LinkType link;
  std::uint8_t port;  ///< index of the port it came in by
  std::uint16_t reserved;
};
static_assert(sizeof(MbufMeta) == 16);

/// Offset of MbufMeta in every mbuf. Where no EAL runs, nobody else has dynamic fields: the first
/// room for them is ours. register_mbuf_meta() sets it before any worker runs.
extern int mbuf_meta_offset;

/// Registers the dynamic field, after the EAL has started. Throws std::runtime_error when mbufs
/// have no room left for it.
void register_mbuf_meta();

inline MbufMeta& mbuf_meta(rte_mbuf* mbuf) {
  return *RTE_MBUF_DYNFIELD(mbuf, mbuf_meta_offset, MbufMeta*);
}

}  // namespace floodgauge
