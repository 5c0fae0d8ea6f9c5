// One worker: a burst's whole life, stage by stage, and the windows that it fills.
#pragma once

#include <atomic>
#include <cstdint>

#include "engine/base/window_grid.h"
#include "engine/count/counter.h"
#include "engine/count/window_exchange.h"
#include "engine/port/rx_queue.h"
#include "engine/worker/burst.h"
#include "engine/worker/shedding.h"
#include "engine/worker/worker_settings.h"

namespace floodgauge {

/// What to do when a window is full and the merge has not given the other one back.
enum class LateMerge : std::uint8_t {
  wait,    ///< replay: the result must not depend on who is faster
  extend,  ///< live: packets are never kept waiting; the window goes on
};

/// Read by others while the worker runs; each has one writer.
struct WorkerStats {
  std::atomic<std::uint64_t> packets{0};
  std::atomic<std::uint64_t> busy_cycles{0};
  std::atomic<std::uint64_t> idle_cycles{0};
  std::atomic<Shed> shedding{Shed::nothing};
};

/// Stage "parse": each frame down to its outermost transport header.
void parse_burst(Burst& burst);

class Worker {
 public:
  Worker(unsigned number, RxQueue& queue, LiveWorkerSettings& settings, WindowExchange& exchange,
         const WindowGrid& grid, const CounterSettings& counter_settings, LateMerge late);

  /// Until the queue is finished or `stop`; seals what it has.
  void run(const std::atomic<bool>& stop);

  const WorkerStats& stats() const { return stats_; }
  std::size_t memory_bytes() const { return counter_.memory_bytes(); }
  /// Its tables, before it runs. Throws std::bad_alloc when there is not enough memory.
  void prefault() { counter_.prefault(); }
  /// For another thread, while it has time: brings memory that the worker is going to use. False
  /// when there is none to bring.
  bool prefault_some() { return counter_.prefault_some(); }

 private:
  bool poll();
  void process();
  void process_by_windows();
  void shed(bool full_burst, Nanoseconds clock);
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
  Nanoseconds clock_;  ///< the queue's, at the last poll
  WorkerStats stats_;
  Burst burst_;  ///< as the queue fills it, and then on its way
};

}  // namespace floodgauge
