// Puts the times of one capture file right.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <span>

#include "engine/base/units.h"
#include "engine/port/capture_clock.h"
#include "engine/port/capture_reader.h"
#include "engine/port/clock_steps.h"
#include "engine/port/reorder_buffer.h"

namespace floodgauge {

/// How far times may be out of order, unless the configuration says otherwise (engine.reorder).
inline constexpr Nanoseconds kUsualReorder = whole_seconds(1);

/// Returns the file's records in order of corrected time: clock_steps.h finds wrong times,
/// reorder_buffer.h sorts. What it does depends only on the file, so that all workers that read the
/// file agree. Batches that are in order, as most are, are returned as they were read.
///
/// A file in which no packet has a time gives all its records the time 0.
class CaptureTimes {
 public:
  static constexpr std::size_t kBatch = CaptureReader::kBatch;

  CaptureTimes(std::unique_ptr<CaptureReader> reader, Nanoseconds reorder);
  ~CaptureTimes();
  CaptureTimes(const CaptureTimes&) = delete;
  CaptureTimes& operator=(const CaptureTimes&) = delete;

  /// The next records; empty at the end. They are valid until the next call, and longer when their
  /// chunk is held.
  std::span<const CaptureRecord> next();
  const CaptureReader& reader() const { return *reader_; }
  CaptureReader& reader() { return *reader_; }
  /// What was found so far.
  CaptureClock clock() const;

 private:
  bool pass(std::span<CaptureRecord> batch);
  void take(std::span<const CaptureRecord> batch);
  void move_settled();
  void release_delivered();
  void look_at_unit();

  std::unique_ptr<CaptureReader> reader_;
  std::int64_t bound_;
  ClockSteps steps_;
  ReorderBuffer reorder_;
  bool ended_ = false;
  bool nanoseconds_ = false;  ///< the reader reads microseconds as nanoseconds
  std::size_t delivered_size_ = 0;
  std::array<CaptureRecord, kBatch> delivered_;  ///< the last batch that left reorder_
};

}  // namespace floodgauge
