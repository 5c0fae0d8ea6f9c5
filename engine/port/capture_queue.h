// Captures as receive queues: what the engine's workers see of a replay.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <thread>
#include <vector>

#include "engine/parse/parser.h"
#include "engine/port/capture_merge.h"
#include "engine/port/capture_pace.h"
#include "engine/port/capture_record.h"
#include "engine/port/rx_queue.h"

namespace floodgauge {

/// Gives each record's frame the hash that its queue is chosen by. Frames whose hashes are equal
/// meet in one queue: give all packets of a pair of addresses, in both directions and fragments
/// too, the same one, or reports depend on the number of workers. Several threads may call it at
/// once.
using SpreadFunction =
    std::function<void(std::span<const CaptureRecord> records, std::span<std::uint32_t> hashes)>;

/// By the outermost IP addresses (symmetric_rss.h); 0 for what is not IP.
void spread_by_outer_addresses(std::span<const CaptureRecord> records,
                               std::span<std::uint32_t> hashes);

struct CaptureOptions {
  std::vector<std::string> paths;  ///< "-" is standard input
  unsigned queues = 1;             ///< one a worker
  double speed = 0;                ///< capture seconds a wall second; 0 is as fast as it goes
  SpreadFunction spread = spread_by_outer_addresses;
  WallClock wall = steady_nanoseconds;
};

/// For a progress bar; any thread may ask.
struct CaptureProgress {
  std::uint64_t packets = 0;
  std::uint64_t bytes = 0;     ///< layer-2 bytes on the wire
  std::uint64_t position = 0;  ///< bytes of the files read
  std::uint64_t size = 0;      ///< of all files; 0 when it is unknown of one
};

/// For the report; complete once every queue has finished.
struct CaptureSummary {
  std::uint64_t packets = 0;
  std::uint64_t bytes = 0;
  std::int64_t first = 0;  ///< time of the first packet, nanoseconds since 1970; 0 without any
  std::int64_t last = 0;   ///< the latest time of any packet
  std::vector<std::string> names;
  std::vector<CaptureOutcome> outcomes;  ///< one a file; CaptureEnd::reading: was stopped
};

/// Opens the captures and hands out their packets, merged in order of time, through `queues`
/// queues. Of regular files each queue reads all, in its worker's own thread, and hands out what is
/// its own: to look at a packet's addresses costs a fifth of what it costs to count it. When a
/// stream may have to be waited for, or the speed is limited for several queues, a thread reads and
/// spreads; it waits when a queue is full, so that nothing is ever dropped.
///
/// A queue's clock stays 0 until its first packet is near, and is INT64_MAX at the end. With a
/// limited speed it follows the wall clock, and receive() returns 0 while no packet is due: it is
/// for the worker to rest a little then.
///
/// Needs no EAL.
class CaptureSource {
 public:
  /// Opens all files; one that fails is in summary().outcomes, and the others are replayed. Throws
  /// std::bad_alloc when there is no memory, std::invalid_argument without a path or a queue.
  explicit CaptureSource(CaptureOptions options);
  ~CaptureSource();
  CaptureSource(const CaptureSource&) = delete;
  CaptureSource& operator=(const CaptureSource&) = delete;

  /// Time of the first packet, 0 without any: where a replay's windows begin. Before start() only;
  /// waits for a stream's first bytes.
  Nanoseconds first_time() { return {ways_.front()->merge.peek()}; }

  /// Starts the reading thread where there is one. Once, before or after the workers.
  void start();
  /// Ends the replay early: queues give what they hold, and finish. From any thread or a signal.
  void request_stop() noexcept { stopping_.store(true, std::memory_order_relaxed); }

  unsigned queues() const;
  RxQueue& queue(unsigned index);

  /// Brings pages of mapped captures ahead of who reads them and gives back those behind, a little
  /// at a time; for one thread that has time. False when there is nothing to be done.
  bool tend_pages();

  CaptureProgress progress() const;
  /// The latest time of any packet that was handed out, 0 before the first; any thread.
  Nanoseconds reached() const;
  CaptureSummary summary() const;
  /// What each file said at its opening; for a caller who wants to give up before the start.
  std::vector<CaptureOutcome> outcomes() const;

 private:
  class InlineQueue;
  class RingQueue;

  /// One thread's way through all files. What it has counted is read by any thread.
  struct alignas(64) Way {
    explicit Way(std::vector<std::unique_ptr<CaptureReader>> readers) : merge(std::move(readers)) {}
    void count(std::span<const CaptureRecord> delivered);
    void note_position();

    CaptureMerge merge;
    std::atomic<std::uint64_t> packets{0};
    std::atomic<std::uint64_t> bytes{0};
    std::atomic<std::uint64_t> position{0};
    std::atomic<std::int64_t> first{0};
    std::atomic<std::int64_t> last{0};
  };

  void hash(std::span<const CaptureRecord> records, std::span<std::uint32_t> hashes) const;
  bool stopping() const { return stopping_.load(std::memory_order_relaxed); }

  void read_and_spread();
  void spread(std::span<const CaptureRecord> records);
  void flush(std::int64_t reached);
  std::size_t wait_until_due(std::span<const CaptureRecord> records);

  CaptureOptions options_;
  std::atomic<bool> stopping_{false};
  std::vector<std::unique_ptr<Way>> ways_;  ///< each queue's, or the reading thread's
  CapturePace pace_;
  std::uint64_t size_ = 0;
  std::vector<std::unique_ptr<InlineQueue>> inline_;
  std::vector<std::unique_ptr<RingQueue>> rings_;
  std::thread thread_;
};

}  // namespace floodgauge
