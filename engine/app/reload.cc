#include "engine/app/reload.h"

#include <chrono>

namespace floodgauge {

ReloadPlan plan_reload(const Settings& running, const Settings& next) {
  ReloadPlan plan{.settings = next, .after_restart = {}};
  Settings& settings = plan.settings;
  const auto keep = [&](const char* key, auto& value, const auto& was) {
    if (value == was) return;
    plan.after_restart.emplace_back(key);
    value = was;
  };
  keep("ports", settings.ports, running.ports);
  keep("engine.workers", settings.engine.workers, running.engine.workers);
  keep("engine.window", settings.engine.window, running.engine.window);
  keep("engine.flows", settings.engine.flows, running.engine.flows);
  keep("engine.hosts", settings.engine.hosts, running.engine.hosts);
  keep("engine.seed", settings.engine.seed, running.engine.seed);
  keep("evidence.directory", settings.evidence.directory, running.evidence.directory);
  keep("evidence.packets", settings.evidence.packets, running.evidence.packets);
  keep("evidence.before", settings.evidence.before, running.evidence.before);
  keep("evidence.disk", settings.evidence.disk, running.evidence.disk);
  keep("export.listen", settings.exports.listen, running.exports.listen);
  keep("export.reload", settings.exports.reload, running.exports.reload);
  keep("export.history", settings.exports.history, running.exports.history);
  keep("export.history_minutes", settings.exports.history_minutes, running.exports.history_minutes);
  keep("export.history_hours", settings.exports.history_hours, running.exports.history_hours);
  keep("export.history_size", settings.exports.history_size, running.exports.history_size);
  keep("export.history_prefixes", settings.exports.history_prefixes,
       running.exports.history_prefixes);
  return plan;
}

std::string ReloadRequests::request() {
  std::unique_lock lock(lock_);
  const std::uint64_t own = ++requested_;
  const bool done = changed_.wait_for(lock, std::chrono::seconds(10),
                                      [&] { return closed_ || answered_ >= own; });
  if (closed_) return "floodgauge is stopping";
  return done ? answer_ : "no answer within 10 s: detection is behind; see the log";
}

void ReloadRequests::handle(const std::function<std::string()>& reload) {
  std::unique_lock lock(lock_);
  if (answered_ == requested_) return;
  const std::uint64_t up_to = requested_;
  lock.unlock();
  std::string answer = reload();
  lock.lock();
  answered_ = up_to;
  answer_ = std::move(answer);
  changed_.notify_all();
}

void ReloadRequests::close() {
  const std::scoped_lock lock(lock_);
  closed_ = true;
  changed_.notify_all();
}

}  // namespace floodgauge
