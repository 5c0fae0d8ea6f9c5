// Makes mbufs of capture records without copying a byte of them.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "engine/port/capture_record.h"

#include <rte_mbuf.h>

namespace floodgauge {

/// One queue's mbufs: of its own, in no pool of DPDK's, so that a replay needs no EAL. The packets'
/// bytes stay in the mapped file or in their chunk, which an mbuf holds until it comes back; nobody
/// may write to them. Used by one thread.
class MbufWrapper {
 public:
  /// mbufs there are: more than the bursts that a worker has in hand, few enough for the first
  /// cache.
  static constexpr unsigned kMbufs = 128;

  MbufWrapper();
  MbufWrapper(const MbufWrapper&) = delete;
  MbufWrapper& operator=(const MbufWrapper&) = delete;

  /// Returns how many were wrapped: fewer than there are records when mbufs run out. A wrapped
  /// record's hold on its chunk goes to its mbuf.
  std::uint16_t wrap(std::span<const CaptureRecord> records, rte_mbuf** mbufs);

  /// Takes back what wrap() gave, to be wrapped again, and lets go of their chunks.
  void take_back(std::span<rte_mbuf* const> mbufs);

 private:
  CaptureChunk*& chunk_of(const rte_mbuf* mbuf) {
    return chunks_[static_cast<std::size_t>(mbuf - mbufs_.data())];
  }

  std::array<rte_mbuf, kMbufs> mbufs_{};
  std::array<CaptureChunk*, kMbufs> chunks_{};  ///< what the mbuf of the same index holds, or null
  unsigned holds_ = 0;                          ///< how many of them: none in a mapped file
  std::vector<rte_mbuf*> unused_;               ///< the last one back is the first to go
};

}  // namespace floodgauge
