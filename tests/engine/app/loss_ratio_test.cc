#include "engine/app/loss_ratio.h"

#include <gtest/gtest.h>

namespace floodgauge {
namespace {

constexpr Nanoseconds kStart = whole_seconds(1'700'000'000);

TEST(LossRatio, IsZeroWithoutPackets) {
  LossRatio ratio;
  EXPECT_EQ(ratio.of(kStart, 0, 0), 0);
  EXPECT_EQ(ratio.of(kStart + whole_seconds(1), 0, 0), 0);
}

TEST(LossRatio, IsTheShareOfReceivedPackets) {
  LossRatio ratio;
  ratio.of(kStart, 1000, 500);
  EXPECT_DOUBLE_EQ(ratio.of(kStart + milliseconds(100), 1075, 525), 0.25);
}

TEST(LossRatio, CoversTheLastSecond) {
  LossRatio ratio;
  ratio.of(kStart, 0, 0);
  ratio.of(kStart + milliseconds(100), 0, 1000);
  for (int i = 2; i <= 12; ++i) {
    ratio.of(kStart + milliseconds(100 * i), static_cast<std::uint64_t>(i) * 10, 1000);
  }
  EXPECT_EQ(ratio.of(kStart + milliseconds(1300), 130, 1000), 0);
}

TEST(LossRatio, WithFewCallsItCoversTheTimeSinceTheLastCall) {
  LossRatio ratio;
  ratio.of(kStart, 0, 0);
  EXPECT_DOUBLE_EQ(ratio.of(kStart + whole_seconds(10), 50, 50), 0.5);
  EXPECT_DOUBLE_EQ(ratio.of(kStart + whole_seconds(20), 100, 50), 0);
}

TEST(LossRatio, CountersThatFallForAMomentAreNotALoss) {
  LossRatio ratio;
  ratio.of(kStart, 100, 50);
  EXPECT_EQ(ratio.of(kStart + milliseconds(100), 200, 0), 0);
}

}  // namespace
}  // namespace floodgauge
