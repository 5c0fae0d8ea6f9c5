#include "engine/app/exporters.h"

#include <algorithm>

#include "engine/app/build_info.h"
#include "engine/export/http/web_api.h"
#include "engine/export/http/web_config.h"

namespace floodgauge {
namespace {

/// Different in each process: the time of its start.
std::string new_run_name() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return std::to_string(std::chrono::duration_cast<std::chrono::microseconds>(now).count());
}

}  // namespace

Exporters::Exporters(const ExporterOptions& options, SnapshotSource latest, ControlMetrics& metrics)
    : metrics_(metrics),
      announcements_([this](Nanoseconds time, Transition transition, const Incident& incident) {
        announce(time, transition, incident);
      }) {
  if (!options.events.empty()) {
    events_ = std::make_unique<EventLog>(
        EventLog::Options{.path = options.events,
                          .when_behind = options.wait_for_events ? EventLog::WhenBehind::wait
                                                                 : EventLog::WhenBehind::drop,
                          .report = options.warn,
                          .count = [&metrics](Transition transition, EventResult result) {
                            metrics.count_event(transition, result);
                          }});
  }
  if (!options.hook.empty()) {
    hook_ = std::make_unique<HookRunner>(HookRunner::Options{
        .program = options.hook, .report = options.warn, .count = [&metrics](HookResult result) {
          metrics.count_hook_run(result);
        }});
  }
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
  server.bodies = {{WebApi::kAnnounced, kMostTellingBytes}};
  if (!options.web_config.empty()) server.web = load_web_config(options.web_config);
  server.count = [this](std::string_view path, int status) {
    metrics_.count_http_request(path, status);
  };
  SiteRules site{.names = options.host_names,
                 .reading_needs_a_name = is_loopback(options.listen) && server.web.users.empty()};
  WebApi api(
      {.latest = [latest = std::move(latest), board = board_] { return board->over(latest()); },
       .metrics = {.build = build_info(), .incident_cap = options.top_hosts},
       .reload = options.reload,
       .explain = options.explain,
       .history = options.history,
       .events = stream_,
       .live = live,
       .board = board_,
       .site = std::move(site)},
      metrics_);
  server_ = std::make_unique<HttpServer>(std::move(server), std::move(api));
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
  if (events_ != nullptr) events_->append(time, transition, incident);
  // Maintenance alarms nobody.
  if (hook_ != nullptr && !incident.maintenance) hook_->run(time, transition, incident);
  if (stream_ != nullptr) stream_->append(time, transition, incident);
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
