// The daemon's log on standard error: one line for each event, as text or as JSON. Where standard
// error is systemd's journal, each line begins with its priority, as sd-daemon(3) has it: "<4>".
#pragma once

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "engine/export/metrics/control_metrics.h"
#include "engine/model/incident.h"

namespace spdlog {
class logger;
}

namespace floodgauge {

class DaemonLog {
 public:
  enum class Form { text, json };
  using Fields = std::vector<std::pair<std::string, std::string>>;

  /// `metrics` counts the lines; it must outlive the log.
  DaemonLog(Form form, ControlMetrics& metrics);

  // These may be called by any thread. Text has the form `message key=value ...`; JSON has the key
  // `message` and a key for each field.
  void info(const std::string& message, const Fields& fields = {});
  void warn(const std::string& message, const Fields& fields = {});
  void error(const std::string& message, const Fields& fields = {});

  /// Logs one transition, with the incident's id and target. An incident that opens or escalates is
  /// a warning; for the journal it is an error from severity high, and critical from severity
  /// critical.
  void incident(Transition transition, const Incident& incident);

 private:
  /// Priorities of syslog(3) that the journal keeps.
  enum class Priority { critical = 2, error = 3, warning = 4, notice = 5, info = 6 };

  void write(LogLevel level, Priority priority, const std::string& message, const Fields& fields);

  /// Whether the line differs from the last one of the incident.
  bool is_news(Transition transition, const std::string& id, const Fields& fields);

  Form form_;
  bool to_journal_;
  std::map<std::string, std::string> told_;  ///< by the id of an open incident: its last line
  ControlMetrics& metrics_;
  std::shared_ptr<spdlog::logger> logger_;
};

}  // namespace floodgauge
