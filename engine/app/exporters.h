// Exports incidents and metrics while the engine runs: event log, hook, HTTP. Replay and daemon use
// the same.
#pragma once

#include <chrono>
#include <functional>
#include <future>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "config/settings.h"
#include "detectors/explainer.h"
#include "engine/app/announcements.h"
#include "engine/export/events/event_log.h"
#include "engine/export/events/event_ring.h"
#include "engine/export/events/hook_runner.h"
#include "engine/export/history/history_writer.h"
#include "engine/export/http/announced_board.h"
#include "engine/export/http/http_server.h"
#include "engine/export/http/same_site.h"
#include "engine/export/metrics/control_metrics.h"
#include "engine/export/metrics/metrics.h"

namespace floodgauge {

struct ExporterOptions {
  std::string events;  ///< path; empty: none
  std::string hook;    ///< program; empty: none
  std::string listen;  ///< ADDRESS:PORT; empty: no server
  std::string web_config;
  std::size_t top_hosts = 100;
  std::string history;  ///< path; empty: none
  HistoryLimits history_limits;
  std::string evidence = {};     ///< folder of the captures of incidents; empty: none
  std::string what = "run";      ///< the run, for the history
  bool wait_for_events = false;  ///< replay: waits for a slow disk, so that no event is lost
  std::vector<std::string> host_names = {};  ///< names of the sensor in HTTP
  std::function<std::string()> reload;       ///< empty when reloading over HTTP is off
  /// Why a target is, or is not, called a flood.
  std::function<ExplainAnswer(const std::string& target)> explain = {};
  std::function<void(const std::string&)> warn;
  std::function<void(const std::string&)> note = {};  ///< what an announcer or a person has done
};

/// What a daemon exports by its configuration; warn and reload are left to the caller.
ExporterOptions options_of(const ExportSettings& exports);

class Exporters {
 public:
  /// `metrics` must outlive the exporters. Throws ListenError, WebConfigError or std::runtime_error
  /// with a line for the user.
  Exporters(const ExporterOptions& options, SnapshotSource latest, ControlMetrics& metrics);

  /// Takes what a reload may change: the event log, the hook, the web configuration (read again,
  /// with its certificates, also where nothing else has changed) and the names of the sensor.
  /// Throws WebConfigError, TlsError or std::runtime_error. Nothing changes before the returned
  /// function is called, which cannot fail. For the thread that calls incident().
  std::function<void()> prepare_reload(const ExporterOptions& options);

  void incident(Nanoseconds time, Transition transition, const Incident& incident);
  /// Stores what has become known of a closed incident since it was announced, which nobody is
  /// told.
  void amend(const Incident& incident);
  /// Stores a minute in the history.
  void minute(MinuteRates rates);
  bool keeps_history() const { return history_ != nullptr; }
  /// The highest number of an incident in the history; 0 without a history.
  std::uint32_t last_number() const;
  /// Announces what a slow disk has held back for too long. To be called several times a second.
  void attend() { announcements_.tell_overdue(); }
  /// Waits until all events are written and all hooks have run.
  void drain();
  /// The same, but waits no longer than `patience` in all. Returns what is left, one line each.
  std::vector<std::string> drain_for(std::chrono::milliseconds patience);
  /// Events that could not be written.
  std::uint64_t lost_events() const;
  /// Opens the event log again, after log rotation.
  void reopen();
  /// The address of the HTTP server; empty without a server.
  std::string url() const;

 private:
  std::unique_ptr<EventLog> make_events(const ExporterOptions& options) const;
  std::unique_ptr<HookRunner> make_hook(const ExporterOptions& options) const;
  void serve(const ExporterOptions& options, SnapshotSource latest);
  template <typename Sink>
  void retire(std::unique_ptr<Sink> sink);
  void announce(Nanoseconds time, Transition transition, const Incident& incident);

  ControlMetrics& metrics_;
  mutable std::mutex sinks_lock_;  ///< of the next two, which a reload replaces
  std::unique_ptr<EventLog> events_;
  std::unique_ptr<HookRunner> hook_;
  std::string events_path_;
  std::string hook_program_;
  std::vector<std::future<void>> retired_;  ///< replaced event logs and hooks, which still work
  std::shared_ptr<LiveSiteRules> site_ = std::make_shared<LiveSiteRules>();
  std::shared_ptr<EventRing> stream_;      ///< null without a server
  std::shared_ptr<AnnouncedBoard> board_;  ///< the same
  Announcements announcements_;
  std::unique_ptr<HistoryWriter> history_;  ///< its thread uses the members above
  std::unique_ptr<HttpServer> server_;
};

}  // namespace floodgauge
