#include "engine/app/exporters.h"

#include "engine/app/build_info.h"
#include "engine/export/http/web_api.h"
#include "engine/export/http/web_config.h"

namespace floodgauge {

Exporters::Exporters(const OutletOptions& options, SnapshotSource latest) {
  if (!options.events.empty()) {
    events_ = std::make_unique<EventLog>(
        EventLog::Options{.path = options.events,
                          .when_behind = options.wait_for_events ? EventLog::WhenBehind::wait
                                                                 : EventLog::WhenBehind::drop,
                          .report = options.warn});
  }
  if (!options.hook.empty()) {
    hook_ = std::make_unique<HookRunner>(
        HookRunner::Options{.program = options.hook, .report = options.warn});
  }
  if (options.listen.empty()) return;
  HttpServer::Options server;
  server.listen = options.listen;
  if (!options.web_config.empty()) server.web = load_web_config(options.web_config);
  WebApi api({.latest = std::move(latest),
              .metrics = {.build = build_info(),
                          .incident_cap = options.top_hosts,
                          .counters = [this] { return counters(); }},
              .reload = options.reload});
  server_ = std::make_unique<HttpServer>(std::move(server), std::move(api));
}

void Exporters::incident(Nanoseconds time, Transition transition, const Incident& incident) {
  if (events_ != nullptr) events_->append(time, transition, incident);
  if (hook_ != nullptr) hook_->run(time, transition, incident);
}

void Exporters::drain() {
  if (events_ != nullptr) events_->flush();
  if (hook_ != nullptr) hook_->drain();
}

bool Exporters::drain_for(std::chrono::milliseconds patience) {
  if (events_ != nullptr) events_->flush();
  return hook_ == nullptr || hook_->drain_for(patience);
}

void Exporters::reopen() {
  if (events_ != nullptr) events_->reopen();
}

std::string Exporters::url() const {
  return server_ == nullptr ? "" : server_->url();
}

ExportCounters Exporters::counters() const {
  ExportCounters sum;
  if (events_ != nullptr) {
    sum.events_written = events_->written();
    sum.event_write_errors = events_->errors();
  }
  if (hook_ != nullptr) sum.hook = hook_->results();
  return sum;
}

}  // namespace floodgauge
