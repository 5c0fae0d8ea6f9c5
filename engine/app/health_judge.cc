#include "engine/app/health_judge.h"

#include <cstdio>
#include <string>

namespace floodgauge {
namespace {

std::string seconds_text(Nanoseconds span) {
  char text[32];
  std::snprintf(text, sizeof(text), "%.1f s", span.seconds());
  return text;
}

/// What is wrong with one thread; empty when nothing is.
std::string complaint(const Heartbeat& heartbeat, bool stopping, Nanoseconds now,
                      const std::string& who, const std::string& work) {
  switch (heartbeat.state()) {
    case Heartbeat::State::not_started:
      return who + " has not started";
    case Heartbeat::State::ended:
      return stopping ? "" : who + " has ended";
    case Heartbeat::State::asleep:
      return "";
    case Heartbeat::State::beating:
      break;
  }
  const Nanoseconds since = heartbeat.since(now);
  return since <= Vitals::kPatience ? "" : who + " has not " + work + " for " + seconds_text(since);
}

/// Why the sensor is not healthy; empty when it is.
std::string illness(const Vitals& vitals, Nanoseconds now) {
  if (!vitals.ports_started) return "starting: ports are not started yet";
  for (std::size_t w = 0; w < vitals.workers.size(); ++w) {
    const std::string wrong = complaint(*vitals.workers[w], vitals.stopping, now,
                                        "worker " + std::to_string(w), "polled its queues");
    if (!wrong.empty()) return wrong;
  }
  const std::string wrong =
      complaint(*vitals.merge, vitals.stopping, now, "the merging thread", "looked for windows");
  if (!wrong.empty()) return wrong;
  if (vitals.lag > vitals.window + Vitals::kPatience) {
    return "no window was merged for " + seconds_text(vitals.lag);
  }
  return "";
}

}  // namespace

Health judge(const Vitals& vitals, Nanoseconds now) {
  Health health;
  health.reason = illness(vitals, now);
  health.healthy = health.reason.empty();
  health.ready = vitals.ports_started && vitals.any_merged;
  if (health.healthy && !health.ready) health.reason = "starting: no window was merged yet";
  return health;
}

}  // namespace floodgauge
