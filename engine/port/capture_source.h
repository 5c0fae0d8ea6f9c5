// Captures as receive queues: what the engine's workers read during a replay.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/port/capture_clock.h"
#include "engine/port/capture_gaps.h"
#include "engine/port/capture_options.h"
#include "engine/port/capture_pass.h"
#include "engine/port/capture_record.h"
#include "engine/port/mapped_queue.h"
#include "engine/port/rx_queue.h"
#include "engine/port/stream_reader.h"

namespace floodgauge {

/// Progress of a replay, for a progress bar.
struct CaptureProgress {
  std::uint64_t packets = 0;
  std::uint64_t bytes = 0;     ///< layer-2 bytes on the wire
  std::uint64_t position = 0;  ///< bytes of the files that were read
  std::uint64_t size = 0;      ///< bytes of all files; 0 when one file's size is unknown
};

/// What a replay delivered, for the report.
struct CaptureSummary {
  std::uint64_t packets = 0;
  std::uint64_t bytes = 0;  ///< layer-2 bytes on the wire
  std::int64_t first = 0;   ///< time of the first packet, nanoseconds since 1970; 0 without any
  std::int64_t last = 0;    ///< latest time of any packet, nanoseconds since 1970
  CaptureClock clock = {};
  std::vector<std::string> names;
  std::vector<CaptureOutcome> outcomes;  ///< one per file; CaptureEnd::reading: was stopped
};

/// Opens captures and delivers their packets, merged in order of time, through several queues.
///
/// When all captures are mapped files, each queue reads all of them in its worker's thread
/// (MappedQueue). Otherwise, or with a limited speed and several queues, one thread reads and hands
/// the packets to the queues (StreamReader).
///
/// A queue's clock is 0 until its first packet has been read, and INT64_MAX at the end. With a
/// limited speed it follows the wall clock, and receive() returns 0 packets while none is due; the
/// worker should then rest().
///
/// Each queue belongs to one worker. The thread that made the object calls start(), first_time()
/// and summary(). Any thread may call request_stop(), progress() and reached(). Needs no EAL.
class CaptureSource {
 public:
  /// Opens all files. A file that cannot be opened is reported by summary().outcomes, and the
  /// others are replayed. Throws std::bad_alloc when memory is short, and std::invalid_argument
  /// without a path or without a queue.
  explicit CaptureSource(CaptureOptions options);
  ~CaptureSource();
  CaptureSource(const CaptureSource&) = delete;
  CaptureSource& operator=(const CaptureSource&) = delete;

  /// Time of the first packet, where a replay's windows begin; 0 without any packet. Only before
  /// start(). Waits for the first bytes of a stream.
  Nanoseconds first_time() { return {passes_.front()->merge.peek()}; }

  /// False when no packet among the first of some file has a time: what time it is at the packets
  /// of time 0 is not known. Only before start(), after first_time().
  bool timed() const { return passes_.front()->merge.timed(); }

  /// The last packet before a gap between two files that ends in that window, see CaptureGaps.
  std::optional<Nanoseconds> gap_before(Nanoseconds start, Nanoseconds end) const {
    return gaps_.before(start, end);
  }

  /// Starts the reading thread if there is one. Called once, before or after the workers start.
  void start();
  /// Ends the replay early: queues deliver the packets that they hold, and finish. From any thread
  /// or signal handler.
  void request_stop() noexcept { stopping_.store(true, std::memory_order_relaxed); }

  unsigned queues() const { return options_.queues; }
  RxQueue& queue(unsigned index);

  /// Prefaults pages of mapped captures ahead of their readers and releases those behind, a little
  /// per call (file_prefault.h). For one thread with time to spare. False when there was nothing to
  /// do.
  bool prefault_pages();

  CaptureProgress progress() const;
  /// CaptureClock::jumps so far.
  std::uint64_t clock_jumps() const;
  /// Latest time of any packet that was delivered, 0 before the first.
  Nanoseconds reached() const;
  /// Complete once every queue has finished.
  CaptureSummary summary() const;
  /// One outcome per file. Right after construction: which files could not be opened.
  std::vector<CaptureOutcome> outcomes() const;

 private:
  CaptureOptions options_;
  std::atomic<bool> stopping_{false};
  CaptureGaps gaps_;
  std::vector<std::unique_ptr<CapturePass>>
      passes_;  ///< one per MappedQueue, or the StreamReader's
  std::uint64_t size_ = 0;
  std::vector<std::unique_ptr<MappedQueue>> mapped_;  ///< empty with a StreamReader
  std::unique_ptr<StreamReader> stream_;
};

}  // namespace floodgauge
