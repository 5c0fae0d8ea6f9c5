// The daemon's log on standard error: one line for each event, as text or as JSON.
#pragma once

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

  /// Logs one transition, with the incident's id and target.
  void incident(Transition transition, const Incident& incident);

 private:
  void write(LogLevel level, const std::string& message, const Fields& fields);

  Form form_;
  ControlMetrics& metrics_;
  std::shared_ptr<spdlog::logger> logger_;
};

}  // namespace floodgauge
