#include "engine/app/replay.h"

#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <thread>

#include "config/loader.h"
#include "engine/app/config_errors.h"
#include "engine/app/exit_code.h"
#include "engine/app/exporters.h"
#include "engine/app/interrupt.h"
#include "engine/app/progress_bar.h"
#include "engine/app/sensor.h"
#include "engine/app/signatures.h"
#include "engine/export/http/listen_socket.h"
#include "engine/export/report/report.h"
#include "engine/port/capture_queue.h"
#include "engine/port/fast_rss.h"
#include "engine/port/symmetric_rss.h"
#include "engine/port/utc_clock.h"

namespace floodgauge {
namespace {

using SteadyClock = std::chrono::steady_clock;

constexpr unsigned kMostWorkers = 64;
/// How long the merge rests when no window is ready.
constexpr auto kRest = std::chrono::microseconds(50);

/// One line for the user, and the exit code that goes with it.
struct Refusal {
  std::string message;
  int exit_code = kExitUsage;
};

void add_protected(const std::vector<std::string>& texts, Settings& settings) {
  ProtectEntry entry;
  for (const std::string& text : texts) {
    const std::optional<IpPrefix> prefix = IpPrefix::parse(text);
    if (!prefix) {
      throw Refusal{"--protect " + text + ": not a prefix; write 198.51.100.0/24 or 2001:db8::/32"};
    }
    const IpPrefix& network = *prefix;  // parse() has cleared host bits
    if (IpPrefix::text_has_host_bits(text)) {
      throw Refusal{"--protect " + text + " has host bits set; did you mean " + network.text() +
                    "?"};
    }
    const bool known = std::any_of(
        settings.protect.begin(), settings.protect.end(), [&](const ProtectEntry& other) {
          return std::find(other.prefixes.begin(), other.prefixes.end(), network) !=
                 other.prefixes.end();
        });
    if (!known &&
        std::find(entry.prefixes.begin(), entry.prefixes.end(), network) == entry.prefixes.end()) {
      entry.prefixes.push_back(network);
    }
  }
  if (!entry.prefixes.empty()) settings.protect.push_back(std::move(entry));
}

void check_listen(const std::string& address) {
  try {
    if (!address.empty()) split_host_port(address);
  } catch (const ListenError& error) {
    throw Refusal{std::string("--listen ") + error.what()};
  }
}

Settings settings_of(const ReplayOptions& options) {
  Settings settings;
  check_listen(options.listen);
  if (!options.config.empty()) {
    LoadResult loaded = load_config(options.config);
    for (const ConfigError& warning : loaded.warnings) std::cerr << warning.text() << "\n";
    if (!loaded.settings) throw Refusal{config_errors_text(loaded.errors)};
    settings = std::move(*loaded.settings);
  }
  add_protected(options.protect, settings);
  if (options.seed) settings.engine.seed = options.seed;
  // One worker unless asked for more: two cores are what a replay finds anywhere, and the merge
  // takes one.
  if (options.workers) settings.engine.workers = static_cast<std::uint16_t>(*options.workers);
  if (settings.engine.workers == 0) settings.engine.workers = 1;
  if (settings.engine.workers > kMostWorkers) {
    throw Refusal{"--workers " + std::to_string(settings.engine.workers) + ": at most " +
                  std::to_string(kMostWorkers)};
  }
  return settings;
}

std::string protecting_text(const ReplayOptions& options, const Settings& settings) {
  if (settings.protects_everything()) return "every address that receives traffic";
  std::size_t prefixes = 0;
  for (const ProtectEntry& entry : settings.protect) prefixes += entry.prefixes.size();
  std::string text = std::to_string(prefixes) + (prefixes == 1 ? " prefix" : " prefixes");
  if (!options.config.empty()) text += " from " + options.config;
  return text;
}

/// Spreads packets over workers by the addresses that count, so that a flow inside a tunnel meets
/// one worker in both directions.
class Spreader {
 public:
  explicit Spreader(const Settings& settings) : registry_(capacity(settings)) {
    registry_.assign(settings);
    protection_ = std::make_shared<const Protection>(registry_, settings);
  }
  void operator()(std::span<const CaptureRecord> records, std::span<std::uint32_t> hashes) const {
    for (std::size_t i = 0; i < records.size(); ++i) {
      const FrameView& frame = records[i].frame;
      if (fast_rss(frame, hashes[i])) continue;
      PacketFacts facts;
      parse_outer(frame, facts);
      protection_->choose(frame, facts);
      hashes[i] = symmetric_rss(facts.source, facts.destination);
    }
  }

 private:
  static std::uint32_t capacity(const Settings& settings) {
    std::size_t count = 2;
    for (const ProtectEntry& entry : settings.protect) count += entry.prefixes.size();
    return static_cast<std::uint32_t>(count);
  }
  PrefixRegistry registry_;
  std::shared_ptr<const Protection> protection_;
};

/// What the files said at their opening. Throws when none can be read at all.
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

CaptureInfo capture_info(const CaptureSummary& summary) {
  CaptureInfo info;
  info.files = summary.names;
  info.total = {summary.packets, summary.bytes};
  if (summary.packets != 0) {
    info.first = Nanoseconds{summary.first};
    info.last = Nanoseconds{summary.last};
  }
  for (const CaptureOutcome& outcome : summary.outcomes) {
    if (!outcome.failed()) continue;
    info.truncated = true;
    if (!info.truncation.empty()) info.truncation += "; ";
    info.truncation += outcome.message;
  }
  return info;
}

/// What is written must not be what is read.
void refuse_captures_as_output(const ReplayOptions& options) {
  const std::pair<const char*, const std::string&> outputs[] = {{"--output", options.output},
                                                                {"--events", options.events}};
  for (const auto& [flag, path] : outputs) {
    for (const std::string& file : options.files) {
      std::error_code error;
      if (path.empty() || !std::filesystem::equivalent(path, file, error)) continue;
      // A terminal or a pipe may be both.
      if (!std::filesystem::is_regular_file(path, error)) continue;
      throw Refusal{std::string(flag) + " " + path + ": is a capture to be read"};
    }
  }
}

/// Opened before anything is replayed, so that a wrong path does not cost hours.
std::ofstream open_report(const std::string& path) {
  std::ofstream file;
  if (path.empty()) return file;
  errno = 0;
  file.open(path, std::ios::trunc);
  if (!file) {
    throw Refusal{path + ": cannot write the report: " + std::strerror(errno), kExitInput};
  }
  return file;
}

void write_report(const ReplayOptions& options, const ReportInput& input, std::ofstream& file) {
  if (options.output.empty()) {
    const TextStyle style = style_for(STDOUT_FILENO, options.verbose);
    std::cout << (options.format == "json" ? json_report(input) : text_report(input, style));
    std::cout.flush();
    if (!std::cout) throw Refusal{"standard output: cannot write the report", kExitInput};
    return;
  }
  TextStyle style;
  style.verbose = options.verbose;
  file << (options.format == "json" ? json_report(input) : text_report(input, style));
  file.close();
  if (!file) throw Refusal{options.output + ": cannot write the report", kExitInput};
}

std::shared_ptr<const SignatureSet> signatures_of(const Settings& settings) {
  std::vector<ConfigError> errors;
  std::shared_ptr<const SignatureSet> signatures = load_signatures(settings, errors);
  if (signatures == nullptr) throw Refusal{config_errors_text(errors)};
  return signatures;
}

/// What the time is in the capture, while it is replayed: that of the last packet read, or as the
/// wall clock has it where the speed is limited. Written by the merge thread, read by scrapes.
class ReplayClock {
 public:
  void start(Nanoseconds origin, double speed) {
    origin_ = origin;
    speed_ = speed;
    began_ = SteadyClock::now();
    running_.store(true, std::memory_order_release);
  }
  void stop() { running_.store(false, std::memory_order_release); }

  /// How far `merged` lies behind; nothing lies behind before the start and after the end.
  double behind(Nanoseconds merged, Nanoseconds last_read) const {
    if (!running_.load(std::memory_order_acquire)) return 0;
    double now = (last_read - origin_).seconds();
    if (speed_ > 0) {
      now = speed_ * std::chrono::duration<double>(SteadyClock::now() - began_).count();
    }
    return std::max(0.0, now - std::max(0.0, (merged - origin_).seconds()));
  }

 private:
  std::atomic<bool> running_{false};
  Nanoseconds origin_;
  double speed_ = 0;
  SteadyClock::time_point began_;
};

class Replay {
 public:
  Replay(const ReplayOptions& options, const Settings& settings)
      : options_(options),
        settings_(settings),
        signatures_(signatures_of(settings)),
        source_({.paths = options.files,
                 .queues = settings.engine.workers,
                 .speed = options.speed,
                 .spread = Spreader(settings)}) {
    check_files(source_);
    report_file_ = open_report(options.output);
    exporters_ = std::make_unique<Exporters>(
        OutletOptions{.events = options.events.empty() ? settings.exports.events : options.events,
                      .hook = settings.exports.hook,
                      .listen = options.listen,
                      .web_config = settings.exports.web_config,
                      .top_hosts = settings.exports.top_hosts,
                      .wait_for_events = true,
                      .reload = {},
                      .warn = [](const std::string& line) { std::cerr << line << "\n"; }},
        [this] { return snapshot(); }, metrics_);
    if (!exporters_->url().empty()) std::cerr << "metrics: " << exporters_->url() << "/metrics\n";
  }

  int run() {
    make_sensor();
    const auto began = SteadyClock::now();
    clock_.start(origin_, options_.speed);
    source_.start();
    sensor_->start();
    ProgressBar bar;
    while (!sensor_->finished()) {
      if (interrupted()) source_.request_stop();
      bar.show([this] { return source_.progress(); });
      if (sensor_->merge_one() || source_.tend_pages() || sensor_->prefault_some()) continue;
      std::this_thread::sleep_for(kRest);
    }
    bar.clear();
    clock_.stop();
    sensor_->publish();
    sensor_->save_baselines();
    const double wall = std::chrono::duration<double>(SteadyClock::now() - began).count();
    exporters_->drain();
    const int code = report(wall);
    stay_up();
    return code;
  }

 private:
  /// What a scrape sees. How far it lies behind is told as of now, as by the daemon.
  std::shared_ptr<const EngineSnapshot> snapshot() const {
    const std::scoped_lock lock(sensor_lock_);
    if (sensor_ == nullptr) return nullptr;
    auto shown = std::make_shared<EngineSnapshot>(*sensor_->snapshot());
    shown->window_lag_seconds = clock_.behind(shown->now, source_.reached());
    return shown;
  }

  void make_sensor() {
    std::vector<RxQueue*> queues;
    for (unsigned q = 0; q < source_.queues(); ++q) queues.push_back(&source_.queue(q));
    // Windows begin at the first packet, so that only the last one can be short.
    origin_ = source_.first_time();
    const WindowGrid grid{origin_, settings_.engine.window};
    auto sensor = std::make_unique<Sensor>(
        settings_, queues, grid, LateMerge::wait,
        [this](Nanoseconds time, Transition transition, const Incident& incident) {
          exporters_->incident(time, transition, incident);
        },
        signatures_);
    sensor->keep_baselines([](const std::string& line) { std::cerr << line << "\n"; }, metrics_);
    sensor->complete_with([this](EngineSnapshot& made) { made.reload_time = loaded_; });
    const std::scoped_lock lock(sensor_lock_);
    sensor_ = std::move(sensor);
  }

  int report(double wall) {
    const CaptureSummary summary = source_.summary();
    const std::shared_ptr<const EngineSnapshot> last = sensor_->snapshot();
    std::uint64_t evictions = 0;
    for (const WorkerSnapshot& worker : last->workers) evictions += worker.flow_evictions;
    const ReportInput input{
        .snapshot = *last,
        .capture = capture_info(summary),
        .engine = {.workers = sensor_->workers(),
                   .wall_seconds = wall,
                   .packets_per_second = wall > 0 ? static_cast<double>(summary.packets) / wall : 0,
                   .dropped = last->dropped,
                   .flow_evictions = evictions},
        .protecting = protecting_text(options_, settings_)};
    write_report(options_, input, report_file_);
    bool failed = false;
    for (const CaptureOutcome& outcome : summary.outcomes) {
      if (!outcome.failed()) continue;
      failed = true;
      std::cerr << outcome.message << "\n";
    }
    if (failed) return kExitInput;
    const bool attacked =
        std::any_of(last->incidents.begin(), last->incidents.end(),
                    [](const auto& incident) { return incident->kind == IncidentKind::flood; });
    return options_.fail_on_attack && attacked ? kExitAttack : kExitDone;
  }

  void stay_up() const {
    if (options_.listen.empty() || interrupted()) return;
    std::cerr << "replay done; metrics stay at " << exporters_->url()
              << "/metrics until interrupted (Ctrl-C)\n";
    while (!interrupted()) std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }

  const ReplayOptions& options_;
  Settings settings_;
  std::shared_ptr<const SignatureSet> signatures_;
  CaptureSource source_;
  ReplayClock clock_;
  Nanoseconds origin_;
  Nanoseconds loaded_ = UtcClock().now();  ///< when the configuration was
  std::ofstream report_file_;
  ControlMetrics metrics_;  ///< outlives all that count
  std::unique_ptr<Exporters> exporters_;
  mutable std::mutex sensor_lock_;
  std::unique_ptr<Sensor> sensor_;
};

}  // namespace

int run_replay(const ReplayOptions& options) {
  try {
    const Settings settings = settings_of(options);
    refuse_captures_as_output(options);
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
