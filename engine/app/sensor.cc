#include "engine/app/sensor.h"

#include "engine/app/health_judge.h"
#include "engine/app/sampling.h"

#include <algorithm>
#include <chrono>

#include "engine/classify/payload_stage.h"

namespace floodgauge {
namespace {

/// Room for prefixes that reloads add.
constexpr std::uint32_t kSparePrefixes = 1024;
/// A flow in which both sides have sent is forgotten after this time without a packet.
constexpr Nanoseconds kFlowIdle = whole_seconds(120);
/// Live, detection starts this long after the start.
constexpr Nanoseconds kWarmUp = whole_seconds(1);
/// Windows of a worker that waits for the merge (replay). With three, one window that takes long to
/// merge, or few packets to fill, does not stop the other two.
constexpr unsigned kWindowsWithWaiting = 3;
/// How often the sensor makes a snapshot, in real time.
constexpr auto kPublishEvery = std::chrono::milliseconds(100);

CounterSettings counter_settings(const Settings& settings, const HashKey& key, LateMerge late) {
  const std::int64_t ticks = kFlowIdle.count / settings.engine.window.count;
  return {
      .flows = settings.engine.flows,
      .hosts = settings.engine.hosts,
      .flow_idle_windows = static_cast<std::uint16_t>(std::clamp<std::int64_t>(ticks, 8, 30000)),
      .windows_a_second = static_cast<std::uint16_t>(std::clamp<std::int64_t>(
          whole_seconds(1).count / settings.engine.window.count, 1, 30000)),
      .grow = late == LateMerge::wait,
      .key = key,
      .duplicates = settings.engine.duplicates};
}

std::unique_ptr<const WorkerSettings> first_worker_settings(
    PrefixRegistry& registry, const Settings& settings, std::shared_ptr<PayloadStage> payloads) {
  registry.assign(settings);
  return std::make_unique<const WorkerSettings>(
      WorkerSettings{Protection(registry, settings), std::move(payloads)});
}

/// The results of `make(w)` for all workers.
template <typename Make>
auto for_each_worker(std::size_t workers, const AroundWorker& around, const Make& make) {
  std::vector<decltype(make(0u))> made;
  for (unsigned w = 0; w < workers; ++w) {
    const auto run = [&] { made.push_back(make(w)); };
    around ? around(w, run) : run();
  }
  return made;
}

/// Tells `listener` the figures of the traffic, not those of the packets that arrived.
IncidentListener scaling(IncidentListener listener, std::uint32_t sampling) {
  if (sampling <= 1) return listener;
  return [listener = std::move(listener), sampling](Nanoseconds time, Transition transition,
                                                    const Incident& incident) {
    Incident scaled = incident;
    scale(scaled, sampling);
    listener(time, transition, scaled);
  };
}

}  // namespace

std::uint32_t Sensor::prefix_capacity(const Settings& settings) {
  std::size_t count = 0;
  for (const ProtectEntry& entry : settings.protect) count += entry.prefixes.size();
  return static_cast<std::uint32_t>(count + count / 8 +
                                    (settings.protects_everything() ? 2 : kSparePrefixes));
}

Sensor::Sensor(const Settings& settings, std::span<RxQueue* const> queues, const WindowGrid& grid,
               LateMerge late, IncidentListener listener,
               std::shared_ptr<const SignatureSet> signatures, const AroundWorker& around)
    : settings_(settings_of_arrivals(settings)),
      grid_(grid),
      late_(late),
      detect_from_(late == LateMerge::extend ? grid.origin + kWarmUp : grid.origin),
      key_(settings.engine.seed ? key_from_seed(*settings.engine.seed) : random_key()),
      registry_(prefix_capacity(settings)),
      live_(first_worker_settings(registry_, settings,
                                  std::make_shared<PayloadStage>(
                                      signatures, key_, static_cast<unsigned>(queues.size()))),
            static_cast<unsigned>(queues.size())),
      exchanges_(for_each_worker(
          queues.size(), around,
          [&](unsigned) {
            return std::make_unique<WindowExchange>(
                WindowCapacity{
                    .hosts = settings.engine.hosts,
                    .prefixes = registry_.capacity(),
                    .log_shared = kLoggedAtOnce / static_cast<std::uint32_t>(queues.size()),
                    .snaps = late == LateMerge::extend && !settings.evidence.directory.empty()},
                late == LateMerge::wait ? kWindowsWithWaiting : 2);
          })),
      workers_(for_each_worker(queues.size(), around,
                               [&](unsigned w) {
                                 return std::make_unique<Worker>(
                                     w, *queues[w], live_, *exchanges_[w], grid,
                                     counter_settings(settings, key_, late), late);
                               })),
      merger_(exchanges(), grid, key_, settings.engine.hosts, settings.engine.duplicates),
      detection_(settings_, registry_, scaling(std::move(listener), settings.sampling),
                 std::move(signatures)),
      ledger_(registry_.capacity()),
      entries_(queues.size()),
      evictions_(queues.size()),
      cycle_counts_(queues.size()),
      snapshot_(std::make_shared<const EngineSnapshot>()) {}

Sensor::~Sensor() {
  stop();
  // Without merging, a worker that waits for the merge would wait forever.
  while (!threads_.empty() && !finished()) {
    if (!merge_one()) std::this_thread::yield();
  }
  for (std::thread& thread : threads_) thread.join();
}

std::vector<WindowExchange*> Sensor::exchanges() const {
  std::vector<WindowExchange*> all;
  for (const auto& exchange : exchanges_) all.push_back(exchange.get());
  return all;
}

void Sensor::prefault(const AroundWorker& around) {
  for (unsigned w = 0; w < workers(); ++w) {
    around(w, [&] {
      exchanges_[w]->prefault();
      workers_[w]->prefault();
    });
  }
}

void Sensor::start(AroundWorker around) {
  around_ = std::move(around);
  for (unsigned w = 0; w < workers(); ++w) {
    threads_.emplace_back([this, w] { run_worker(w); });
  }
}

/// The whole life of a worker's thread. An exception ends this worker, and its reason is kept: if
/// it left the thread, it would end the process without a word.
void Sensor::run_worker(unsigned worker) {
  try {
    const std::function<void()> run = [this, worker] { workers_[worker]->run(stop_); };
    around_ ? around_(worker, run) : run();
    return;
  } catch (const std::exception& error) {
    note_failure(worker, error.what());
  } catch (...) {
    note_failure(worker, "an exception that has no text");
  }
  // The worker may not even have begun, and the merge must not wait for it. The reason comes first:
  // once the merge has finished, it is asked for.
  exchanges_[worker]->publish_progress(WindowExchange::kEnded);
}

void Sensor::note_failure(unsigned worker, const std::string& why) {
  const std::scoped_lock lock(failure_lock_);
  if (failure_.empty()) failure_ = "worker " + std::to_string(worker) + " has ended: " + why;
  failed_.store(true, std::memory_order_release);
}

std::string Sensor::failure() const {
  if (!failed_.load(std::memory_order_acquire)) return "";
  const std::scoped_lock lock(failure_lock_);
  return failure_;
}

bool Sensor::merge_one() {
  merge_heartbeat_.beat(heartbeat_now());
  if (!merger_.next(window_)) return false;
  const bool due = std::chrono::steady_clock::now() >= publish_at_;
  if (gap_before_) window_.gap_since = gap_before_(window_.start, window_.end);
  // What is counted is counted from the first packet on; only judging waits.
  judge_window();
  ledger_.add(window_, settings_, registry_, due ? settings_.exports.top_hosts : 0);
  if (minutes_ != nullptr) minutes_->add(window_, registry_);
  if (link_ != nullptr) link_->add(window_);
  if (keep_packets_) keep_packets_({.end = window_.end, .packets = window_.snapped()});
  for (std::size_t w = 0; w < exchanges_.size(); ++w) {
    if (const WorkerWindow* part = exchanges_[w]->sealed()) {
      entries_[w] = part->flow_entries;
      evictions_[w] = part->flow_evictions;
    }
  }
  merged_until_.store(window_.end.count, std::memory_order_relaxed);
  merger_.release();
  if (baselines_ != nullptr) {
    baselines_->save(settings_, registry_, detection_.baseline(), false);
  }
  if (due) publish();
  return true;
}

void Sensor::judge_window() {
  if (window_.start < detect_from_) return detection_.warm_up(window_);
  const ExplainRequests::Taken asked =
      explain_ == nullptr ? ExplainRequests::Taken{} : explain_->take();
  std::vector<AskedTargets> targets;
  for (const auto& one : asked) {
    targets.push_back(detection_.targets_of(one->asked));
    detection_.ask(targets.back().targets);
  }
  detection_.on_window(window_);
  for (std::size_t i = 0; i < asked.size(); ++i) explain_->answer(*asked[i], answer_of(targets[i]));
  if (!asked.empty()) detection_.forget_asked();
}

ExplainAnswer Sensor::answer_of(const AskedTargets& asked) const {
  ExplainAnswer answer{.unknown = asked.unknown,
                       .failed = {},
                       .targets = {},
                       .more = asked.more,
                       .sampling = settings_.sampling};
  for (const AskedTargets::One& one : asked.targets) {
    answer.targets.push_back(detection_.explain(one));
  }
  return answer;
}

void Sensor::answer_from_memory() {
  if (explain_ == nullptr) return;
  for (const auto& one : explain_->take()) {
    explain_->answer(*one, answer_of(detection_.targets_of(one->asked)));
  }
}

Health Sensor::health(bool ports_started, Nanoseconds lag) const {
  Vitals vitals{.ports_started = ports_started,
                .may_end = late_ == LateMerge::wait || stop_.load(std::memory_order_relaxed),
                .merge = &merge_heartbeat_,
                .ticks_per_second = heartbeat_rate_.ticks_per_second(),
                .any_merged = merged_until().count != 0 ||
                              merge_heartbeat_.state() == Heartbeat::State::ended,
                .lag = lag,
                .window = grid_.length};
  for (const auto& worker : workers_) vitals.workers.push_back(&worker->stats().heartbeat);
  return judge(vitals, heartbeat_now());
}

bool Sensor::prefault_some() {
  return std::any_of(workers_.begin(), workers_.end(),
                     [](const auto& worker) { return worker->prefault_some(); });
}

void Sensor::fill_workers(EngineSnapshot& snapshot) {
  for (std::size_t w = 0; w < workers_.size(); ++w) {
    const WorkerStats& stats = workers_[w]->stats();
    WorkerSnapshot shown;
    const std::uint64_t busy = stats.busy_cycles.load(std::memory_order_relaxed);
    const std::uint64_t idle = stats.idle_cycles.load(std::memory_order_relaxed);
    CycleCounts& before = cycle_counts_[w];
    const auto working = static_cast<double>(busy - before.busy);
    const double all = working + static_cast<double>(idle - before.idle);
    shown.busy_ratio = all > 0 ? working / all : 0;
    shown.packets = stats.packets.load(std::memory_order_relaxed);
    // Without packets, the last value is kept.
    shown.cycles_per_packet = shown.packets == before.packets
                                  ? before.cycles_per_packet
                                  : working / static_cast<double>(shown.packets - before.packets);
    before = {busy, idle, shown.packets, shown.cycles_per_packet};
    const Shed shed = stats.shedding.load(std::memory_order_relaxed);
    for (std::size_t step = 0; step < shown.shedding.size(); ++step) {
      shown.shedding[step] = static_cast<std::size_t>(shed) > step;
    }
    shown.flow_entries = entries_[w];
    shown.flow_evictions = evictions_[w];
    snapshot.workers.push_back(shown);
  }
}

void Sensor::keep_baselines(BaselineKeeper::Warn warn, ControlMetrics& metrics) {
  baselines_ = std::make_unique<BaselineKeeper>(std::move(warn), metrics);
  baselines_->load(settings_, registry_, detection_.baseline());
}

void Sensor::save_baselines() {
  if (baselines_ != nullptr) baselines_->save(settings_, registry_, detection_.baseline(), true);
}

void Sensor::publish() {
  const auto began = std::chrono::steady_clock::now();
  auto next = std::make_shared<EngineSnapshot>();
  next->started = grid_.origin;
  ledger_.fill(*next, registry_, settings_.sampling);
  detection_.fill(*next);
  next->incidents = detection_.book().all();
  next->incidents_total = detection_.book().totals();
  next->incidents_not_opened = detection_.book().not_opened();
  next->targets_not_followed = detection_.targets_not_followed();
  next->left_alone = detection_.left_alone();
  next->scans = detection_.scans().rows();
  next->scans_total = detection_.scans().total();
  next->incidents_displaced = detection_.book().displaced();
  next->left_out.target_seconds = detection_.targets_without_senders();
  next->left_out.scan_sources = detection_.scans().not_followed();
  next->left_out.servers = detection_.servers_not_watched();
  next->left_out.closed_incidents = detection_.book().forgotten();
  scale(*next, settings_.sampling);
  fill_workers(*next);
  if (complete_) complete_(*next);
  const auto now = std::chrono::steady_clock::now();
  // With very many prefixes a snapshot takes long. Snapshots use at most a tenth of the time.
  publish_at_ = now + std::max<std::chrono::nanoseconds>(kPublishEvery, 10 * (now - began));
  const std::scoped_lock lock(snapshot_lock_);
  snapshot_ = std::move(next);
}

void Sensor::reload(const Settings& fresh, std::shared_ptr<const SignatureSet> signatures) {
  // The ports, and so their sampling, stay until a restart.
  Settings settings = fresh;
  settings.sampling = settings_.sampling;
  settings = settings_of_arrivals(std::move(settings));
  PrefixRegistry next = registry_;
  next.assign(settings);
  auto payloads = std::make_shared<PayloadStage>(signatures, key_, workers());
  auto worker_settings = std::make_unique<const WorkerSettings>(
      WorkerSettings{Protection(next, settings), std::move(payloads)});
  std::swap(registry_, next);
  if (baselines_ != nullptr) {
    baselines_->load_changed(settings_, next, settings, registry_, detection_.baseline());
  }
  settings_ = settings;
  live_.publish(std::move(worker_settings));
  detection_.reload(settings, std::move(signatures));
}

Shed Sensor::shedding(unsigned worker) const {
  return workers_[worker]->stats().shedding.load(std::memory_order_relaxed);
}

std::shared_ptr<const EngineSnapshot> Sensor::snapshot() const {
  const std::scoped_lock lock(snapshot_lock_);
  return snapshot_;
}

std::uint64_t Sensor::packets() const {
  std::uint64_t sum = 0;
  for (const auto& worker : workers_) {
    sum += worker->stats().packets.load(std::memory_order_relaxed);
  }
  return sum;
}

std::size_t Sensor::memory_bytes() const {
  std::size_t sum = 0;
  for (const auto& worker : workers_) sum += worker->memory_bytes();
  for (const auto& exchange : exchanges_) sum += exchange->memory_bytes();
  return sum;
}

}  // namespace floodgauge
