// The complete engine: workers on their queues, the merge, detection, and the snapshot that all
// exporters read. Replay and daemon use the same.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <thread>
#include <vector>

#include "config/settings.h"
#include "detectors/detection.h"
#include "engine/app/baseline_keeper.h"
#include "engine/app/explain_requests.h"
#include "engine/base/heartbeat.h"
#include "engine/base/keyed_hash.h"
#include "engine/base/live_settings.h"
#include "engine/classify/signature_set.h"
#include "engine/count/window_exchange.h"
#include "engine/export/evidence/evidence_ring.h"
#include "engine/export/report/network_labels.h"
#include "engine/merge/ledger.h"
#include "engine/merge/link_series.h"
#include "engine/merge/merger.h"
#include "engine/merge/minute_collector.h"
#include "engine/model/snapshot.h"
#include "engine/protect/protection.h"
#include "engine/worker/worker.h"

namespace floodgauge {

/// Wraps the whole run of a worker: registers, pins and names its thread, then calls `run`.
using AroundWorker = std::function<void(unsigned worker, const std::function<void()>& run)>;

using GapBefore = std::function<std::optional<Nanoseconds>(Nanoseconds start, Nanoseconds end)>;

class Sensor {
 public:
  /// One worker for each queue. `settings.engine.seed` fixes the hash key; without it the key is
  /// random. Where `around` is set, it creates each worker's tables, on the worker's core, so that
  /// they are in near memory. Throws std::runtime_error or std::bad_alloc when there is not enough
  /// memory.
  Sensor(const Settings& settings, std::span<RxQueue* const> queues, const WindowGrid& grid,
         LateMerge late, IncidentListener listener, std::shared_ptr<const SignatureSet> signatures,
         const AroundWorker& around = {});
  ~Sensor();

  /// Prefaults the memory of all tables, each worker's with `around`, so that no packet waits for a
  /// page and a flood finds the memory that it needs. Before start(). Throws std::bad_alloc when
  /// there is not enough memory.
  void prefault(const AroundWorker& around);
  /// Starts a thread for each worker, and runs the worker in `around` where that is set.
  void start(AroundWorker around = {});
  /// `add` adds to each snapshot what the sensor does not know, such as ports. Before start().
  void complete_snapshots(std::function<void(EngineSnapshot&)> add) { complete_ = std::move(add); }
  /// Why a worker has ended before its time; empty while none has. The other workers go on, so the
  /// caller should stop(). May be called by any thread.
  std::string failure() const;
  /// Windows that begin earlier are not judged. Before start().
  void detect_from(Nanoseconds time) { detect_from_ = time; }
  /// `gap_before(start, end)`: the last packet before a gap between captures that ends in that
  /// window (CaptureGaps). Before start().
  void ask_for_gaps(GapBefore gap_before) { gap_before_ = std::move(gap_before); }
  /// Asks the workers to stop after their current burst.
  void stop() { stop_.store(true, std::memory_order_relaxed); }

  // For the merge thread.
  /// Merges one network window and runs detection on it. False when no window is ready.
  bool merge_one();
  /// Prefaults some memory that workers will use; called while no window is ready. False when there
  /// is none left.
  bool prefault_some();
  /// The earliest time at which the next window can be ready.
  Nanoseconds next_window_end() const { return window_.end + grid_.length; }
  /// All windows are merged, and there will be no more.
  bool finished() const { return merger_.finished(); }
  /// Makes a snapshot and publishes it.
  void publish();
  /// Adopts another configuration from the next window on: protected prefixes, limits, exclusions.
  /// Counters and incidents stay. Throws std::runtime_error when there is no room for the prefixes;
  /// in that case nothing changes.
  void reload(const Settings& settings, std::shared_ptr<const SignatureSet> signatures);

  /// Whether workers poll and windows are merged. `ports_started`: packets can come. `lag`: how far
  /// merged_until() lies behind the clock; 0 in a replay. May be called by any thread.
  Health health(bool ports_started, Nanoseconds lag) const;
  /// The end of the last merged window; 0 before the first. May be called by any thread.
  Nanoseconds merged_until() const { return {merged_until_.load(std::memory_order_relaxed)}; }
  /// Called by the merging thread after the last window of a replay: it will not look for more.
  void end_merge() { merge_heartbeat_.end(); }

  /// The last published snapshot; may be called by any thread.
  std::shared_ptr<const EngineSnapshot> snapshot() const;

  /// Calls `done` with the rates of each minute, of the `prefixes` busiest prefixes one by one.
  /// Before start().
  void collect_minutes(std::size_t prefixes, MinuteCollector::Done done) {
    minutes_ = std::make_unique<MinuteCollector>(prefixes, std::move(done));
  }
  /// Calls `take` with the packets of each window of which bytes are kept, after it was judged.
  /// Only live, where evidence is configured. Before start().
  void keep_packets(std::function<void(EvidenceWindow)> take) { keep_packets_ = std::move(take); }
  /// Names the networks of all incidents' sources. For the thread that merges.
  void label_with(std::shared_ptr<const NetworkLabels> labels) {
    detection_.book().complete_with(
        [labels = std::move(labels)](Incident& incident) { labels->add_to(incident); });
  }
  /// Keeps the link by class over the whole time. Before start().
  void collect_link() { link_ = std::make_unique<LinkSeries>(); }
  /// Null without collect_link().
  const LinkSeries* link() const { return link_.get(); }
  /// Answers there why targets are, or are not, called floods. It outlives the sensor.
  void answer_explanations(ExplainRequests& requests) { explain_ = &requests; }
  /// Answers with what is remembered, where no window comes any more.
  void answer_from_memory();
  /// Ends the last minute; after the last window.
  void end_minutes() {
    if (minutes_ != nullptr) minutes_->finish();
  }

  /// Loads baselines from the files of the configuration, and saves them there from time to time.
  /// Before start().
  void keep_baselines(BaselineKeeper::Warn warn, ControlMetrics& metrics);
  /// Saves the baselines; at the end.
  void save_baselines();

  Detection& detection() { return detection_; }
  Settings settings() const { return settings_; }
  std::uint64_t packets() const;
  /// The current shedding step of a worker; may be called by any thread.
  Shed shedding(unsigned worker) const;
  unsigned workers() const { return static_cast<unsigned>(workers_.size()); }
  /// Memory of all workers' tables and windows.
  std::size_t memory_bytes() const;

 private:
  static std::uint32_t prefix_capacity(const Settings& settings);
  void run_worker(unsigned worker);
  void note_failure(unsigned worker, const std::string& why);
  std::vector<WindowExchange*> exchanges() const;
  void fill_workers(EngineSnapshot& snapshot);
  void judge_window();
  ExplainAnswer answer_of(const AskedTargets& asked) const;

  Settings settings_;
  WindowGrid grid_;
  LateMerge late_;
  /// Detection starts at this time. Live flows that existed before the start look one-sided until
  /// their other side has sent a packet.
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
  std::unique_ptr<LinkSeries> link_;          ///< null where nobody asks for it
  std::unique_ptr<MinuteCollector> minutes_;  ///< null where no history is kept
  ExplainRequests* explain_ = nullptr;        ///< null where nobody can ask
  AroundWorker around_;
  std::function<void(EngineSnapshot&)> complete_;
  GapBefore gap_before_;
  std::function<void(EvidenceWindow)> keep_packets_;  ///< empty where no evidence is kept
  std::vector<std::thread> threads_;
  std::atomic<bool> stop_{false};
  std::atomic<bool> failed_{false};  ///< failure_ has a text
  mutable std::mutex failure_lock_;
  std::string failure_;
  Heartbeat merge_heartbeat_;
  HeartbeatRate heartbeat_rate_;
  std::atomic<std::int64_t> merged_until_{0};
  std::vector<std::uint64_t> entries_;
  std::vector<std::uint64_t> evictions_;
  /// The counters of a worker at the previous snapshot.
  struct CycleCounts {
    std::uint64_t busy = 0;
    std::uint64_t idle = 0;
    std::uint64_t packets = 0;
    double cycles_per_packet = 0;
  };
  std::vector<CycleCounts> cycle_counts_;
  std::chrono::steady_clock::time_point publish_at_{};
  mutable std::mutex snapshot_lock_;
  std::shared_ptr<const EngineSnapshot> snapshot_;
};

}  // namespace floodgauge
