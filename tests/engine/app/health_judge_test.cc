#include "engine/app/health_judge.h"

#include <gtest/gtest.h>

namespace floodgauge {
namespace {

constexpr Nanoseconds kNow = whole_seconds(1000);

class HealthJudge : public ::testing::Test {
 protected:
  HealthJudge() {
    for (Heartbeat* heartbeat : {&first_, &second_, &merge_}) heartbeat->beat(kNow.count);
    vitals_ = {.ports_started = true,
               .workers = {&first_, &second_},
               .merge = &merge_,
               .any_merged = true,
               .lag = milliseconds(150)};
  }
  void expect_ill(const std::string& reason, Nanoseconds now = kNow) const {
    const Health health = judge(vitals_, now.count);
    EXPECT_FALSE(health.healthy);
    EXPECT_EQ(health.reason, reason);
  }

  Heartbeat first_, second_, merge_;
  Vitals vitals_;
};

TEST_F(HealthJudge, ASensorWhoseThreadsBeatIsHealthyAndReady) {
  const Health health = judge(vitals_, kNow.count);
  EXPECT_TRUE(health.healthy);
  EXPECT_TRUE(health.ready);
  EXPECT_EQ(health.reason, "");
}

TEST_F(HealthJudge, AWorkerThatStandsStillIsNamed) {
  const Nanoseconds later = kNow + Vitals::kPatience + milliseconds(1);
  first_.beat(later.count);
  merge_.beat(later.count);
  expect_ill("worker 1 has not polled its queues for 1.5 s", later);
}

TEST_F(HealthJudge, AWorkerIsIllWithinTwoSeconds) {
  EXPECT_FALSE(judge(vitals_, (kNow + whole_seconds(2)).count).healthy);
  EXPECT_TRUE(judge(vitals_, (kNow + Vitals::kPatience).count).healthy);
}

TEST_F(HealthJudge, AWorkerThatSleepsUntilAnInterruptIsNotIll) {
  const Nanoseconds later = kNow + whole_seconds(60);
  first_.sleep();
  second_.beat(later.count);
  merge_.beat(later.count);
  EXPECT_TRUE(judge(vitals_, later.count).healthy);
  first_.beat(later.count);
  expect_ill("worker 0 has not polled its queues for 3.0 s", later + whole_seconds(3));
}

TEST_F(HealthJudge, AWorkerThatEndsIsIllUnlessTheSensorStops) {
  second_.end();
  expect_ill("worker 1 has ended");
  vitals_.may_end = true;
  EXPECT_TRUE(judge(vitals_, kNow.count).healthy);
}

TEST_F(HealthJudge, AMergingThreadThatStandsStillIsNamed) {
  const Nanoseconds later = kNow + whole_seconds(2);
  first_.beat(later.count);
  second_.beat(later.count);
  expect_ill("the merging thread has not looked for windows for 2.0 s", later);
}

TEST_F(HealthJudge, WindowsThatAreNotMergedAreAnIllness) {
  vitals_.lag = vitals_.window + Vitals::kPatience;
  EXPECT_TRUE(judge(vitals_, kNow.count).healthy);
  vitals_.lag = vitals_.lag + milliseconds(1);
  expect_ill("no window was merged for 1.6 s");
}

TEST_F(HealthJudge, PortsThatDoNotStartAreNeitherHealthyNorReady) {
  vitals_.ports_started = false;
  vitals_.any_merged = false;
  expect_ill("starting: ports are not started yet");
  EXPECT_FALSE(judge(vitals_, kNow.count).ready);
}

TEST_F(HealthJudge, AWorkerThatNeverStartedIsIll) {
  Heartbeat never;
  vitals_.workers.push_back(&never);
  expect_ill("worker 2 has not started");
}

TEST_F(HealthJudge, BeforeTheFirstWindowItIsHealthyButNotReady) {
  vitals_.any_merged = false;
  const Health health = judge(vitals_, kNow.count);
  EXPECT_TRUE(health.healthy);
  EXPECT_FALSE(health.ready);
  EXPECT_EQ(health.reason, "starting: no window was merged yet");
}

}  // namespace
}  // namespace floodgauge
