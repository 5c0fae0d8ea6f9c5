// Makes mbufs of capture records without copying a byte of them.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "engine/port/capture_record.h"

struct rte_mbuf;
struct rte_mempool;

namespace floodgauge {

/// One queue's mbufs. The packets' bytes stay in the mapped file or in their chunk, which a mbuf
/// holds until it is freed; nobody may write to them. Used by one thread; mbufs may be freed by
/// any.
class MbufWrapper {
 public:
  struct Needs {
    bool mapped = true;     ///< records of mapped files will come
    bool streamed = false;  ///< records of chunks will come
  };
  /// mbufs in each pool: far more than the bursts that a worker has in hand.
  static constexpr unsigned kMbufs = 4095;

  /// `name`: unique in the process, 24 characters at most. Throws std::runtime_error when DPDK has
  /// no memory left. The EAL must run, and mbuf_meta must be registered.
  MbufWrapper(const std::string& name, Needs needs);
  ~MbufWrapper();

  /// Returns how many were wrapped: fewer than there are records when mbufs run out. A wrapped
  /// record's hold on its chunk goes to its mbuf.
  std::uint16_t wrap(std::span<const CaptureRecord> records, rte_mbuf** mbufs);

  /// Takes mbufs of mapped records back to be wrapped again, by the thread that wraps: all in them
  /// that wrapping does not write stays as it is.
  void take_back(std::span<rte_mbuf* const> mbufs) {
    kept_.insert(kept_.end(), mbufs.begin(), mbufs.end());
  }

 private:
  struct FreePool {
    void operator()(rte_mempool* pool) const;
  };
  using Pool = std::unique_ptr<rte_mempool, FreePool>;

  /// Describes the records by mbufs kept or fresh. False when there are no more.
  bool wrap_mapped(std::span<const CaptureRecord> records, rte_mbuf** mbufs);
  bool wrap_streamed(std::span<const CaptureRecord> records, rte_mbuf** mbufs);

  // A buffer for every mbuf is asked for even where none is used: of one byte.
  std::vector<std::uint8_t> unused_buffers_;
  Pool mapped_;
  Pool streamed_;
  std::vector<rte_mbuf*> kept_;  ///< of mapped_; never more than there are
};

}  // namespace floodgauge
