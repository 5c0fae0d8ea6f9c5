#include "engine/port/mbuf_wrapper.h"

#include <algorithm>
#include <utility>

#include "engine/port/mbuf_meta.h"

namespace floodgauge {
namespace {

void point_at(rte_mbuf& mbuf, const CaptureRecord& record) {
  // data_len has 16 bits; the original length stays in the meta data.
  const auto length = static_cast<std::uint16_t>(std::min<std::uint32_t>(record.captured, 65535));
  mbuf.buf_addr = const_cast<std::uint8_t*>(record.data);
  mbuf.buf_len = length;
  mbuf.data_len = length;
  mbuf.pkt_len = length;
  mbuf_meta(&mbuf) = {.time = record.time,
                      .wire_bytes = record.wire,
                      .link = record.link,
                      .port = 0,
                      .reserved = 0};
}

}  // namespace

MbufWrapper::MbufWrapper() {
  unused_.reserve(kMbufs);
  for (rte_mbuf& mbuf : mbufs_) {
    mbuf.buf_iova = RTE_BAD_IOVA;
    mbuf.nb_segs = 1;
    rte_mbuf_refcnt_set(&mbuf, 1);
    unused_.push_back(&mbuf);
  }
}

std::uint16_t MbufWrapper::wrap(std::span<const CaptureRecord> records, rte_mbuf** mbufs) {
  const std::size_t count = std::min(records.size(), unused_.size());
  std::copy_n(unused_.end() - static_cast<std::ptrdiff_t>(count), count, mbufs);
  unused_.resize(unused_.size() - count);
  for (std::size_t i = 0; i < count; ++i) {
    point_at(*mbufs[i], records[i]);
    if (records[i].chunk != nullptr) {
      chunk_of(mbufs[i]) = records[i].chunk;
      ++holds_;
    }
  }
  return static_cast<std::uint16_t>(count);
}

void MbufWrapper::take_back(std::span<rte_mbuf* const> mbufs) {
  for (std::size_t i = 0; holds_ != 0 && i < mbufs.size(); ++i) {
    CaptureChunk* const chunk = std::exchange(chunk_of(mbufs[i]), nullptr);
    if (chunk == nullptr) continue;
    chunk->release();
    --holds_;
  }
  unused_.insert(unused_.end(), mbufs.begin(), mbufs.end());
}

}  // namespace floodgauge
