// Where incidents and metrics go while the engine runs: event log, hook, HTTP. The same for replay
// and for live ports.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>

#include "config/settings.h"
#include "engine/export/events/event_log.h"
#include "engine/export/events/hook_runner.h"
#include "engine/export/http/http_server.h"
#include "engine/export/metrics/control_metrics.h"
#include "engine/export/metrics/metrics.h"

namespace floodgauge {

struct OutletOptions {
  std::string events;  ///< path; empty: none
  std::string hook;    ///< program; empty: none
  std::string listen;  ///< ADDRESS:PORT; empty: no server
  std::string web_config;
  std::size_t top_hosts = 100;
  bool wait_for_events = false;         ///< replay: every event is written, however long it takes
  std::function<std::string()> reload;  ///< empty when reloading by HTTP is off
  std::function<void(const std::string&)> warn;
};

class Exporters {
 public:
  /// `metrics` must outlive the exporters. Throws ListenError, WebConfigError or std::runtime_error
  /// with a line for the user.
  Exporters(const OutletOptions& options, SnapshotSource latest, ControlMetrics& metrics);

  void incident(Nanoseconds time, Transition transition, const Incident& incident);
  /// All events written, all hooks run.
  void drain();
  /// The same, but hooks have no longer than `patience`; false when some are given up.
  bool drain_for(std::chrono::milliseconds patience);
  /// Log files were rotated.
  void reopen();
  /// Where metrics are, empty without a server.
  std::string url() const;

 private:
  ControlMetrics& metrics_;
  std::unique_ptr<EventLog> events_;
  std::unique_ptr<HookRunner> hook_;
  std::unique_ptr<HttpServer> server_;
};

}  // namespace floodgauge
