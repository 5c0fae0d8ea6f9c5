// Metrics that the control path counts itself: HTTP requests, hook runs, events, reloads. They are
// kept in a prometheus-cpp registry. Metrics about the network are written from the snapshot
// (metrics.h) instead: they can have 500,000 series, and metrics_text.cc writes that many faster.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>

#include <prometheus/counter.h>
#include <prometheus/family.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>

#include "engine/base/units.h"
#include "engine/export/events/event_log.h"
#include "engine/export/events/hook_runner.h"
#include "engine/export/evidence/live_evidence.h"
#include "engine/export/history/history_writer.h"
#include "engine/model/incident.h"

namespace floodgauge {

enum class LogLevel : std::uint8_t { info, warning, error };
/// The names of the levels in the log and in metrics, in the order of the enumeration.
inline constexpr std::array<const char*, 3> kLogLevelNames = {"info", "warning", "error"};

/// What became of a baseline file that was due to be saved.
enum class BaselineSave : std::uint8_t {
  succeeded,
  failed,
  dropped,  ///< earlier files were still being written
};
inline constexpr std::array<const char*, 3> kBaselineSaveNames = {"succeeded", "failed", "dropped"};

/// One object for each process. Every method may be called by any thread; workers call none of
/// them. All series exist from the start with the value 0, so that increase() in a query sees the
/// first change.
class ControlMetrics {
 public:
  ControlMetrics();

  /// `path` as the client sent it, decoded; empty for a malformed request. Paths that are not
  /// served are counted together as "other", because clients choose them.
  void count_http_request(std::string_view path, int status);
  /// `seconds` to write the answer to one GET of /metrics, without sending it.
  void count_replaced_connection();
  void observe_scrape(double seconds);
  void count_event(Transition transition, EventResult result);
  void count_hook_run(HookResult result);
  void count_reload(bool succeeded);
  void count_baseline_save(BaselineSave result);
  void count_history_write(HistoryResult result);
  void count_evidence(EvidenceResult result);
  void count_log_line(LogLevel level);
  /// `delay` from an incident's first packet to the close of the window that opened it.
  void observe_detection_delay(Nanoseconds delay);

  /// Appends all series in the text exposition format 0.0.4, as prometheus-cpp writes it: families
  /// in the order of the metric table, series in the order of their labels.
  void append_text(std::string& text) const;

 private:
  using CounterFamily = prometheus::Family<prometheus::Counter>;
  template <std::size_t kValues>
  using Counters = std::array<prometheus::Counter*, kValues>;

  /// Owns every object below. It lists families in the order in which they were registered, with
  /// counters before histograms; so members are declared in the order of the metric table.
  prometheus::Registry registry_;
  CounterFamily& http_requests_;
  prometheus::Counter& http_connections_replaced_;
  std::array<Counters<kEventResultNames.size()>, 5> events_;  ///< [transition][result]
  prometheus::Counter& events_written_;
  prometheus::Counter& event_write_errors_;
  Counters<kHookResultNames.size()> hook_runs_;
  Counters<2> reloads_;  ///< failed, succeeded
  Counters<kBaselineSaveNames.size()> baseline_saves_;
  Counters<kHistoryResultNames.size()> history_writes_;
  Counters<kEvidenceResultNames.size()> evidence_;
  Counters<kLogLevelNames.size()> log_lines_;
  prometheus::Histogram& detection_delay_;
  prometheus::Histogram& scrape_duration_;
};

}  // namespace floodgauge
