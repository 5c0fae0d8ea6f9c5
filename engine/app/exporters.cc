#include "engine/app/exporters.h"

#include <algorithm>
#include <type_traits>

#include "engine/app/build_info.h"
#include "engine/export/events/repeated_warning.h"
#include "engine/export/http/web_api.h"
#include "engine/export/http/web_config.h"

namespace floodgauge {
namespace {

/// Different in each process: the time of its start.
std::string new_run_name() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return std::to_string(std::chrono::duration_cast<std::chrono::microseconds>(now).count());
}

/// How long a replaced event log or hook may take for what it was given before.
constexpr std::chrono::seconds kLastWords{5};

WebConfig web_of(const ExporterOptions& options) {
  return options.web_config.empty() ? WebConfig{} : load_web_config(options.web_config);
}

SiteRules site_rules(const ExporterOptions& options, const WebConfig& web) {
  return {.names = options.host_names,
          .reading_needs_a_name = is_loopback(options.listen) && web.users.empty()};
}

}  // namespace

ExporterOptions options_of(const ExportSettings& exports) {
  return {.events = exports.events,
          .hook = exports.hook,
          .listen = exports.listen,
          .web_config = exports.web_config,
          .top_hosts = exports.top_hosts,
          .history = exports.history,
          .history_limits = {.minutes = exports.history_minutes,
                             .hours = exports.history_hours,
                             .bytes = exports.history_size},
          .wait_for_events = false,
          .host_names = exports.host_names,
          .reload = {},
          .warn = {}};
}

Exporters::Exporters(const ExporterOptions& options, SnapshotSource latest, ControlMetrics& metrics)
    : metrics_(metrics),
      announcements_([this](Nanoseconds time, Transition transition, const Incident& incident) {
        announce(time, transition, incident);
      }) {
  events_ = make_events(options);
  hook_ = make_hook(options);
  events_path_ = options.events;
  hook_program_ = options.hook;
  if (!options.history.empty()) {
    history_ = std::make_unique<HistoryWriter>(HistoryWriter::Options{
        .path = options.history,
        .limits = options.history_limits,
        .what = options.what,
        .wait = options.wait_for_events,
        .report = options.warn,
        .count = [&metrics](HistoryResult result) { metrics.count_history_write(result); }});
  }
  if (!options.listen.empty()) serve(options, std::move(latest));
}

std::unique_ptr<EventLog> Exporters::make_events(const ExporterOptions& options) const {
  if (options.events.empty()) return nullptr;
  return std::make_unique<EventLog>(
      EventLog::Options{.path = options.events,
                        .when_behind = options.wait_for_events ? EventLog::WhenBehind::wait
                                                               : EventLog::WhenBehind::drop,
                        .report = options.warn,
                        .count = [&metrics = metrics_](Transition transition, EventResult result) {
                          metrics.count_event(transition, result);
                        }});
}

std::unique_ptr<HookRunner> Exporters::make_hook(const ExporterOptions& options) const {
  if (options.hook.empty()) return nullptr;
  return std::make_unique<HookRunner>(HookRunner::Options{
      .program = options.hook,
      .report = options.warn,
      .count = [&metrics = metrics_](HookResult result) { metrics.count_hook_run(result); }});
}

void Exporters::serve(const ExporterOptions& options, SnapshotSource latest) {
  stream_ = std::make_shared<EventRing>(new_run_name());
  board_ = std::make_shared<AnnouncedBoard>(options.note);
  const auto live = std::make_shared<LiveFigures>();
  HttpServer::Options server;
  server.tick = [latest, live, board = board_] {
    if (const auto snapshot = latest()) live->tick(*snapshot);
    board->tick();
  };
  server.listen = options.listen;
  server.open_paths = {WebApi::kHealthy, WebApi::kReady};
  server.web = web_of(options);
  server.count = [&metrics = metrics_](std::string_view path, int status) {
    metrics.count_http_request(path, status);
  };
  server.replaced = [&metrics = metrics_,
                     warning = std::make_shared<RepeatedWarning>(options.warn)] {
    metrics.count_replaced_connection();
    warning->warn("HTTP: too many connections are open; the oldest was closed for a new one");
  };
  server.lane = [with_history = !options.history.empty()](const HttpRequest& request) {
    return WebApi::lane(request, with_history);
  };
  server.bodies = {{WebApi::kAnnounced, kMostTellingBytes}};
  site_->set(site_rules(options, server.web));
  WebApi api(
      {.latest = [latest = std::move(latest), board = board_] { return board->over(latest()); },
       .metrics = {.build = build_info(), .incident_cap = options.top_hosts},
       .reload = options.reload,
       .explain = options.explain,
       .history = options.history,
       .evidence = options.evidence,
       .events = stream_,
       .live = live,
       .board = board_,
       .site = site_},
      metrics_);
  server_ = std::make_unique<HttpServer>(std::move(server), std::move(api));
}

/// Lets an event log or a hook that is replaced end its work, without waiting for it here.
template <typename Sink>
void Exporters::retire(std::unique_ptr<Sink> sink) {
  std::erase_if(retired_, [](const std::future<void>& one) {
    return one.wait_for(std::chrono::seconds(0)) == std::future_status::ready;
  });
  if (sink == nullptr) return;
  retired_.push_back(std::async(std::launch::async, [old = std::move(sink)]() mutable {
    if constexpr (std::is_same_v<Sink, EventLog>) {
      old->flush_for(kLastWords);
    } else {
      old->drain_for(kLastWords);
    }
    old.reset();
  }));
}

std::function<void()> Exporters::prepare_reload(const ExporterOptions& options) {
  struct Next {
    ExporterOptions options;
    bool other_events;
    bool other_hook;
    std::unique_ptr<EventLog> events;
    std::unique_ptr<HookRunner> hook;
    WebConfig web;
    std::function<void()> serve;
  };
  const auto next = std::make_shared<Next>(Next{.options = options,
                                                .other_events = options.events != events_path_,
                                                .other_hook = options.hook != hook_program_,
                                                .events = nullptr,
                                                .hook = nullptr,
                                                .web = web_of(options),
                                                .serve = {}});
  if (next->other_events) next->events = make_events(options);
  if (next->other_hook) next->hook = make_hook(options);
  if (server_ != nullptr) next->serve = server_->prepare_reload(next->web);
  return [this, next] {
    if (next->serve) next->serve();
    site_->set(site_rules(next->options, next->web));
    {
      const std::scoped_lock lock(sinks_lock_);
      if (next->other_events) events_.swap(next->events);
      if (next->other_hook) hook_.swap(next->hook);
    }
    events_path_ = next->options.events;
    hook_program_ = next->options.hook;
    retire(std::move(next->events));
    retire(std::move(next->hook));
  };
}

std::uint64_t Exporters::lost_events() const {
  const std::scoped_lock lock(sinks_lock_);
  return events_ == nullptr ? 0 : events_->lost();
}

void Exporters::incident(Nanoseconds time, Transition transition, const Incident& incident) {
  // Impacts are judged over a second and more, so their delay tells nothing of the detection.
  if (transition == Transition::opened && incident.kind == IncidentKind::flood) {
    metrics_.observe_detection_delay(incident.detected - incident.start);
  }
  const auto copy = std::make_shared<Incident>(incident);
  if (board_ != nullptr) board_->add_to(*copy);
  if (history_ == nullptr) {
    announce(time, transition, *copy);
    return;
  }
  const std::uint64_t number = announcements_.add(time, transition, copy);
  // What the history cannot take is announced when its time is over.
  history_->put({time, copy}, [this, number] { announcements_.stored(number); });
}

void Exporters::announce(Nanoseconds time, Transition transition, const Incident& incident) {
  const std::scoped_lock lock(sinks_lock_);
  if (events_ != nullptr) events_->append(time, transition, incident);
  // Maintenance alarms nobody.
  if (hook_ != nullptr && !incident.maintenance) hook_->run(time, transition, incident);
  if (stream_ != nullptr) stream_->append(time, transition, incident);
}

void Exporters::amend(const Incident& incident) {
  if (history_ == nullptr) return;
  const auto copy = std::make_shared<Incident>(incident);
  if (board_ != nullptr) board_->add_to(*copy);
  history_->put({incident.end.value_or(incident.detected), copy}, [] {});
}

void Exporters::minute(MinuteRates rates) {
  if (history_ != nullptr) history_->put(std::move(rates));
}

std::uint32_t Exporters::last_number() const {
  return history_ == nullptr ? 0 : history_->last_number();
}

void Exporters::drain() {
  if (history_ != nullptr) history_->flush();
  announcements_.tell_all();
  if (events_ != nullptr) events_->flush();
  if (hook_ != nullptr) hook_->drain();
}

std::vector<std::string> Exporters::drain_for(std::chrono::milliseconds patience) {
  using Clock = std::chrono::steady_clock;
  const Clock::time_point deadline = Clock::now() + patience;
  const auto left = [&] {
    const auto rest =
        std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now());
    return std::max(rest, std::chrono::milliseconds(0));
  };
  std::vector<std::string> late;
  if (history_ != nullptr && !history_->flush_for(left())) {
    late.push_back("history: the disk does not answer, so the last incidents may be missing");
  }
  announcements_.tell_all();
  if (events_ != nullptr && !events_->flush_for(left())) {
    late.push_back("events: the reader of the file does not read, so the last events are lost");
  }
  if (hook_ != nullptr && !hook_->drain_for(left())) {
    late.push_back("hook: it did not end within 5 s and was stopped");
  }
  return late;
}

void Exporters::reopen() {
  if (events_ != nullptr) events_->reopen();
}

std::string Exporters::url() const {
  return server_ == nullptr ? "" : server_->url();
}

}  // namespace floodgauge
