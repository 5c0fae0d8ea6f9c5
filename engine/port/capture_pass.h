// One thread's pass through all captures: their merged records, and counters of what it delivered.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "engine/port/capture_merge.h"

namespace floodgauge {

/// One thread reads the records and writes the counters; any thread may read the counters. They are
/// relaxed atomics without read-modify-write, because there is one writer and nothing else depends
/// on them: a reader sees each counter at some recent value, not all of them at the same moment.
/// They are exact once the writer has been joined.
struct alignas(64) CapturePass {
  CapturePass(std::vector<std::unique_ptr<CaptureReader>> readers, Nanoseconds reorder,
              CaptureGaps& gaps)
      : merge(std::move(readers), reorder, &gaps) {}

  /// Adds records that were delivered to a worker, in order of time.
  void count(std::span<const CaptureRecord> delivered);
  /// Publishes how far the files have been read, and the jumps of their clocks so far.
  void publish_position();

  CaptureMerge merge;
  std::atomic<std::uint64_t> packets{0};
  std::atomic<std::uint64_t> bytes{0};     ///< layer-2 bytes on the wire
  std::atomic<std::uint64_t> position{0};  ///< bytes of the files that were read
  std::atomic<std::uint64_t> jumps{0};     ///< CaptureClock::jumps
  std::atomic<std::int64_t> first{0};      ///< time of the first packet, nanoseconds since 1970
  std::atomic<std::int64_t> last{0};       ///< latest time of any packet, nanoseconds since 1970
};

}  // namespace floodgauge
