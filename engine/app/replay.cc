#include "engine/app/replay.h"

#include <algorithm>
#include <chrono>
#include <fstream>
#include <iostream>
#include <memory>
#include <mutex>
#include <thread>

#include "engine/app/config_errors.h"
#include "engine/app/examined.h"
#include "engine/app/exit_code.h"
#include "engine/app/exporters.h"
#include "engine/app/interrupt.h"
#include "engine/app/outside_neighbours.h"
#include "engine/app/progress_bar.h"
#include "engine/app/refusal.h"
#include "engine/app/replay_clock.h"
#include "engine/app/replay_evidence.h"
#include "engine/app/replay_report.h"
#include "engine/app/replay_settings.h"
#include "engine/app/replay_spreader.h"
#include "engine/app/sensor.h"
#include "engine/app/signatures.h"
#include "engine/export/http/listen_socket.h"
#include "engine/export/report/report.h"
#include "engine/port/capture_source.h"
#include "engine/port/utc_clock.h"

namespace floodgauge {
namespace {

using SteadyClock = std::chrono::steady_clock;

/// How long the merge thread sleeps when no window is ready.
constexpr auto kRest = std::chrono::microseconds(50);

/// Throws Refusal when no file at all could be opened.
void check_files(const CaptureSource& source) {
  std::string messages;
  std::size_t failed = 0;
  for (const CaptureOutcome& outcome : source.outcomes()) {
    if (outcome.end != CaptureEnd::open_failed && outcome.end != CaptureEnd::not_a_capture)
      continue;
    ++failed;
    messages += (messages.empty() ? "" : "\n") + outcome.message;
  }
  if (failed == source.outcomes().size()) throw Refusal{messages, kExitInput};
}

std::shared_ptr<const SignatureSet> signatures_of(const Settings& settings) {
  std::vector<ConfigError> errors;
  std::shared_ptr<const SignatureSet> signatures = load_signatures(settings, errors);
  if (signatures == nullptr) throw Refusal{config_errors_text(errors)};
  return signatures;
}

/// The run as the history names it: "replay evening.pcap".
std::string replayed_text(const std::vector<std::string>& files) {
  std::string text = "replay";
  for (const std::string& file : files) text += " " + file;
  return text;
}

class Replay {
 public:
  Replay(const ReplayOptions& options, const Settings& settings)
      : options_(options),
        settings_(settings),
        signatures_(signatures_of(settings)),
        source_({.paths = options.files,
                 .queues = settings.engine.workers,
                 .speed = options.speed,
                 .reorder = settings.engine.reorder,
                 .spread = ReplaySpreader(settings)}),
        evidence_(options_, settings_) {
    check_files(source_);
    report_file_ = open_report(options.output);
    page_file_ = open_report(options.html);
    exporters_ = std::make_unique<Exporters>(
        ExporterOptions{
            .events = options.events.empty() ? settings.exports.events : options.events,
            .hook = settings.exports.hook,
            .listen = options.listen,
            .web_config = settings.exports.web_config,
            .top_hosts = settings.exports.top_hosts,
            .history = options.history,
            .history_limits = {.minutes = settings.exports.history_minutes,
                               .hours = settings.exports.history_hours,
                               .bytes = settings.exports.history_size},
            .what = replayed_text(options.files),
            .wait_for_events = true,
            .host_names = settings.exports.host_names,
            .reload = {},
            .explain =
                [this](const std::string& target) { return explain_requests_.request(target); },
            .warn = [](const std::string& line) { std::cerr << line << "\n"; },
            .note = [](const std::string& line) { std::cerr << line << "\n"; }},
        [this] { return snapshot(); }, metrics_);
    if (!exporters_->url().empty()) std::cerr << "metrics: " << exporters_->url() << "/metrics\n";
  }

  /// Scrapes are answered until the end, so the sensor leaves under their lock. Its own end may
  /// still report incidents, so the exporters outlive it.
  ~Replay() {
    explain_requests_.close();
    std::unique_ptr<Sensor> leaving;
    const std::scoped_lock lock(sensor_lock_);
    leaving = std::move(sensor_);
  }

  int run() {
    make_sensor();
    const auto began = SteadyClock::now();
    clock_.start(origin_, options_.speed);
    source_.start();
    sensor_->start();
    ProgressBar bar;
    while (!sensor_->finished()) {
      if (!sensor_->failure().empty()) source_.request_stop();
      if (interrupted()) {
        source_.request_stop();
        // A live stream may end by the same interrupt.
        stopped_ = stopped_ || source_.progress().size == 0;
      }
      bar.show([this] { return source_.progress(); });
      if (sensor_->merge_one() || source_.prefault_pages() || sensor_->prefault_some()) continue;
      std::this_thread::sleep_for(kRest);
    }
    sensor_->end_merge();
    bar.clear();
    clock_.stop();
    sensor_->end_minutes();
    sensor_->publish();
    sensor_->save_baselines();
    const double wall = std::chrono::duration<double>(SteadyClock::now() - began).count();
    exporters_->drain();
    const int code = report(wall);
    stay_up();
    return code;
  }

 private:
  /// What a scrape sees: the last snapshot, with the lag at this moment, as the daemon does.
  std::shared_ptr<const EngineSnapshot> snapshot() const {
    const std::scoped_lock lock(sensor_lock_);
    if (sensor_ == nullptr) return nullptr;
    auto shown = std::make_shared<EngineSnapshot>(*sensor_->snapshot());
    shown->window_lag_seconds = clock_.behind(shown->now, source_.reached());
    shown->health = sensor_->health(true, {});
    return shown;
  }

  void make_sensor() {
    std::vector<RxQueue*> queues;
    for (unsigned q = 0; q < source_.queues(); ++q) queues.push_back(&source_.queue(q));
    // The first window begins at the first packet, so that only the last window can be short.
    origin_ = source_.first_time();
    const WindowGrid grid{origin_, settings_.engine.window};
    auto sensor = std::make_unique<Sensor>(
        settings_, queues, grid, LateMerge::wait,
        [this](Nanoseconds time, Transition transition, const Incident& incident) {
          exporters_->incident(time, transition, incident);
        },
        signatures_);
    if (!settings_.exports.labels.empty()) {
      sensor->label_with(std::make_shared<const NetworkLabels>(
          settings_.exports.labels, [](const std::string& line) { std::cerr << line << "\n"; }));
    }
    if (!options_.html.empty()) sensor->collect_link();
    if (exporters_->keeps_history()) {
      sensor->collect_minutes(settings_.exports.history_prefixes, [this](MinuteRates minute) {
        exporters_->minute(std::move(minute));
      });
    }
    sensor->keep_baselines([](const std::string& line) { std::cerr << line << "\n"; }, metrics_);
    sensor->complete_snapshots([this](EngineSnapshot& snapshot) {
      snapshot.reload_time = loaded_;
      snapshot.clock_steps = source_.clock_jumps();
    });
    sensor->answer_explanations(explain_requests_);
    sensor->ask_for_gaps(
        [this](Nanoseconds start, Nanoseconds end) { return source_.gap_before(start, end); });
    // Packets without a time lie at time 0, where no rate is known.
    if (!source_.timed()) sensor->detect_from({1});
    const std::scoped_lock lock(sensor_lock_);
    sensor_ = std::move(sensor);
  }

  int report(double wall) {
    const CaptureSummary summary = source_.summary();
    const auto last = std::make_shared<EngineSnapshot>(*sensor_->snapshot());
    std::uint64_t evictions = 0;
    for (const WorkerSnapshot& worker : last->workers) evictions += worker.flow_evictions;
    CaptureInfo capture = capture_info(summary);
    capture.interrupted = capture.interrupted || stopped_;
    if (capture.timing == Timing::none) forget_rates(*last);
    const bool proven = evidence_.write(*last);
    const std::string protecting = protecting_text(options_, settings_);
    const std::vector<NotExamined> rows =
        not_examined(capture, *last, settings_.protects_everything(), protecting);
    const ReportInput input{
        .snapshot = *last,
        .capture = std::move(capture),
        .engine = {.workers = sensor_->workers(),
                   .wall_seconds = wall,
                   .packets_per_second = wall > 0 ? static_cast<double>(summary.packets) / wall : 0,
                   .dropped = last->dropped,
                   .flow_evictions = evictions},
        .protecting = protecting,
        .not_examined = rows,
        .nothing_examined = nothing_examined(rows)};
    write_report(options_, input, report_file_);
    write_page(options_, input, sensor_->link(), page_file_);
    const bool failed = tell_failures(summary, input);
    if (failed || !proven) return kExitInput;
    const bool attacked =
        std::any_of(last->incidents.begin(), last->incidents.end(),
                    [](const auto& incident) { return incident->kind == IncidentKind::flood; });
    return options_.fail_on_attack && attacked ? kExitAttack : kExitDone;
  }

  /// Without times no rate is known.
  static void forget_rates(EngineSnapshot& snapshot) {
    snapshot.busiest.clear();
    for (PrefixSnapshot& prefix : snapshot.prefixes) prefix.peak_pps_in = prefix.peak_bps_in = 0;
  }

  /// Tells on standard error what keeps the input from being complete. False when nothing does.
  bool tell_failures(const CaptureSummary& summary, const ReportInput& input) const {
    bool failed = false;
    for (const CaptureOutcome& outcome : summary.outcomes) {
      if (!outcome.failed()) continue;
      failed = true;
      std::cerr << outcome.message << "\n";
    }
    if (const std::string failure = sensor_->failure(); !failure.empty()) {
      failed = true;
      std::cerr << failure << "; the report is of what was read before\n";
    }
    // Why was reported when it happened.
    if (exporters_->lost_events() != 0) failed = true;
    const bool growing = std::any_of(summary.outcomes.begin(), summary.outcomes.end(),
                                     [](const CaptureOutcome& one) { return one.may_grow; });
    if (growing) {
      std::cerr << "a capture that is still being written is followed by: tail -c +1 -f FILE | "
                   "floodgauge replay -\n";
    }
    if (input.capture.interrupted) std::cerr << "interrupted; the report is of what was read\n";
    if (!failed && input.nothing_examined) {
      failed = true;
      std::cerr << "nothing was examined: " << input.not_examined.front().text << "\n";
    }
    return failed;
  }

  void stay_up() const {
    if (options_.listen.empty() || interrupted()) return;
    std::cerr << "replay done; metrics stay at " << exporters_->url()
              << "/metrics until interrupted (Ctrl-C)\n";
    while (!interrupted()) {
      sensor_->answer_from_memory();
      std::this_thread::sleep_for(std::chrono::milliseconds(50));
    }
  }

  const ReplayOptions& options_;
  Settings settings_;
  std::shared_ptr<const SignatureSet> signatures_;
  CaptureSource source_;
  ReplayEvidence evidence_;
  ReplayClock clock_;
  bool stopped_ = false;  ///< the user ended the replay of a live stream
  Nanoseconds origin_;
  Nanoseconds loaded_ = UtcClock().now();  ///< when the configuration was loaded
  std::ofstream report_file_;
  std::ofstream page_file_;
  ControlMetrics metrics_;  ///< before all members that count in it
  ExplainRequests explain_requests_;
  std::unique_ptr<Exporters> exporters_;
  mutable std::mutex sensor_lock_;
  std::unique_ptr<Sensor> sensor_;
};

}  // namespace

int run_replay(const ReplayOptions& options) {
  try {
    Settings settings = replay_settings(options);
    refuse_captures_as_output(options);
    settings.engine.outside = learn_outside(options.files, settings);
    catch_interrupts();
    return Replay(options, settings).run();
  } catch (const Refusal& refusal) {
    std::cerr << refusal.message << "\n";
    return refusal.exit_code;
  } catch (const ListenError& error) {
    std::cerr << "--listen " << error.what() << "\n";
    return kExitInput;
  } catch (const WebConfigError& error) {
    std::cerr << error.what() << "\n";
    return kExitUsage;
  } catch (const std::exception& error) {
    std::cerr << "floodgauge: " << error.what() << "\n";
    return kExitInput;
  }
}

}  // namespace floodgauge
