// From an unusual rate of a prefix to an incident of the target to which it belongs.
#include "detectors/baseline_incidents.h"

#include <gtest/gtest.h>

#include "tests/detectors/stages.h"

namespace floodgauge {
namespace {

using testing::counts_of;
using testing::prefix_of;
using testing::Stages;

constexpr Nanoseconds kStart = whole_seconds(1000);
constexpr std::size_t kUdpClass = 6;

class BaselineIncidentsTest : public ::testing::Test {
 protected:
  explicit BaselineIncidentsTest(const Settings& settings = testing::protecting("198.51.100.0/24"))
      : stages_(settings) {}

  /// A target whose last second had so many datagrams.
  void remember(const char* target, std::uint64_t packets) {
    TargetTracker& tracker = trackers_.add(prefix_of(target), kStart, 0);
    tracker.add(counts_of(Vector::udp, packets), kStart, 1);
    tracker.close_second(kStart + whole_seconds(1), false);
  }
  static Unusual udp_rate(double rate, double level, Nanoseconds now = kStart + whole_seconds(1)) {
    return {.prefix = 0,
            .traffic_class = kUdpClass,
            .since = kStart,
            .now = now,
            .rate = rate,
            .level = level,
            .limit = level * 2};
  }

  Stages stages_;
  Trackers trackers_{16};
  BaselineIncidents incidents_{stages_.feed.registry(), stages_.baseline, trackers_, stages_.book,
                               stages_.floods};
};

class BaselineOfEverythingTest : public BaselineIncidentsTest {
 protected:
  BaselineOfEverythingTest() : BaselineIncidentsTest(Settings{}) {}
};

TEST_F(BaselineIncidentsTest, TheTargetIsTheHostThatBringsHalfOfTheRise) {
  remember("198.51.100.0/24", 1200);
  remember("198.51.100.7/32", 500);
  remember("198.51.100.8/32", 600);
  EXPECT_EQ(incidents_.target_of(udp_rate(1200, 200)), prefix_of("198.51.100.8/32"));
  EXPECT_EQ(incidents_.target_of(udp_rate(2000, 200)), prefix_of("198.51.100.0/24"))
      << "otherwise the prefix";
}

TEST_F(BaselineOfEverythingTest, WhereNoHostStandsOutThereIsNoTarget) {
  remember("198.51.100.8/32", 600);
  EXPECT_EQ(incidents_.target_of(udp_rate(1200, 200)), prefix_of("198.51.100.8/32"));
  EXPECT_EQ(incidents_.target_of(udp_rate(2000, 200)), std::nullopt);
}

TEST_F(BaselineIncidentsTest, TheUsualRateOfAPrefixIsItsLearntLevel) {
  remember("198.51.100.0/24", 1200);
  PrefixBaseline learnt;
  for (int second = 0; second < 100; ++second) {
    learnt[kUdpClass].learn(300, kStart + whole_seconds(second));
  }
  stages_.baseline.restore(prefix_of("198.51.100.0/24"), std::move(learnt));
  const TargetTracker& tracker = *trackers_.find(prefix_of("198.51.100.0/24"));
  const auto udp = static_cast<std::size_t>(Vector::udp);
  const UsualRates usual = incidents_.usual_of(prefix_of("198.51.100.0/24"), tracker);
  EXPECT_FLOAT_EQ(usual.packets[udp], 300);
  EXPECT_FLOAT_EQ(usual.bytes[udp], 30'000)
      << "packets have the length of those in the last second";
  const UsualRates of_host = incidents_.usual_of(prefix_of("198.51.100.7/32"), tracker);
  EXPECT_FLOAT_EQ(of_host.packets[udp], 0) << "a host has no baseline";
}

TEST_F(BaselineIncidentsTest, AnUnusualRateOpensOneIncidentAndKeepsItOpen) {
  remember("198.51.100.0/24", 1200);
  const IpPrefix target = prefix_of("198.51.100.0/24");
  incidents_.take(udp_rate(1200, 200));
  ASSERT_NE(stages_.book.flood_on(target), nullptr);
  EXPECT_EQ(stages_.book.flood_on(target)->incident().total.packets, 1200u);
  const Nanoseconds later = kStart + whole_seconds(5);
  incidents_.take(udp_rate(1200, 200, later));
  EXPECT_EQ(stages_.book.flood_on(target)->last_above, later);
  EXPECT_EQ(stages_.book.all().size(), 1u);
}

TEST_F(BaselineIncidentsTest, AFloodThatIsOpenAlreadyIsLeftToItsDetectors) {
  remember("198.51.100.0/24", 1200);
  const OngoingIncident& flood = stages_.open_flood("198.51.100.0/24");
  const Nanoseconds above = flood.last_above;
  incidents_.take(udp_rate(1200, 200));
  EXPECT_EQ(flood.last_above, above);
  EXPECT_EQ(stages_.book.all().size(), 1u);
}

TEST_F(BaselineIncidentsTest, ATargetThatIsNotRememberedHasNoIncident) {
  incidents_.take(udp_rate(1200, 200));
  EXPECT_FALSE(stages_.book.any_open());
}

}  // namespace
}  // namespace floodgauge
