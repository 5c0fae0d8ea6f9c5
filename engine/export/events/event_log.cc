#include "engine/export/events/event_log.h"

#include <cstring>
#include <stdexcept>

#include "engine/export/report/incident_json.h"

namespace floodgauge {
namespace {

constexpr std::size_t kQueued = 4096;

std::string complaint(const std::string& path, int error) {
  return "cannot write events to " + path + ": " + std::strerror(error);
}

}  // namespace

EventLog::EventLog(Options options)
    : path_(options.path),
      when_behind_(options.when_behind),
      file_(options.path),
      warning_(std::move(options.report), std::move(options.clock)),
      queue_(kQueued, [this](Job& job) { work(job); }) {
  const int error = file_.open();
  if (error != 0) throw std::runtime_error(complaint(path_, error));
}

EventLog::~EventLog() {
  flush();
}

void EventLog::append(Nanoseconds time, Transition transition, const Incident& incident) {
  put({false, json_text(event_json(time, transition, incident))});
}

void EventLog::reopen() {
  put({true, ""});
}

void EventLog::put(Job job) {
  if (when_behind_ == WhenBehind::wait) {
    queue_.put(std::move(job));
  } else {
    queue_.offer(std::move(job));
  }
}

void EventLog::flush() {
  queue_.drain();
}

std::uint64_t EventLog::errors() const {
  return failed_.load(std::memory_order_relaxed) + queue_.dropped();
}

void EventLog::work(const Job& job) {
  if (job.reopen) file_.close();
  int error = file_.open();
  if (error == 0 && !job.reopen) {
    error = file_.append(job.line);
    if (error == 0) written_.fetch_add(1, std::memory_order_relaxed);
  }
  if (error == 0) return;
  // What cannot be opened again here is tried anew, and counted, with the next event.
  if (!job.reopen) failed_.fetch_add(1, std::memory_order_relaxed);
  warning_.warn(complaint(path_, error));
}

}  // namespace floodgauge
