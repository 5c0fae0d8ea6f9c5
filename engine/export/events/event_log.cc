#include "engine/export/events/event_log.h"

#include <cstring>
#include <stdexcept>

#include "engine/export/report/incident_json.h"

namespace floodgauge {
namespace {

constexpr std::size_t kQueued = 4096;

std::string error_text(const std::string& path, int error) {
  return "cannot write events to " + path + ": " + std::strerror(error);
}

}  // namespace

EventLog::EventLog(Options options)
    : path_(options.path),
      when_behind_(options.when_behind),
      file_(options.path),
      warning_(options.report, options.clock),
      dropped_warning_(std::move(options.report), std::move(options.clock)),
      count_(std::move(options.count)),
      queue_(kQueued, [this](Job& job) { work(job); }) {
  const int error = file_.open();
  if (error != 0) throw std::runtime_error(error_text(path_, error));
}

EventLog::~EventLog() {
  if (when_behind_ == WhenBehind::wait) flush();
}

void EventLog::append(Nanoseconds time, Transition transition, const Incident& incident) {
  put({false, transition, json_text(event_json(time, transition, incident))});
}

void EventLog::reopen() {
  put({.reopen = true, .line = ""});
}

void EventLog::put(Job job) {
  if (when_behind_ == WhenBehind::wait) {
    queue_.put(std::move(job));
    return;
  }
  const bool is_event = !job.reopen;
  const Transition transition = job.transition;
  if (queue_.offer(std::move(job)) || !is_event) return;
  count(transition, EventResult::dropped);
  const std::scoped_lock lock(dropped_lock_);
  dropped_warning_.warn(path_ + ": an event is missing: the disk or the reader does not keep up");
}

void EventLog::flush() {
  queue_.drain();
}

bool EventLog::flush_for(std::chrono::milliseconds patience) {
  return queue_.drain_for(patience);
}

void EventLog::count(Transition transition, EventResult result) {
  if (result != EventResult::written) lost_.fetch_add(1, std::memory_order_relaxed);
  if (count_) count_(transition, result);
}

void EventLog::work(const Job& job) {
  if (job.reopen) file_.close();
  int error = file_.open();
  if (error == 0 && !job.reopen) {
    error = file_.append(job.line);
  }
  // A file that could not be reopened here is opened, or counted as failed, with the next event.
  if (!job.reopen) count(job.transition, error == 0 ? EventResult::written : EventResult::failed);
  if (error != 0) warning_.warn(error_text(path_, error));
}

}  // namespace floodgauge
