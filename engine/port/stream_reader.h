// A thread that reads captures which its workers cannot read themselves, and hands the packets to
// the workers' queues.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <span>
#include <thread>
#include <vector>

#include "engine/port/capture_options.h"
#include "engine/port/capture_pace.h"
#include "engine/port/capture_pass.h"
#include "engine/port/rx_queue.h"

namespace floodgauge {

/// Used for streams (pipes, gzip), which cannot be read once per queue, and for a limited speed
/// with several queues. When a queue is full the thread waits, so no packet is ever dropped.
///
/// Each queue is a ring with one producer (the reading thread) and one consumer (the queue's
/// worker). Beside the ring, the thread publishes a time before which no more packets will come. It
/// enqueues first and then stores the time with release order; the worker loads the time with
/// acquire order and then dequeues. So a worker that sees the time also sees all packets before it.
class StreamReader {
 public:
  /// Reads all of `pass` into `options.queues` queues. Reading ends early when `stopping` becomes
  /// true. All references must outlive the object. Throws std::bad_alloc.
  StreamReader(CapturePass& pass, const CaptureOptions& options, const std::atomic<bool>& stopping);
  /// Waits for the thread to end. `stopping` must be true, or all queues finished.
  ~StreamReader();
  StreamReader(const StreamReader&) = delete;
  StreamReader& operator=(const StreamReader&) = delete;

  /// Starts the thread. A second call has no effect.
  void start();
  RxQueue& queue(unsigned index);

 private:
  class RingQueue;

  bool stopping() const { return stopping_.load(std::memory_order_relaxed); }

  void read_and_spread();
  void end();
  bool spread(std::span<const CaptureRecord> records);
  bool flush(std::int64_t reached);
  std::size_t wait_until_due(std::span<const CaptureRecord> records);

  CapturePass& pass_;
  const CaptureOptions& options_;
  const std::atomic<bool>& stopping_;
  CapturePace pace_;
  std::vector<std::unique_ptr<RingQueue>> queues_;
  std::thread thread_;
};

}  // namespace floodgauge
