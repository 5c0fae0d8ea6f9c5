#include "engine/port/device_clock.h"

#include <gtest/gtest.h>

namespace floodgauge {
namespace {

constexpr Nanoseconds kStart = whole_seconds(1'700'000'000);

/// The value at `time` of a counter that runs at `rate` ticks per nanosecond.
std::uint64_t ticks_at(Nanoseconds time, double rate, std::uint64_t from = 12345) {
  return from + static_cast<std::uint64_t>(static_cast<double>((time - kStart).count) * rate);
}

TEST(ClockPair, ReturnsNothingBeforeTheRateIsKnown) {
  ClockPair pair;
  EXPECT_FALSE(pair.time_of(0));
  pair.observe(ticks_at(kStart, 1), kStart);
  EXPECT_FALSE(pair.time_of(12345));
  const Nanoseconds soon = kStart + milliseconds(100);
  pair.observe(ticks_at(soon, 1), soon);
  EXPECT_FALSE(pair.time_of(12345)) << "too short a time to measure the rate";
}

TEST(ClockPair, ConvertsTicksBeforeAndAfterAReadingAtAnyRate) {
  for (const double rate : {0.025, 0.15625, 1.0, 3.3}) {  // ticks per nanosecond
    ClockPair pair;
    pair.observe(ticks_at(kStart, rate), kStart);
    pair.observe(ticks_at(kStart + whole_seconds(1), rate), kStart + whole_seconds(1));
    for (const std::int64_t off : {-500, -1, 0, 1, 500}) {
      const Nanoseconds time = kStart + milliseconds(1000 + off);
      const auto told = pair.time_of(ticks_at(time, rate));
      ASSERT_TRUE(told);
      // The tolerance is two ticks, and 2 ns of rounding.
      EXPECT_NEAR(static_cast<double>((*told - time).count), 0, 2 / rate + 2) << rate << " " << off;
    }
  }
}

TEST(ClockPair, FollowsAClockThatDrifts) {
  ClockPair pair;
  const double fast = 1.0001;  // 100 ppm: 8.6 s a day
  for (int second = 0; second <= 3600; ++second) {
    const Nanoseconds time = kStart + whole_seconds(second);
    pair.observe(ticks_at(time, fast), time);
  }
  const Nanoseconds time = kStart + whole_seconds(3600) + milliseconds(900);
  EXPECT_NEAR(static_cast<double>((*pair.time_of(ticks_at(time, fast)) - time).count), 0, 1000);
}

TEST(ClockPair, MeasuresAgainAfterTheCounterWasReset) {
  ClockPair pair;
  const std::uint64_t high = std::uint64_t{1} << 50;
  pair.observe(ticks_at(kStart, 1, high), kStart);
  const Nanoseconds second = kStart + whole_seconds(1);
  pair.observe(ticks_at(second, 1, high), second);
  EXPECT_FALSE(pair.time_of(500)) << "far from the last reading";
  const Nanoseconds reset = kStart + whole_seconds(2);
  pair.observe(10, reset);
  pair.observe(1'000'000'010, reset + whole_seconds(1));
  EXPECT_EQ(pair.time_of(1'500'000'010), reset + milliseconds(1500));
}

}  // namespace
}  // namespace floodgauge
