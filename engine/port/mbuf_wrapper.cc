// For rte_pktmbuf_pool_create_extbuf, which DPDK 22.11 has not made stable yet.
#define ALLOW_EXPERIMENTAL_API 1

#include "engine/port/mbuf_wrapper.h"

#include <rte_errno.h>
#include <rte_lcore.h>
#include <rte_mbuf.h>

#include <algorithm>
#include <stdexcept>

#include "engine/port/mbuf_meta.h"

namespace floodgauge {
namespace {

constexpr unsigned kCache = 256;

rte_mempool* required(rte_mempool* pool) {
  if (pool == nullptr) {
    throw std::runtime_error(std::string("no memory for packet descriptors: ") +
                             rte_strerror(rte_errno));
  }
  return pool;
}

void release_chunk(void*, void* chunk) {
  static_cast<CaptureChunk*>(chunk)->release();
}

/// Room behind an mbuf of the streamed pool for its own count of holders, always 1.
rte_mbuf_ext_shared_info* shared_info(rte_mbuf* mbuf) {
  return static_cast<rte_mbuf_ext_shared_info*>(rte_mbuf_to_priv(mbuf));
}

void describe(rte_mbuf* mbuf, const CaptureRecord& record) {
  // data_len has 16 bits; the original length stays in the meta data.
  const auto length = static_cast<std::uint16_t>(std::min<std::uint32_t>(record.captured, 65535));
  mbuf->data_off = 0;
  mbuf->buf_len = length;
  mbuf->data_len = length;
  mbuf->pkt_len = length;
  mbuf_meta(mbuf) = {.time = record.time,
                     .wire_bytes = record.wire,
                     .link = record.link,
                     .port = 0,
                     .reserved = 0};
}

/// These mbufs' buffers are the application's to provide ("pinned"): freeing one touches no count.
void point_at(rte_mbuf* mbuf, const CaptureRecord& record) {
  mbuf->buf_addr = const_cast<std::uint8_t*>(record.data);
  mbuf->buf_iova = RTE_BAD_IOVA;
  describe(mbuf, record);
}

void attach(rte_mbuf* mbuf, const CaptureRecord& record) {
  rte_mbuf_ext_shared_info* shared = shared_info(mbuf);
  shared->free_cb = release_chunk;
  shared->fcb_opaque = record.chunk;
  rte_mbuf_ext_refcnt_set(shared, 1);
  rte_pktmbuf_attach_extbuf(mbuf, const_cast<std::uint8_t*>(record.data), RTE_BAD_IOVA, 0, shared);
  describe(mbuf, record);
}

}  // namespace

void MbufWrapper::FreePool::operator()(rte_mempool* pool) const {
  rte_mempool_free(pool);
}

MbufWrapper::MbufWrapper(const std::string& name, Needs needs) {
  constexpr std::uint16_t kSharedInfo =
      RTE_ALIGN_CEIL(sizeof(rte_mbuf_ext_shared_info), RTE_MBUF_PRIV_ALIGN);
  if (needs.mapped) {
    unused_buffers_.resize(kMbufs);
    kept_.reserve(kMbufs);
    const rte_pktmbuf_extmem unused = {.buf_ptr = unused_buffers_.data(),
                                       .buf_iova = RTE_BAD_IOVA,
                                       .buf_len = unused_buffers_.size(),
                                       .elt_size = 1};
    mapped_.reset(required(rte_pktmbuf_pool_create_extbuf((name + "m").c_str(), kMbufs, kCache, 0,
                                                          1, SOCKET_ID_ANY, &unused, 1)));
  }
  if (needs.streamed) {
    streamed_.reset(required(rte_pktmbuf_pool_create((name + "s").c_str(), kMbufs, kCache,
                                                     kSharedInfo, 0, SOCKET_ID_ANY)));
  }
}

MbufWrapper::~MbufWrapper() {
  rte_pktmbuf_free_bulk(kept_.data(), static_cast<unsigned>(kept_.size()));
}

bool MbufWrapper::wrap_mapped(std::span<const CaptureRecord> records, rte_mbuf** mbufs) {
  const std::size_t again = std::min(records.size(), kept_.size());
  std::copy_n(kept_.end() - static_cast<std::ptrdiff_t>(again), again, mbufs);
  const auto fresh = static_cast<unsigned>(records.size() - again);
  if (fresh != 0 && rte_pktmbuf_alloc_bulk(mapped_.get(), mbufs + again, fresh) != 0) return false;
  kept_.resize(kept_.size() - again);
  for (std::size_t i = 0; i < records.size(); ++i) point_at(mbufs[i], records[i]);
  return true;
}

bool MbufWrapper::wrap_streamed(std::span<const CaptureRecord> records, rte_mbuf** mbufs) {
  const auto count = static_cast<unsigned>(records.size());
  if (rte_pktmbuf_alloc_bulk(streamed_.get(), mbufs, count) != 0) return false;
  for (std::size_t i = 0; i < records.size(); ++i) attach(mbufs[i], records[i]);
  return true;
}

std::uint16_t MbufWrapper::wrap(std::span<const CaptureRecord> records, rte_mbuf** mbufs) {
  std::size_t done = 0;
  while (done < records.size()) {
    // A run of one kind: a merge may mix mapped files with streams.
    const bool streamed = records[done].chunk != nullptr;
    std::size_t end = done + 1;
    while (end < records.size() && (records[end].chunk != nullptr) == streamed) ++end;
    const auto run = records.subspan(done, end - done);
    if (!(streamed ? wrap_streamed(run, mbufs + done) : wrap_mapped(run, mbufs + done))) break;
    done = end;
  }
  return static_cast<std::uint16_t>(done);
}

}  // namespace floodgauge
