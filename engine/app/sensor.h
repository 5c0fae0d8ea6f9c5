// The engine put together: workers on their queues, the merge, detection, and the snapshot that
// everything outside reads. The same for replay and for live ports.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <span>
#include <thread>
#include <vector>

#include "config/settings.h"
#include "detectors/detection.h"
#include "engine/app/baseline_keeper.h"
#include "engine/base/keyed_hash.h"
#include "engine/base/live_settings.h"
#include "engine/classify/signature_set.h"
#include "engine/count/window_exchange.h"
#include "engine/merge/ledger.h"
#include "engine/merge/merger.h"
#include "engine/model/snapshot.h"
#include "engine/protect/protection.h"
#include "engine/worker/worker.h"

namespace floodgauge {

/// What a worker's thread does around the worker's whole run: registers, pins, names itself.
using AroundWorker = std::function<void(unsigned worker, const std::function<void()>& run)>;

class Sensor {
 public:
  /// One worker a queue. `settings.engine.seed` fixes the hash key, else it is drawn. A worker's
  /// tables are made by `around` it, where that is set: on its core, so that they lie near it.
  /// Throws std::runtime_error or std::bad_alloc when the tables cannot be had.
  Sensor(const Settings& settings, std::span<RxQueue* const> queues, const WindowGrid& grid,
         LateMerge late, IncidentListener listener, std::shared_ptr<const SignatureSet> signatures,
         const AroundWorker& around = {});
  ~Sensor();

  /// Takes the memory of all tables now, each worker's by `around` it: then no packet waits for a
  /// page, and a flood finds the memory that it needs. Before start(). Throws std::bad_alloc when
  /// there is not enough.
  void prefault(const AroundWorker& around);
  /// Starts the workers on threads of their own; each thread is `around`'s, where that is set.
  void start(AroundWorker around = {});
  /// Fills what the sensor does not know (ports) into each snapshot. Before start().
  void complete_with(std::function<void(EngineSnapshot&)> fill) { complete_ = std::move(fill); }
  /// Asks the workers to stop after the burst at hand.
  void stop() { stop_.store(true, std::memory_order_relaxed); }

  // The merge thread's.
  /// Takes one network window through detection, if one is ready.
  bool merge_one();
  /// While there is none: brings some memory that workers are going to use. False when there is
  /// none to bring.
  bool prefault_some();
  /// When the next one can be ready at the earliest.
  Nanoseconds next_window_end() const { return window_.end + grid_.length; }
  /// Nothing will come any more.
  bool finished() const { return merger_.finished(); }
  /// Makes a snapshot of now and publishes it.
  void publish();
  /// Another configuration from the next window on: protected prefixes, limits, exclusions.
  /// Counters and incidents stay. Throws std::runtime_error when there is no room; nothing changes
  /// then.
  void reload(const Settings& settings, std::shared_ptr<const SignatureSet> signatures);

  /// The last published one; any thread.
  std::shared_ptr<const EngineSnapshot> snapshot() const;

  /// Keeps what is learnt in the files that the configuration names, if any. Before start().
  void keep_baselines(BaselineKeeper::Warn warn, ControlMetrics& metrics);
  /// Writes what was learnt; at the end.
  void save_baselines();

  Detection& detection() { return detection_; }
  Settings settings() const { return settings_; }
  std::uint64_t packets() const;
  /// What a worker gives up at the moment; any thread.
  Shed shedding(unsigned worker) const;
  unsigned workers() const { return static_cast<unsigned>(workers_.size()); }
  /// Of all workers' tables and windows.
  std::size_t memory_bytes() const;

 private:
  static std::uint32_t prefix_capacity(const Settings& settings);
  std::vector<WindowExchange*> exchanges() const;
  void fill_workers(EngineSnapshot& snapshot);

  Settings settings_;
  WindowGrid grid_;
  /// Nothing is called a flood before: live, flows that were there already look one-sided until
  /// their other side has spoken once.
  Nanoseconds detect_from_;
  HashKey key_;
  PrefixRegistry registry_;
  LiveWorkerSettings live_;
  std::vector<std::unique_ptr<WindowExchange>> exchanges_;
  std::vector<std::unique_ptr<Worker>> workers_;
  Merger merger_;
  NetworkWindow window_;
  Detection detection_;
  Ledger ledger_;
  std::unique_ptr<BaselineKeeper> baselines_;
  AroundWorker around_;
  std::function<void(EngineSnapshot&)> complete_;
  std::vector<std::thread> threads_;
  std::atomic<bool> stop_{false};
  std::vector<std::uint64_t> entries_;
  std::vector<std::uint64_t> evictions_;
  /// Of each worker, at the snapshot before.
  struct Spent {
    std::uint64_t busy = 0;
    std::uint64_t idle = 0;
    std::uint64_t packets = 0;
    double cycles_per_packet = 0;
  };
  std::vector<Spent> spent_;
  std::chrono::steady_clock::time_point publish_at_{};
  mutable std::mutex snapshot_lock_;
  std::shared_ptr<const EngineSnapshot> snapshot_;
};

}  // namespace floodgauge
