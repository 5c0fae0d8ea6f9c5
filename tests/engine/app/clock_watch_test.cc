// A machine whose clock steps: nothing that leaves the program keeps the wrong time.
#include "engine/app/clock_watch.h"

#include <gtest/gtest.h>

namespace floodgauge {
namespace {

constexpr Nanoseconds kHours = whole_seconds(7200);
constexpr Nanoseconds kThen = whole_seconds(1'700'000'000);

TEST(ClockWatch, NoticesStepsInBothDirectionsOnce) {
  ClockWatch watch;
  EXPECT_FALSE(watch.check({}));
  EXPECT_FALSE(watch.check(milliseconds(99))) << "a measuring error";
  EXPECT_FALSE(watch.check(Nanoseconds{} - milliseconds(99)));
  EXPECT_EQ(watch.check(kHours), kHours);
  EXPECT_FALSE(watch.check(kHours + milliseconds(50))) << "it is known";
  EXPECT_EQ(watch.shift(), kHours);
  EXPECT_EQ(watch.check(Nanoseconds{} - kHours), Nanoseconds{} - kHours - kHours);
  EXPECT_EQ(watch.check({}), kHours) << "and back";
  EXPECT_EQ(watch.steps(), 3u);
  EXPECT_TRUE(watch.check(milliseconds(100)));
}

TEST(ClockWatch, MovesEachTimeOfASnapshot) {
  EngineSnapshot snapshot;
  snapshot.now = snapshot.started = snapshot.reload_time = kThen;
  Incident incident;
  incident.start = incident.detected = kThen;
  incident.end = incident.quiet_since = kThen;
  incident.impact.emplace();
  ServerImpact failing;
  failing.start = kThen;
  failing.end = kThen;
  failing.changes.emplace_back();
  failing.changes[0].time = kThen;
  incident.impact->servers.push_back(failing);
  snapshot.incidents = {std::make_shared<const Incident>(incident)};
  snapshot.scans.emplace_back();
  snapshot.scans[0].start = snapshot.scans[0].end = kThen;
  const auto before = snapshot.incidents[0];
  shift_times(snapshot, Nanoseconds{} - kHours);
  const Nanoseconds moved = kThen - kHours;
  const Incident& shown = *snapshot.incidents[0];
  const ServerImpact& server = shown.impact->servers[0];
  for (const Nanoseconds time :
       {snapshot.now, snapshot.started, snapshot.reload_time, shown.start, shown.detected,
        *shown.end, *shown.quiet_since, server.start, *server.end, server.changes[0].time,
        snapshot.scans[0].start, snapshot.scans[0].end}) {
    EXPECT_EQ(time, moved);
  }
  EXPECT_EQ(before->start, kThen) << "the book's own incident stays";
  EngineSnapshot early;
  early.started = kThen;
  shift_times(early, kHours);
  EXPECT_EQ(early.now, Nanoseconds{}) << "no window was merged yet";
}

TEST(ClockWatch, AMinuteStaysAWholeMinute) {
  for (const Nanoseconds shift : {kHours, milliseconds(59'999), Nanoseconds{} - milliseconds(1)}) {
    MinuteRates minute;
    minute.start = whole_seconds(60 * 1'000'000);
    shift_times(minute, shift);
    EXPECT_EQ(minute.start.count % 60'000'000'000, 0);
    const Nanoseconds off = whole_seconds(60 * 1'000'000) + shift - minute.start;
    EXPECT_GE(off.count, 0);
    EXPECT_LT(off, whole_seconds(60));
  }
}

TEST(ClockWatch, MaintenanceIsMeantInTheMachinesTime) {
  Settings settings;
  settings.protect = {{.name = "net", .prefixes = {}, .maintenance = {{kThen, kThen + kHours}}}};
  shift_maintenance(settings, kHours);
  EXPECT_EQ(settings.protect[0].maintenance[0].from, kThen - kHours);
  EXPECT_EQ(settings.protect[0].maintenance[0].to, kThen);
}

}  // namespace
}  // namespace floodgauge
