#include "engine/app/daemon_log.h"

#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <nlohmann/json.hpp>

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include "engine/export/report/incident_text.h"
#include "engine/export/report/time_text.h"

namespace floodgauge {
namespace {

/// The value, quoted unless it is one plain word.
std::string word(const std::string& value) {
  const bool plain = !value.empty() && value.find_first_of(" \"=\n\t") == std::string::npos;
  return plain
             ? value
             : nlohmann::json(value).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

Nanoseconds wall_time() {
  const auto since = std::chrono::system_clock::now().time_since_epoch();
  return {std::chrono::duration_cast<std::chrono::nanoseconds>(since).count()};
}

/// Whether standard error is the stream that systemd connected with the journal: JOURNAL_STREAM has
/// its device and inode (systemd.exec(5)).
bool stderr_is_journal() {
  const char* stream = std::getenv("JOURNAL_STREAM");
  struct stat own {};
  if (stream == nullptr || fstat(STDERR_FILENO, &own) != 0) return false;
  return std::to_string(own.st_dev) + ":" + std::to_string(own.st_ino) == stream;
}

}  // namespace

DaemonLog::DaemonLog(Form form, ControlMetrics& metrics)
    : form_(form),
      to_journal_(stderr_is_journal()),
      metrics_(metrics),
      logger_(std::make_shared<spdlog::logger>("floodgauge",
                                               std::make_shared<spdlog::sinks::stderr_sink_mt>())) {
  logger_->set_pattern("%v");
  logger_->flush_on(spdlog::level::trace);
}

void DaemonLog::info(const std::string& message, const Fields& fields) {
  write(LogLevel::info, Priority::info, message, fields);
}

void DaemonLog::warn(const std::string& message, const Fields& fields) {
  write(LogLevel::warning, Priority::warning, message, fields);
}

void DaemonLog::error(const std::string& message, const Fields& fields) {
  write(LogLevel::error, Priority::error, message, fields);
}

void DaemonLog::write(LogLevel level, Priority priority, const std::string& message,
                      const Fields& fields) {
  static constexpr spdlog::level::level_enum kLevels[] = {spdlog::level::info, spdlog::level::warn,
                                                          spdlog::level::err};
  const auto number = static_cast<std::size_t>(level);
  std::string line;
  if (form_ == Form::json) {
    nlohmann::ordered_json object = {
        {"time", rfc3339(wall_time())}, {"level", kLogLevelNames[number]}, {"message", message}};
    for (const auto& [key, value] : fields) object[key] = value;
    line = object.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  } else {
    line = rfc3339(wall_time()).substr(0, 23) + "Z " + kLogLevelNames[number] + " " + message;
    for (const auto& [key, value] : fields) line += " " + key + "=" + word(value);
  }
  if (to_journal_) line.insert(0, "<" + std::to_string(static_cast<int>(priority)) + ">");
  metrics_.count_log_line(level);
  logger_->log(kLevels[number], "{}", line);
}

void DaemonLog::incident(Transition transition, const Incident& incident) {
  Fields fields = {{"id", incident.id},
                   {"number", std::to_string(incident.number)},
                   {"kind", name(incident.kind)},
                   {"severity", name(incident.severity)},
                   {"target", incident.target.text()},
                   {"peak_pps", std::to_string(static_cast<std::uint64_t>(incident.peak_pps))},
                   {"peak_bps", std::to_string(static_cast<std::uint64_t>(incident.peak_bps))}};
  if (!incident.name.empty()) fields.emplace_back("name", incident.name);
  if (incident.loss_ratio > 0) {
    fields.emplace_back("loss_ratio", std::to_string(incident.loss_ratio));
  }
  if (!incident.note.empty()) fields.emplace_back("note", incident.note);
  if (!is_news(transition, incident.id, fields)) return;
  const bool alarming = transition == Transition::opened || transition == Transition::escalated;
  Priority priority = transition == Transition::closed ? Priority::notice : Priority::info;
  if (alarming) {
    priority = incident.severity >= Severity::critical ? Priority::critical
               : incident.severity == Severity::high   ? Priority::error
                                                       : Priority::warning;
  }
  write(alarming ? LogLevel::warning : LogLevel::info, priority,
        std::string("incident ") + name(transition) + ": " + what_it_is(incident), fields);
}

bool DaemonLog::is_news(Transition transition, const std::string& id, const Fields& fields) {
  if (transition == Transition::closed) {
    told_.erase(id);
    return true;
  }
  std::string text;
  for (const auto& [key, value] : fields) text += key + "=" + value + "\n";
  std::string& last = told_[id];
  const bool news = transition != Transition::updated || text != last;
  last = std::move(text);
  return news;
}

}  // namespace floodgauge
