// Which hosts belong to a carpet bombing that has an incident open.
#include "detectors/open_carpets.h"

#include <gtest/gtest.h>

#include "tests/detectors/stages.h"

namespace floodgauge {
namespace {

using testing::prefix_of;
using testing::protecting;
using testing::Stages;

const IpAddress kHost = IpAddress::parse("198.51.100.7").value();

TEST(OpenCarpets, AHostBelongsToTheCarpetWhileItTakesLessThanAQuarter) {
  Stages stages(protecting("198.51.100.0/25"));
  EXPECT_FALSE(stages.open_carpets.explains_window(kHost, 0, 1)) << "no carpet is open";
  stages.open_flood("198.51.100.0/25", 1000, 1000);
  EXPECT_TRUE(stages.open_carpets.explains_window(kHost, 0, 249));
  EXPECT_FALSE(stages.open_carpets.explains_window(kHost, 0, 250));
  stages.close_all();
  EXPECT_FALSE(stages.open_carpets.explains_window(kHost, 0, 1));
}

TEST(OpenCarpets, TheLastSecondsAreComparedWithTheCarpetsPeak) {
  Stages stages(protecting("198.51.100.0/25"));
  stages.open_flood("198.51.100.0/25", 0, 1000);
  EXPECT_FALSE(stages.open_carpets.explains_window(kHost, 0, 1)) << "the carpet has just ended";
  EXPECT_TRUE(stages.open_carpets.explains_period(kHost, 0, 249));
  EXPECT_FALSE(stages.open_carpets.explains_period(kHost, 0, 250));
}

TEST(OpenCarpets, WhereEverythingIsProtectedTheNetworkIsASlash24) {
  Stages stages;
  stages.open_flood("198.51.100.0/24", 1000, 1000);
  EXPECT_TRUE(stages.open_carpets.explains_window(kHost, 0, 249));
  const IpAddress other = IpAddress::parse("198.51.101.7").value();
  EXPECT_FALSE(stages.open_carpets.explains_window(other, 0, 249));
}

TEST(OpenCarpets, AWideNetworkIsKnownByTheTargetThatWasHit) {
  Stages stages;
  const IpPrefix wide = prefix_of("198.51.0.0/16");
  const IpPrefix target = prefix_of("198.51.96.0/19");
  stages.open_carpets.note_wide_target(wide, target);
  EXPECT_EQ(stages.open_carpets.wide_target(wide), nullptr) << "no incident is open on it";
  stages.open_flood("198.51.96.0/19", 1000, 1000);
  ASSERT_NE(stages.open_carpets.wide_target(wide), nullptr);
  EXPECT_EQ(*stages.open_carpets.wide_target(wide), target);
  EXPECT_TRUE(stages.open_carpets.explains_window(kHost, 0, 249));
  stages.close_all();
  stages.open_carpets.forget_closed();
  stages.open_flood("198.51.96.0/19", 1000, 1000);
  EXPECT_EQ(stages.open_carpets.wide_target(wide), nullptr) << "forgotten with its incident";
}

}  // namespace
}  // namespace floodgauge
