// A receive queue over mapped captures: its worker reads the files itself and keeps its own
// packets.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <span>

#include "engine/port/capture_options.h"
#include "engine/port/capture_pace.h"
#include "engine/port/capture_pass.h"
#include "engine/port/rx_queue.h"

namespace floodgauge {

/// Every queue reads all files and leaves out packets that belong to other queues. That needs no
/// reading thread and no copy, and is cheap because finding a packet's queue costs a fifth of what
/// counting the packet costs.
///
/// One worker calls all functions. A limited speed is for a single queue only.
class MappedQueue : public RxQueue {
 public:
  /// `pass` belongs to this queue alone. The queue is number `number` of `options.queues`. Reading
  /// ends early when `stopping` becomes true. All references must outlive the queue.
  MappedQueue(CapturePass& pass, const CaptureOptions& options, const std::atomic<bool>& stopping,
              std::uint32_t number)
      : pass_(pass),
        options_(options),
        stopping_(stopping),
        pace_(options.speed, options.wall),
        number_(number) {}

  void receive(ReceivedBurst& burst, Nanoseconds& clock) override;
  bool finished() const override { return finished_; }

 private:
  std::size_t due(std::int64_t now) const;
  void read_next();
  std::span<const CaptureRecord> own_of(std::span<const CaptureRecord> records);

  CapturePass& pass_;
  const CaptureOptions& options_;
  const std::atomic<bool>& stopping_;
  CapturePace pace_;
  std::uint32_t number_;
  std::span<const CaptureRecord> pending_;  ///< own records that were read and not delivered yet
  std::array<CaptureRecord, CaptureMerge::kBatch> own_;
  std::int64_t clock_ = 0;
  std::int64_t read_to_ = 0;  ///< time of the last record that was read, of any queue
  bool finished_ = false;
};

/// Fills `burst` with at most kBurst records.
void fill_burst(std::span<const CaptureRecord> records, ReceivedBurst& burst);

}  // namespace floodgauge
