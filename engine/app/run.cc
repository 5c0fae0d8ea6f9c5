#include "engine/app/run.h"

#include <pthread.h>
#include <sys/prctl.h>

#include <algorithm>
#include <chrono>
#include <exception>
#include <iostream>
#include <semaphore>
#include <stdexcept>
#include <thread>

#include "engine/app/available_memory.h"
#include "engine/app/build_info.h"
#include "engine/app/clock_watch.h"
#include "engine/app/config_errors.h"
#include "engine/app/daemon_evidence.h"
#include "engine/app/daemon_log.h"
#include "engine/app/exit_code.h"
#include "engine/app/exporters.h"
#include "engine/app/interrupt.h"
#include "engine/app/last_forwarder.h"
#include "engine/app/live_ports.h"
#include "engine/app/loss_ratio.h"
#include "engine/app/machine_checks.h"
#include "engine/app/overload_log.h"
#include "engine/app/reload.h"
#include "engine/app/run_config.h"
#include "engine/app/sensor.h"
#include "engine/app/service_manager.h"
#include "engine/app/signatures.h"
#include "engine/app/test_faults.h"
#include "engine/app/view_log.h"
#include "engine/export/events/repeated_warning.h"
#include "engine/port/dpdk_log.h"

namespace floodgauge {
namespace {

using SteadyClock = std::chrono::steady_clock;

/// How long the merge thread sleeps when no window is ready: kRest when the next window is due, at
/// most kLongRest when it is not.
constexpr auto kLongRest = std::chrono::milliseconds(5);
constexpr auto kRest = std::chrono::microseconds(500);
/// How often links, losses and the service manager are checked.
constexpr auto kCheckEvery = std::chrono::milliseconds(100);
/// How long events and hooks are waited for at the end: less than the unit's TimeoutStopSec.
constexpr auto kLastPatience = std::chrono::seconds(5);

class Daemon {
 public:
  Daemon(const RunOptions& options, const RunConfig& config, SignatureLoader& loader,
         DaemonLog& log, ControlMetrics& metrics)
      : options_(options),
        log_(log),
        metrics_(metrics),
        loader_(loader),
        settings_(config.settings),
        signatures_(config.signatures),
        dpdk_log_([warning = RepeatedWarning([&log](const std::string& line) { log.warn(line); })](
                      const std::string& line) mutable { warning.warn("dpdk: " + line); }),
        overload_(log),
        view_(log),
        evidence_(settings_, clock_watch_, log, metrics) {
    open_ports();
    make_sensor();
    open_exporters();
  }

  int run() {
    // Sleeping workers wake within 1 us of the time they asked for (default: 50 us).
    prctl(PR_SET_TIMERSLACK, 1000UL, 0UL, 0UL, 0UL);
    ports_->start();
    start_workers();
    polling_since_.store(clock_.now().count, std::memory_order_relaxed);
    sensor_->publish();
    log_.info("ready", {{"version", build_info().version},
                        {"workers", std::to_string(ports_->workers())},
                        {"tables", mebibytes(sensor_->memory_bytes())},
                        {"metrics", exporters_->url().empty() ? "none" : exporters_->url()}});
    service_.ready();
    watch();
    const std::string failure = sensor_->failure();
    if (!failure.empty()) log_.error(failure + "; floodgauge stops");
    stop();
    return failure.empty() ? kExitDone : kExitInput;
  }

 private:
  void open_ports() {
    dpdk_log_.hold();
    try {
      ports_ = std::make_unique<LivePorts>(settings_, options_.eal_arguments, clock_);
    } catch (const std::exception& error) {
      const std::string said = dpdk_log_.release();
      throw PortError(error.what() + (said.empty() ? "" : " (DPDK: " + said + ")"));
    }
    const std::string said = dpdk_log_.release();
    if (!said.empty()) log_.info("dpdk: " + said);
    for (const std::string& port : ports_->summaries()) log_.info("port " + port);
    for (const std::string& port : merging_ports(settings_)) log_.warn("port " + port);
    run_on(ports_->cores().control);  // this thread, and those that it starts, except workers
  }

  std::vector<int> own_core(unsigned worker) const {
    const std::vector<int>& cores = ports_->cores().workers;
    return cores.empty() ? cores : std::vector<int>{cores[worker]};
  }

  void make_sensor() {
    started_ = clock_.now();
    reload_time_ = started_;
    const WindowGrid grid{started_, settings_.engine.window};
    const std::vector<RxQueue*> queues = ports_->queues();
    const AroundWorker on_core = [this](unsigned w, const std::function<void()>& make) {
      run_on_thread(own_core(w), make);
    };
    sensor_ = std::make_unique<Sensor>(
        settings_, queues, grid, LateMerge::extend,
        [this](Nanoseconds time, Transition transition, const Incident& incident) {
          Incident told = incident;
          shift_times(told, clock_watch_.shift());
          log_.incident(transition, told);
          evidence_.incident(transition, told);
          exporters_->incident(time + clock_watch_.shift(), transition, told);
        },
        signatures_, on_core);
    require_memory(sensor_->memory_bytes(), sensor_->workers());
    sensor_->prefault(on_core);
    if (!settings_.exports.labels.empty()) label_sources(settings_.exports.labels);
    sensor_->keep_baselines([this](const std::string& line) { log_.warn(line); }, metrics_);
    evidence_.attach(*sensor_);
    sensor_->complete_snapshots([this](EngineSnapshot& snapshot) { complete(snapshot); });
  }

  /// Returns when each worker runs on its core, so that "ready" is reported after that.
  void start_workers() {
    sensor_->start([this](unsigned w, const std::function<void()>& work) {
      ports_->run_worker(w, [&] {
        run_on(own_core(w));
        pthread_setname_np(pthread_self(), ("worker-" + std::to_string(w)).c_str());
        running_.release();
        fail_worker_if_asked(w);
        work();
      });
    });
    for (unsigned w = 0; w < sensor_->workers(); ++w) {
      while (!running_.try_acquire_for(kCheckEvery)) {
        if (const std::string failure = sensor_->failure(); !failure.empty()) {
          throw std::runtime_error(failure);
        }
      }
    }
  }

  ExporterOptions exporter_options(const ExportSettings& exports) {
    ExporterOptions options = options_of(exports);
    options.evidence = settings_.evidence.directory;
    options.warn = [this](const std::string& line) { log_.warn(line); };
    options.note = [this](const std::string& line) { log_.info(line); };
    options.explain = [this](const std::string& target) {
      return explain_requests_.request(target);
    };
    if (exports.reload) options.reload = [this] { return reload_requests_.request(); };
    return options;
  }

  void label_sources(const std::vector<std::string>& files) {
    sensor_->label_with(std::make_shared<const NetworkLabels>(
        files, [this](const std::string& line) { log_.warn(line); }));
  }

  void open_exporters() {
    exporters_ = std::make_unique<Exporters>(
        exporter_options(settings_.exports), [this] { return latest(); }, metrics_);
    sensor_->answer_explanations(explain_requests_);
    if (!exporters_->keeps_history()) return;
    sensor_->detection().book().continue_after(exporters_->last_number());
    sensor_->collect_minutes(settings_.exports.history_prefixes, [this](MinuteRates minute) {
      shift_times(minute, clock_watch_.shift());
      exporters_->minute(std::move(minute));
    });
  }

  /// The last snapshot with the lag at this moment. The lag at the time of the snapshot would not
  /// show that the merge stands still.
  std::shared_ptr<const EngineSnapshot> latest() const {
    const std::shared_ptr<const EngineSnapshot> last = sensor_->snapshot();
    auto shown = std::make_shared<EngineSnapshot>(*last);
    shown->window_lag_seconds = lag();
    shown->health = health();
    return shown;
  }

  /// Healthy while every worker polls and windows are merged; any thread may ask.
  Health health() const {
    const Nanoseconds polling_since{polling_since_.load(std::memory_order_relaxed)};
    const bool started = polling_since.count != 0;
    const Nanoseconds since = std::max(sensor_->merged_until(), polling_since);
    return sensor_->health(started, started ? clock_.now() - since : Nanoseconds{});
  }

  double lag() const {
    const Nanoseconds since = std::max(sensor_->merged_until(), started_);
    return std::max(0.0, (clock_.now() - since).seconds());
  }

  void complete(EngineSnapshot& snapshot) {
    snapshot.window_lag_seconds = lag();
    snapshot.reload_successful = reload_successful_;
    snapshot.reload_time = reload_time_;
    ports_->add_to(snapshot);
    // Packets that workers received, not those that were merged: a merge that stands still loses
    // no packets.
    snapshot.loss_ratio = loss_ratio_.of(clock_.now(), sensor_->packets(), snapshot.dropped);
    sensor_->detection().book().note_losses(snapshot.loss_ratio);
    snapshot.clock_steps = clock_watch_.steps();
    shift_times(snapshot, clock_watch_.shift());
  }

  void watch() {
    MergeStall stall;
    SteadyClock::time_point checked{};
    while (!interrupted() && sensor_->failure().empty()) {
      stall.sleep_if_due(log_);
      const bool merged = sensor_->merge_one();
      if (const auto now = SteadyClock::now(); now - checked >= kCheckEvery) {
        checked = now;
        check();
      }
      if (!merged) std::this_thread::sleep_for(until_next_window());
    }
  }

  std::chrono::nanoseconds until_next_window() const {
    const Nanoseconds left = sensor_->next_window_end() - clock_.now();
    return std::clamp<std::chrono::nanoseconds>(std::chrono::nanoseconds(left.count), kRest,
                                                kLongRest);
  }

  void check() {
    if (health().healthy) service_.alive();
    const LivePorts::Report report = [this](const std::string& line, bool bad) {
      bad ? log_.warn(line) : log_.info(line);
    };
    ports_->revive_ports(report);
    ports_->carry_links(report);
    ports_->observe_clocks(clock_);
    attend_to_clock();
    exporters_->attend();
    evidence_.attend(*sensor_, *exporters_);
    overload_.losses(*sensor_->snapshot());
    overload_.bounds(*sensor_->snapshot());
    view_.note(*sensor_->snapshot());
    overload_.shedding(*sensor_);
    if (take_hangup()) {
      reload();
      exporters_->reopen();
    }
    reload_requests_.handle([this] { return reload(); });
  }

  /// Puts the times right that leave the program, when the machine's clock was stepped.
  void attend_to_clock() {
    const UtcClock machine;
    const auto step = clock_watch_.check(machine.now() + clock_step_.due() - clock_.now());
    if (!step) return;
    log_.warn("the machine's clock was stepped; the times of incidents and rates follow it",
              {{"seconds", std::to_string(step->seconds())}});
    sensor_->detection().shift_hours(clock_watch_.shift());
    sensor_->reload(in_engine_time(settings_), signatures_);
  }

  /// The settings with maintenance windows in the time of the engine.
  Settings in_engine_time(Settings settings) const {
    shift_maintenance(settings, clock_watch_.shift());
    return settings;
  }

  /// Returns an empty text, or what is wrong; in that case nothing has changed.
  std::string reload() {
    service_.reloading();
    std::string wrong = try_reload();
    reload_successful_ = wrong.empty();
    metrics_.count_reload(reload_successful_);
    if (wrong.empty()) {
      reload_time_ = clock_.now();
      log_.info("configuration reloaded", {{"file", options_.config}});
    } else {
      log_.error("configuration not reloaded, nothing has changed: " + wrong,
                 {{"file", options_.config}});
    }
    sensor_->publish();
    service_.ready();
    return wrong;
  }

  std::string try_reload() {
    RunConfig next;
    const std::vector<ConfigError> errors = load_run_config(options_.config, loader_, next, log_);
    std::string wrong;
    for (const ConfigError& error : errors) wrong += (wrong.empty() ? "" : "; ") + error.text();
    if (!wrong.empty()) return wrong;
    ReloadPlan plan = plan_reload(settings_, next.settings);
    try {
      const auto change = exporters_->prepare_reload(exporter_options(plan.settings.exports));
      sensor_->reload(in_engine_time(plan.settings), next.signatures);
      change();
    } catch (const std::exception& error) {
      return error.what();
    }
    // Labels are files that are replaced every month, under the same name.
    if (!plan.settings.exports.labels.empty() || !settings_.exports.labels.empty()) {
      label_sources(plan.settings.exports.labels);
    }
    settings_ = std::move(plan.settings);
    signatures_ = std::move(next.signatures);
    for (const std::string& key : plan.after_restart) {
      log_.warn(key + ": the new value applies after a restart; until then the old one does");
    }
    return "";
  }

  void stop() {
    service_.stopping();
    log_.info("stopping");
    reload_requests_.close();
    explain_requests_.close();
    sensor_->stop();
    while (!sensor_->finished()) {
      if (!sensor_->merge_one()) std::this_thread::sleep_for(kRest);
    }
    const LastForwarder forwarder(*ports_);
    sensor_->detection().book().close_all(clock_.now(), "floodgauge stopped");
    evidence_.finish_for(kLastPatience, *sensor_, *exporters_);
    sensor_->end_minutes();
    sensor_->save_baselines();
    sensor_->publish();
    for (const std::string& line : exporters_->drain_for(kLastPatience)) log_.warn(line);
    exporters_.reset();
    log_.info("stopped", {{"packets", std::to_string(sensor_->packets())}});
  }

  const RunOptions& options_;
  DaemonLog& log_;
  ControlMetrics& metrics_;
  SignatureLoader& loader_;
  Settings settings_;
  std::shared_ptr<const SignatureSet> signatures_;
  UtcClock clock_;
  Nanoseconds started_;
  std::atomic<std::int64_t> polling_since_{0};  ///< since when all workers poll; 0: not yet
  ClockWatch clock_watch_;
  ClockStep clock_step_;
  ServiceManager service_;
  DpdkLog dpdk_log_;
  ReloadRequests reload_requests_;
  ExplainRequests explain_requests_;
  OverloadLog overload_;
  ViewLog view_;
  LossRatio loss_ratio_;
  bool reload_successful_ = true;
  Nanoseconds reload_time_;
  std::unique_ptr<LivePorts> ports_;
  std::counting_semaphore<> running_{0};  ///< released by each worker that has started
  DaemonEvidence evidence_;
  std::unique_ptr<Sensor> sensor_;        // after the ports, which its workers poll
  std::unique_ptr<Exporters> exporters_;  // after the sensor, which they read
};

}  // namespace

int run_daemon(const RunOptions& options) {
  ControlMetrics metrics;
  DaemonLog log(options.log_format == "json" ? DaemonLog::Form::json : DaemonLog::Form::text,
                metrics);
  try {
    RunConfig config;
    SignatureLoader loader;
    const std::vector<ConfigError> errors = load_run_config(options.config, loader, config, log);
    if (!errors.empty()) {
      std::cerr << config_errors_text(errors) << "\n";
      return kExitUsage;
    }
    catch_interrupts();
    catch_hangup();
    return Daemon(options, config, loader, log, metrics).run();
  } catch (const WebConfigError& error) {
    std::cerr << error.what() << "\n";
    return kExitUsage;
  } catch (const std::exception& error) {
    std::cerr << "floodgauge: " << error.what() << "\n";
    return kExitInput;
  }
}

}  // namespace floodgauge
