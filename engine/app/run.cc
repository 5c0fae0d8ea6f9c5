#include "engine/app/run.h"

#include <pthread.h>
#include <sys/prctl.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <iostream>
#include <semaphore>
#include <stdexcept>
#include <thread>

#include "config/loader.h"
#include "engine/app/available_memory.h"
#include "engine/app/build_info.h"
#include "engine/app/config_errors.h"
#include "engine/app/daemon_log.h"
#include "engine/app/exit_code.h"
#include "engine/app/exporters.h"
#include "engine/app/interrupt.h"
#include "engine/app/last_forwarder.h"
#include "engine/app/live_ports.h"
#include "engine/app/loss_ratio.h"
#include "engine/app/reload.h"
#include "engine/app/sensor.h"
#include "engine/app/service_manager.h"
#include "engine/app/signatures.h"
#include "engine/export/events/repeated_warning.h"
#include "engine/port/dpdk_log.h"

namespace floodgauge {
namespace {

using SteadyClock = std::chrono::steady_clock;

/// How long the merge rests when no window is ready: while none can be, and when one is due.
constexpr auto kLongRest = std::chrono::milliseconds(5);
constexpr auto kRest = std::chrono::microseconds(500);
/// How often links, losses and the service manager are looked after.
constexpr auto kChores = std::chrono::milliseconds(100);
/// How long the end of the daemon waits for hooks; the unit's TimeoutStopSec is longer.
constexpr auto kHookFarewell = std::chrono::seconds(5);

/// What a configuration file comes to.
struct Loaded {
  Settings settings;
  std::shared_ptr<const SignatureSet> signatures;
};

/// Every error of a file that is not fit for `run`; empty: it is, and is in `next`.
std::vector<ConfigError> load_for_run(const std::string& path, SignatureLoader& signatures,
                                      Loaded& next, DaemonLog& log) {
  LoadResult loaded = load_config(path);
  for (const ConfigError& warning : loaded.warnings) log.warn(warning.text());
  if (!loaded.settings) return loaded.errors;
  std::vector<ConfigError> errors = check_for_run(*loaded.settings, path, loaded.positions);
  next.signatures = signatures.load(*loaded.settings, errors);
  if (errors.empty()) next.settings = std::move(*loaded.settings);
  return errors;
}

std::string mebibytes(std::uint64_t bytes) {
  constexpr std::uint64_t kMebibyte = 1u << 20;
  return std::to_string((bytes + kMebibyte - 1) / kMebibyte) + " MiB";
}

/// To a new thread on these cores, and back with what it threw.
void run_there(const std::vector<int>& cores, const std::function<void()>& work) {
  std::exception_ptr error;
  std::thread([&] {
    run_on(cores);
    try {
      work();
    } catch (...) {
      error = std::current_exception();
    }
  }).join();
  if (error) std::rethrow_exception(error);
}

/// FLOODGAUGE_TEST_STALL_MERGE: see run.h.
class TestStall {
 public:
  TestStall() {
    const char* text = std::getenv("FLOODGAUGE_TEST_STALL_MERGE");
    armed_ = text != nullptr && std::sscanf(text, "%lf,%lf", &after_, &seconds_) == 2;
  }
  void maybe(DaemonLog& log) {
    if (!armed_ || SteadyClock::now() - begin_ < std::chrono::duration<double>(after_)) return;
    armed_ = false;
    log.warn("test: the merge stands still", {{"seconds", std::to_string(seconds_)}});
    std::this_thread::sleep_for(std::chrono::duration<double>(seconds_));
    log.warn("test: the merge goes on");
  }

 private:
  bool armed_ = false;
  double after_ = 0;
  double seconds_ = 0;
  SteadyClock::time_point begin_ = SteadyClock::now();
};

class Daemon {
 public:
  Daemon(const RunOptions& options, const Loaded& loaded, SignatureLoader& loader, DaemonLog& log)
      : options_(options),
        log_(log),
        loader_(loader),
        settings_(loaded.settings),
        signatures_(loaded.signatures),
        dpdk_log_([warning = RepeatedWarning([&log](const std::string& line) { log.warn(line); })](
                      const std::string& line) mutable { warning.warn("dpdk: " + line); }),
        losses_([&log](const std::string& line) { log.warn(line); }) {
    open_ports();
    make_sensor();
    open_outlets();
  }

  ~Daemon() {
    exporters_.reset();  // they read the sensor
    sensor_.reset();     // its workers poll the ports
  }

  int run() {
    prctl(PR_SET_TIMERSLACK, 1000UL, 0UL, 0UL, 0UL);  // workers' naps are as short as they say
    ports_->start();
    start_workers();
    sensor_->publish();
    log_.info("ready", {{"version", build_info().version},
                        {"workers", std::to_string(ports_->workers())},
                        {"tables", mebibytes(sensor_->memory_bytes())},
                        {"metrics", exporters_->url().empty() ? "none" : exporters_->url()}});
    service_.ready();
    watch();
    stop();
    return kExitDone;
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
    run_on(ports_->cores().control);  // and all threads but the workers'
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
    const AroundWorker there = [this](unsigned w, const std::function<void()>& make) {
      run_there(own_core(w), make);
    };
    sensor_ = std::make_unique<Sensor>(
        settings_, queues, grid, LateMerge::extend,
        [this](Nanoseconds time, Transition transition, const Incident& incident) {
          log_.incident(transition, incident);
          exporters_->incident(time, transition, incident);
        },
        signatures_, there);
    take_memory(there);
    sensor_->keep_baselines([this](const std::string& line) { log_.warn(line); });
    sensor_->complete_with([this](EngineSnapshot& snapshot) { complete(snapshot); });
  }

  /// Returns when each is on its core: nobody is told "ready" before.
  void start_workers() {
    sensor_->start([this](unsigned w, const std::function<void()>& work) {
      ports_->run_worker(w, [&] {
        run_on(own_core(w));
        pthread_setname_np(pthread_self(), ("worker-" + std::to_string(w)).c_str());
        running_.release();
        work();
      });
    });
    for (unsigned w = 0; w < sensor_->workers(); ++w) running_.acquire();
  }

  /// Or says what it would take: whoever takes more than there is gets no chance to.
  void take_memory(const AroundWorker& there) {
    const std::uint64_t wanted = sensor_->memory_bytes();
    const std::uint64_t left = available_memory();
    if (wanted > left) {
      const unsigned workers = sensor_->workers();
      throw std::runtime_error("the tables of " + std::to_string(workers) +
                               (workers == 1 ? " worker take " : " workers take ") +
                               mebibytes(wanted) + ", and " + mebibytes(left) +
                               " are left: lower engine.flows, engine.hosts or engine.workers");
    }
    sensor_->prefault(there);
  }

  void open_outlets() {
    OutletOptions exporters{.events = settings_.exports.events,
                            .hook = settings_.exports.hook,
                            .listen = settings_.exports.listen,
                            .web_config = settings_.exports.web_config,
                            .top_hosts = settings_.exports.top_hosts,
                            .wait_for_events = false,
                            .reload = {},
                            .warn = [this](const std::string& line) { log_.warn(line); }};
    if (settings_.exports.reload) exporters.reload = [this] { return desk_.ask(); };
    exporters_ = std::make_unique<Exporters>(exporters, [this] { return latest(); });
  }

  /// The last snapshot; how far it lies behind is told as of now, or a merge that stands still
  /// would look well.
  std::shared_ptr<const EngineSnapshot> latest() const {
    const std::shared_ptr<const EngineSnapshot> last = sensor_->snapshot();
    auto shown = std::make_shared<EngineSnapshot>(*last);
    shown->window_lag_seconds = lag_of(*shown);
    return shown;
  }

  double lag_of(const EngineSnapshot& snapshot) const {
    const Nanoseconds since = std::max(snapshot.now, started_);
    return std::max(0.0, (clock_.now() - since).seconds());
  }

  void complete(EngineSnapshot& snapshot) {
    snapshot.window_lag_seconds = lag_of(snapshot);
    snapshot.reload_successful = reload_successful_;
    snapshot.reload_time = reload_time_;
    ports_->fill(snapshot);
    // What workers took, not what is merged: a merge that stands still loses nothing.
    snapshot.loss_ratio = loss_ratio_.of(clock_.now(), sensor_->packets(), snapshot.dropped);
    sensor_->detection().book().note_losses(snapshot.loss_ratio);
  }

  void watch() {
    TestStall stall;
    SteadyClock::time_point chores{};
    while (!interrupted()) {
      stall.maybe(log_);
      const bool merged = sensor_->merge_one();
      if (const auto now = SteadyClock::now(); now - chores >= kChores) {
        chores = now;
        do_chores();
      }
      if (!merged) std::this_thread::sleep_for(until_next_window());
    }
  }

  std::chrono::nanoseconds until_next_window() const {
    const Nanoseconds left = sensor_->next_window_end() - clock_.now();
    return std::clamp<std::chrono::nanoseconds>(std::chrono::nanoseconds(left.count), kRest,
                                                kLongRest);
  }

  void do_chores() {
    service_.alive();
    ports_->carry_links([this](const std::string& line) { log_.info(line); });
    ports_->observe_clocks(clock_);
    warn_of_losses();
    tell_shedding();
    if (take_hangup()) {
      reload();
      exporters_->reopen();
    }
    desk_.serve([this] { return reload(); });
  }

  void warn_of_losses() {
    const std::shared_ptr<const EngineSnapshot> last = sensor_->snapshot();
    std::uint64_t behind = 0;
    for (const PortSnapshot& port : last->ports) behind += port.transmit_dropped;
    if (last->dropped > lost_) {
      char share[16];
      std::snprintf(share, sizeof(share), "%.1f", last->loss_ratio * 100);
      losses_.warn(
          "packets lost before they were counted: " + std::to_string(last->dropped - lost_) +
          "; rates are too low by " + share + " % of what came");
    }
    if (behind > not_sent_) {
      losses_.warn("packets not forwarded, the outgoing port is full: " +
                   std::to_string(behind - not_sent_));
    }
    lost_ = last->dropped;
    not_sent_ = behind;
  }

  /// A worker takes nothing up again before a second has passed, so that the log stays short.
  void tell_shedding() {
    static constexpr std::array<const char*, 3> kWhat = {
        "searches in payloads", "who hits a target", "estimates of sources, but for a sample"};
    shedding_.resize(sensor_->workers(), Shed::nothing);
    for (unsigned w = 0; w < sensor_->workers(); ++w) {
      const auto now = static_cast<std::size_t>(sensor_->shedding(w));
      const auto told = static_cast<std::size_t>(shedding_[w]);
      for (std::size_t step = told; step < now; ++step) {
        log_.warn(std::string("overloaded, given up: ") + kWhat[step],
                  {{"worker", std::to_string(w)}, {"step", kSheddingSteps[step]}});
      }
      for (std::size_t step = told; step-- > now;) {
        log_.info(std::string("no longer overloaded, taken up again: ") + kWhat[step],
                  {{"worker", std::to_string(w)}, {"step", kSheddingSteps[step]}});
      }
      shedding_[w] = static_cast<Shed>(now);
    }
  }

  /// Empty, or what is wrong; then nothing has changed.
  std::string reload() {
    service_.reloading();
    std::string wrong = try_reload();
    reload_successful_ = wrong.empty();
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
    Loaded next;
    const std::vector<ConfigError> errors = load_for_run(options_.config, loader_, next, log_);
    std::string wrong;
    for (const ConfigError& error : errors) wrong += (wrong.empty() ? "" : "; ") + error.text();
    if (!wrong.empty()) return wrong;
    ReloadPlan plan = plan_reload(settings_, next.settings);
    try {
      sensor_->reload(plan.settings, next.signatures);
    } catch (const std::exception& error) {
      return error.what();
    }
    settings_ = std::move(plan.settings);
    signatures_ = std::move(next.signatures);
    for (const std::string& key : plan.after_restart) {
      log_.warn(key + " was changed: this waits for a restart");
    }
    return "";
  }

  void stop() {
    service_.stopping();
    log_.info("stopping");
    desk_.close();
    sensor_->stop();
    while (!sensor_->finished()) {
      if (!sensor_->merge_one()) std::this_thread::sleep_for(kRest);
    }
    const LastForwarder forwarder(*ports_);
    sensor_->detection().book().close_all(clock_.now(), "floodgauge stopped");
    sensor_->save_baselines();
    sensor_->publish();
    if (!exporters_->drain_for(kHookFarewell)) {
      log_.warn("hook: it has not ended in time, and is ended");
    }
    exporters_.reset();
    log_.info("stopped", {{"packets", std::to_string(sensor_->packets())}});
  }

  const RunOptions& options_;
  DaemonLog& log_;
  SignatureLoader& loader_;
  Settings settings_;
  std::shared_ptr<const SignatureSet> signatures_;
  UtcClock clock_;
  Nanoseconds started_;
  ServiceManager service_;
  DpdkLog dpdk_log_;
  ReloadDesk desk_;
  RepeatedWarning losses_;
  LossRatio loss_ratio_;
  std::uint64_t lost_ = 0;
  std::uint64_t not_sent_ = 0;
  std::vector<Shed> shedding_;  ///< as the log has it, by worker
  bool reload_successful_ = true;
  Nanoseconds reload_time_;
  std::unique_ptr<LivePorts> ports_;
  std::counting_semaphore<> running_{0};  ///< workers that have begun
  std::unique_ptr<Sensor> sensor_;
  std::unique_ptr<Exporters> exporters_;
};

}  // namespace

int run_daemon(const RunOptions& options) {
  DaemonLog log(options.log_format == "json" ? DaemonLog::Form::json : DaemonLog::Form::text);
  try {
    Loaded loaded;
    SignatureLoader loader;
    const std::vector<ConfigError> errors = load_for_run(options.config, loader, loaded, log);
    if (!errors.empty()) {
      std::cerr << config_errors_text(errors) << "\n";
      return kExitUsage;
    }
    catch_interrupts();
    catch_hangup();
    return Daemon(options, loaded, loader, log).run();
  } catch (const WebConfigError& error) {
    std::cerr << error.what() << "\n";
    return kExitUsage;
  } catch (const std::exception& error) {
    std::cerr << "floodgauge: " << error.what() << "\n";
    return kExitInput;
  }
}

}  // namespace floodgauge
