// Flows of a window, and how many of them are active within 100 ms: the same of windows of any
// length.
#include "detectors/active_keys.h"

#include <gtest/gtest.h>

namespace floodgauge {
namespace {

/// Of `keys` with `each` packets a second, those that have a packet within `seconds`.
double active_of(double keys, double each, double seconds) {
  return -keys * std::expm1(-each * seconds);
}

TEST(ActiveKeys, AreTheSameOfWindowsOfAnyLength) {
  for (const double keys : {2.0, 50.0, 3000.0}) {
    for (const double each : {3.0, 30.0, 200.0}) {
      const double expected = active_of(keys, each, kUsualWindow);
      for (const double seconds : {0.01, 0.05, 0.1, 0.5, 1.0}) {
        const double packets = keys * each * seconds;
        const double active = active_of(keys, each, seconds);
        if (active < 1.001 || packets < 2) continue;  // of so little nothing can be told
        EXPECT_NEAR(active_within(kUsualWindow, packets, active, seconds), expected,
                    0.02 * expected + 0.01)
            << keys << " with " << each << "/s in " << seconds;
      }
    }
  }
}

TEST(ActiveKeys, WhereEachPacketHasAKeyOfItsOwnSoHasEachInTheOtherTime) {
  EXPECT_DOUBLE_EQ(active_within(0.1, 500, 500, 0.01), 5000);
  EXPECT_DOUBLE_EQ(active_within(0.1, 500, 500, 1), 50);
  EXPECT_DOUBLE_EQ(active_within(0.1, 500, 600, 0.01), 5000) << "more keys than packets";
}

TEST(ActiveKeys, OfTheTimeItselfTheyAreAsCounted) {
  EXPECT_EQ(active_within(0.1, 500, 123, 0.1), 123);
  EXPECT_EQ(active_within(0.1, 500, 123, 0.1009), 123);
  EXPECT_NE(active_within(0.1, 500, 123, 0.102), 123);
}

TEST(ActiveKeys, OneKeyIsOneAndNoneIsNone) {
  EXPECT_EQ(active_within(0.1, 500, 1, 0.01), 1);
  EXPECT_EQ(active_within(0.1, 5, 1, 1), 0.5) << "a packet every 200 ms";
  EXPECT_EQ(active_within(0.1, 0, 0, 0.01), 0);
  EXPECT_EQ(active_within(0.1, 5, 3, 0), 0);
}

}  // namespace
}  // namespace floodgauge
