#include "engine/worker/shedding.h"

#include <gtest/gtest.h>

namespace floodgauge {
namespace {

/// Polls at regular intervals, and returns the level after them.
class Load {
 public:
  /// `full`: how many of each hundred bursts are full.
  Shed run(unsigned full, Nanoseconds time, Nanoseconds between = {100'000}) {
    for (const Nanoseconds end = now_ + time; now_ < end; now_ = now_ + between) {
      control_.saw(poll_++ % 100 < full, now_);
    }
    return control_.level();
  }
  /// Only full bursts until the level rises, at any position in a period.
  Shed run_until_raised() {
    const Shed before = control_.level();
    for (int i = 0; i < 30 && control_.level() == before; ++i) run(100, milliseconds(1));
    return control_.level();
  }

 private:
  SheddingControl control_;
  Nanoseconds now_ = whole_seconds(1'700'000'000);
  unsigned poll_ = 0;
};

constexpr Nanoseconds kPeriod = SheddingControl::kPeriod;
constexpr Nanoseconds kCalm = SheddingControl::kCalm;

TEST(Shedding, AWorkerThatKeepsUpShedsNothing) {
  Load load;
  EXPECT_EQ(load.run(90, whole_seconds(10)), Shed::nothing);
}

TEST(Shedding, RaisesTheLevelStepByStepWhileTheWorkerIsBehind) {
  Load load;
  load.run(0, kPeriod * 2);
  Shed before = Shed::nothing;
  for (const Shed step : {Shed::payload, Shed::detail, Shed::sketch}) {
    Shed level = before;
    for (int i = 0; i < 4 && level == before; ++i) level = load.run(100, kPeriod);
    EXPECT_EQ(level, step);
    before = level;
  }
  EXPECT_EQ(load.run(100, whole_seconds(10)), Shed::sketch) << "there is no higher level";
}

TEST(Shedding, LowersTheLevelByOneAfterEachCalmTime) {
  Load load;
  load.run(100, kPeriod * 10);
  EXPECT_EQ(load.run(10, kCalm - kPeriod * 2), Shed::sketch);
  EXPECT_EQ(load.run(10, kPeriod * 5), Shed::detail);
  EXPECT_EQ(load.run(10, kCalm), Shed::payload);
  EXPECT_EQ(load.run(10, kCalm), Shed::nothing);
}

TEST(Shedding, ChangesNothingBetweenTheTwoLimits) {
  Load load;
  load.run(100, kPeriod * 10);
  EXPECT_EQ(load.run(80, whole_seconds(100)), Shed::sketch);
  Load other;
  EXPECT_EQ(other.run(80, whole_seconds(100)), Shed::nothing);
}

TEST(Shedding, WaitsTwiceAsLongWhenTheLevelRoseSoonAfterItFell) {
  Load load;
  ASSERT_EQ(load.run_until_raised(), Shed::payload);
  ASSERT_EQ(load.run(10, kCalm + kPeriod * 2), Shed::nothing);
  ASSERT_EQ(load.run_until_raised(), Shed::payload);
  EXPECT_EQ(load.run(10, kCalm + kPeriod * 2), Shed::payload);
  EXPECT_EQ(load.run(10, kCalm), Shed::nothing);
}

TEST(Shedding, AWorkerWithoutACoreHardlyPollsAndIsNotOverloaded) {
  Load load;
  EXPECT_EQ(load.run(100, whole_seconds(5), milliseconds(3)), Shed::nothing);
}

TEST(Shedding, AnIdleWorkerResumesEverything) {
  Load load;
  load.run(100, kPeriod * 10);
  EXPECT_EQ(load.run(0, kCalm * 4), Shed::nothing);
}

}  // namespace
}  // namespace floodgauge
