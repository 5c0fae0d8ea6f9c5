#include "engine/app/clock_watch.h"

#include <memory>

namespace floodgauge {
namespace {

void move(std::optional<Nanoseconds>& time, Nanoseconds shift) {
  if (time) time = *time + shift;
}

}  // namespace

std::optional<Nanoseconds> ClockWatch::check(Nanoseconds off) {
  const Nanoseconds step = off - shift_;
  if (step < kLeastStep && Nanoseconds{} - step < kLeastStep) return std::nullopt;
  shift_ = off;
  ++steps_;
  return step;
}

void shift_times(Incident& incident, Nanoseconds shift) {
  incident.start = incident.start + shift;
  incident.detected = incident.detected + shift;
  move(incident.end, shift);
  move(incident.quiet_since, shift);
  if (!incident.impact) return;
  for (ServerImpact& server : incident.impact->servers) {
    server.start = server.start + shift;
    move(server.end, shift);
    for (ConditionChange& change : server.changes) change.time = change.time + shift;
  }
}

void shift_times(EngineSnapshot& snapshot, Nanoseconds shift) {
  if (shift.count == 0) return;
  if (snapshot.now.count != 0) snapshot.now = snapshot.now + shift;
  snapshot.started = snapshot.started + shift;
  snapshot.reload_time = snapshot.reload_time + shift;
  for (Scan& scan : snapshot.scans) {
    scan.start = scan.start + shift;
    scan.end = scan.end + shift;
  }
  for (auto& incident : snapshot.incidents) {
    auto moved = std::make_shared<Incident>(*incident);
    shift_times(*moved, shift);
    incident = std::move(moved);
  }
}

void shift_times(MinuteRates& minute, Nanoseconds shift) {
  constexpr std::int64_t kMinute = 60'000'000'000;
  const std::int64_t moved = minute.start.count + shift.count;
  minute.start.count = moved - ((moved % kMinute) + kMinute) % kMinute;
}

void shift_maintenance(Settings& settings, Nanoseconds shift) {
  for (ProtectEntry& entry : settings.protect) {
    for (MaintenanceWindow& window : entry.maintenance) {
      window.from = window.from - shift;
      window.to = window.to - shift;
    }
  }
}

}  // namespace floodgauge
