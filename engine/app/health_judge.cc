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
std::string complaint(const Vitals& vitals, const Heartbeat& heartbeat, std::int64_t now,
                      const std::string& who, const std::string& work) {
  switch (heartbeat.state()) {
    case Heartbeat::State::not_started:
      return who + " has not started";
    case Heartbeat::State::ended:
      return vitals.may_end ? "" : who + " has ended";
    case Heartbeat::State::asleep:
      return "";
    case Heartbeat::State::beating:
      break;
  }
  const Nanoseconds since{static_cast<std::int64_t>(static_cast<double>(heartbeat.since(now)) *
                                                    1e9 / vitals.ticks_per_second)};
  return since <= Vitals::kPatience ? "" : who + " has not " + work + " for " + seconds_text(since);
}

/// Why the sensor is not healthy; empty when it is.
std::string illness(const Vitals& vitals, std::int64_t now) {
  if (!vitals.ports_started) return "starting: ports are not started yet";
  for (std::size_t w = 0; w < vitals.workers.size(); ++w) {
    std::string wrong = complaint(vitals, *vitals.workers[w], now, "worker " + std::to_string(w),
                                  "polled its queues");
    if (!wrong.empty()) return wrong;
  }
  std::string wrong =
      complaint(vitals, *vitals.merge, now, "the merging thread", "looked for windows");
  if (!wrong.empty()) return wrong;
  if (vitals.lag > vitals.window + Vitals::kPatience) {
    return "no window was merged for " + seconds_text(vitals.lag);
  }
  return "";
}

}  // namespace

Health judge(const Vitals& vitals, std::int64_t now) {
  Health health;
  health.reason = illness(vitals, now);
  health.healthy = health.reason.empty();
  health.ready = vitals.ports_started && vitals.any_merged;
  if (health.healthy && !health.ready) health.reason = "starting: no window was merged yet";
  return health;
}

}  // namespace floodgauge
