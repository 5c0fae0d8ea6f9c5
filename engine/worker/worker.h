// One worker: takes bursts from a queue through all stages, and seals the windows that it fills.
#pragma once

#include <atomic>
#include <cstdint>

#include "engine/base/heartbeat.h"
#include "engine/base/window_grid.h"
#include "engine/count/counter.h"
#include "engine/count/window_exchange.h"
#include "engine/port/rx_queue.h"
#include "engine/worker/burst.h"
#include "engine/worker/shedding.h"
#include "engine/worker/worker_settings.h"

namespace floodgauge {

/// What a worker does when its window ends and the merge has not given another one back.
enum class LateMerge : std::uint8_t {
  wait,    ///< replay: the result must not depend on which thread is faster
  extend,  ///< live: packets must not wait; the window goes on
};

/// Other threads read it while the worker runs. The worker is the only writer.
struct WorkerStats {
  std::atomic<std::uint64_t> packets{0};
  std::atomic<std::uint64_t> busy_cycles{0};
  std::atomic<std::uint64_t> idle_cycles{0};
  std::atomic<Shed> shedding{Shed::nothing};
  Heartbeat heartbeat;  ///< beats at each poll
};

/// Stage "parse": parses each frame down to its outermost transport header.
void parse_burst(Burst& burst);

/// After it: opens tunnels that only the settings name, by their UDP ports.
void open_fou_tunnels(Burst& burst, std::span<const std::uint16_t> ports);

class Worker {
 public:
  Worker(unsigned number, RxQueue& queue, LiveWorkerSettings& settings, WindowExchange& exchange,
         const WindowGrid& grid, const CounterSettings& counter_settings, LateMerge late);

  /// Runs until the queue is finished or `stop` is set, and seals the last window. Throws what the
  /// queue throws; the window that is being filled is lost then, because half of a burst may be
  /// counted, and the caller must publish WindowExchange::kEnded, for which the merge waits.
  void run(const std::atomic<bool>& stop);

  const WorkerStats& stats() const { return stats_; }
  std::size_t memory_bytes() const { return counter_.memory_bytes(); }
  /// Prefaults its tables, before it runs. Throws std::bad_alloc when there is not enough memory.
  void prefault() { counter_.prefault(); }
  /// Called by another thread when it has time: prefaults some of the memory that the worker is
  /// going to use. False when there is nothing to prefault.
  bool prefault_some() { return counter_.prefault_some(); }

 private:
  /// While it exists, the control path waits for this worker.
  class Presence {
   public:
    explicit Presence(Worker& worker);
    ~Presence();
    Presence(const Presence&) = delete;
    Presence& operator=(const Presence&) = delete;

   private:
    Worker& worker_;
  };

  void process();
  void process_by_windows();
  bool poll();
  void poll_until(const std::atomic<bool>& stop);
  void adjust_shedding(bool full_burst, Nanoseconds clock);
  void advance_to(Nanoseconds time);
  void seal(bool final);
  void rest(unsigned idle);

  unsigned number_;
  RxQueue& queue_;
  LiveWorkerSettings& settings_;
  WindowExchange& exchange_;
  WindowGrid grid_;
  Counter counter_;
  LateMerge late_;
  SheddingControl shedding_;
  std::uint64_t window_index_ = 0;
  Nanoseconds window_end_;
  Nanoseconds clock_;  ///< the queue's clock at the last poll
  WorkerStats stats_;
  Burst burst_;
};

}  // namespace floodgauge
