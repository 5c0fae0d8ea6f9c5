// Stage 4: what findings make of the incident book.
#include "detectors/flood_incidents.h"

#include <gtest/gtest.h>

#include "tests/detectors/stages.h"

namespace floodgauge {
namespace {

using testing::counts_of;
using testing::prefix_of;
using testing::Stages;

constexpr Nanoseconds kStart = whole_seconds(1000);

Findings udp_finding() {
  return {{Vector::udp, "udp_packets_per_second", 30'000, 20'000, 0.1}};
}

/// One target, in windows of 100 ms.
class FloodIncidentsTest : public ::testing::Test {
 protected:
  static Settings settings() {
    Settings settings = testing::protecting("198.51.100.0/24");
    settings.profiles.at("default").hold = whole_seconds(7);
    return settings;
  }
  void window(std::uint64_t packets, bool found, std::uint32_t hosts = 1) {
    NetworkWindow window;
    window.start = now_;
    window.end = now_ = now_ + milliseconds(100);
    const KnownTarget known{.target = {.address = target_, .group = hosts > 1, .hosts = hosts},
                            .tracker = &tracker_,
                            .counts = counts_of(Vector::udp, packets)};
    tracker_.add(known.counts, window.start, window.seconds());
    stages_.floods.take_window(window, known, found ? udp_finding() : Findings{});
  }
  PeriodVerdict period_verdict() const { return {udp_finding(), tracker_.second(), kStart}; }
  EndedSecond ended() { return {target_, &tracker_, now_}; }
  OngoingIncident* flood() { return stages_.book.flood_on(target_); }

  Stages stages_{settings()};
  IpPrefix target_ = prefix_of("198.51.100.7/32");
  TargetTracker tracker_{kStart, 0};
  Nanoseconds now_ = kStart;
};

TEST_F(FloodIncidentsTest, WithoutFindingsNothingIsOpened) {
  window(3000, false);
  EXPECT_EQ(flood(), nullptr);
  EXPECT_FALSE(stages_.floods.is_followed(target_));
  EXPECT_TRUE(stages_.told.empty());
}

TEST_F(FloodIncidentsTest, FindingsOpenAnIncidentWithWhatIsKnownOfTheTarget) {
  window(3000, true);
  ASSERT_NE(flood(), nullptr);
  EXPECT_EQ(stages_.told, std::vector<Transition>{Transition::opened});
  const Incident& incident = flood()->incident();
  EXPECT_EQ(incident.kind, IncidentKind::flood);
  EXPECT_EQ(incident.target, target_);
  EXPECT_EQ(incident.prefix, prefix_of("198.51.100.0/24"));
  EXPECT_EQ(incident.name, "web");
  EXPECT_EQ(incident.start, kStart);
  EXPECT_EQ(incident.detected, now_);
  EXPECT_EQ(incident.total, (Volume{3000, 300'000}));
  ASSERT_EQ(incident.evidence.size(), 1u);
  EXPECT_EQ(incident.evidence[0].measure, "udp_packets_per_second");
  EXPECT_DOUBLE_EQ(incident.evidence[0].value, 30'000);
  EXPECT_EQ(flood()->hold, whole_seconds(7)) << "that of the prefix's profile";
  EXPECT_DOUBLE_EQ(flood()->worst_ratio, 1.5);
  EXPECT_TRUE(stages_.floods.is_followed(target_));
}

TEST_F(FloodIncidentsTest, TheWindowsOfTheRiseBeforeBelongToTheIncident) {
  window(1000, false);
  window(1500, false);
  window(3000, true);
  EXPECT_EQ(flood()->incident().start, kStart);
  EXPECT_EQ(flood()->incident().total.packets, 5500u);
  EXPECT_DOUBLE_EQ(flood()->incident().peak_pps, 30'000);
}

TEST_F(FloodIncidentsTest, TheFirstWindowBelowTheLimitIsTheLastThatIsAdded) {
  window(3000, true);
  const Nanoseconds above = now_;
  window(500, false);
  EXPECT_EQ(flood()->incident().total.packets, 3500u);
  EXPECT_DOUBLE_EQ(flood()->incident().current_pps, 5000);
  window(500, false);
  EXPECT_EQ(flood()->incident().total.packets, 3500u);
  EXPECT_DOUBLE_EQ(flood()->incident().current_pps, 0);
  EXPECT_EQ(flood()->last_above, above);
}

TEST_F(FloodIncidentsTest, TheMostHostsOfAWindowAreShown) {
  target_ = prefix_of("198.51.100.0/24");
  window(3000, true, 20);
  window(3000, true, 50);
  window(3000, true, 30);
  window(3000, false, 90);
  EXPECT_EQ(flood()->incident().hosts, 50u) << "in windows with findings";
}

TEST_F(FloodIncidentsTest, FindingsOverAPeriodOpenAnIncidentThatOnlyPeriodsProlong) {
  window(300, false);
  window(300, false);
  stages_.floods.take_period(ended(), {});
  EXPECT_EQ(flood(), nullptr);
  stages_.floods.take_period(ended(), period_verdict());
  ASSERT_NE(flood(), nullptr);
  EXPECT_EQ(flood()->incident().start, kStart);
  EXPECT_EQ(flood()->incident().detected, now_);
  EXPECT_EQ(flood()->incident().total.packets, 600u);
  EXPECT_DOUBLE_EQ(flood()->incident().current_pps, 3000);
  EXPECT_DOUBLE_EQ(flood()->worst_ratio, 1) << "such findings do not tell the severity";
  EXPECT_FALSE(stages_.floods.is_followed(target_));
  const Nanoseconds opened = now_;
  window(300, false);
  EXPECT_EQ(flood()->incident().total.packets, 900u) << "its windows are added all the same";
  EXPECT_EQ(flood()->last_above, opened);
  stages_.floods.take_period(ended(), period_verdict());
  EXPECT_EQ(flood()->last_above, now_);
}

TEST_F(FloodIncidentsTest, APeriodDoesNotProlongAnIncidentThatWindowsOpened) {
  window(3000, true);
  const Nanoseconds above = now_;
  window(500, false);
  stages_.floods.take_period(ended(), period_verdict());
  EXPECT_EQ(flood()->last_above, above);
}

TEST_F(FloodIncidentsTest, AnUnusualRateOpensAnIncidentThatIsProlonged) {
  EXPECT_FALSE(stages_.floods.prolong(target_, now_));
  for (int n = 0; n < 10; ++n) window(100, false);
  tracker_.close_second(now_, false);
  const Unusual unusual{.prefix = 0,
                        .traffic_class = 6,
                        .since = kStart,
                        .now = now_,
                        .rate = 1000,
                        .level = 10,
                        .limit = 500};
  ASSERT_TRUE(stages_.floods.open_unusual(
      {.unusual = unusual, .target = {.address = target_}, .tracker = &tracker_, .usual = {}}));
  EXPECT_EQ(flood()->incident().total.packets, 1000u);
  EXPECT_EQ(flood()->incident().evidence[0].measure, "baseline_udp_packets_per_second");
  ASSERT_EQ(flood()->incident().vectors.size(), 1u);
  EXPECT_EQ(flood()->incident().vectors[0].name, "udp");
  EXPECT_TRUE(stages_.floods.prolong(target_, now_ + whole_seconds(1)));
  EXPECT_EQ(flood()->last_above, now_ + whole_seconds(1));
}

TEST_F(FloodIncidentsTest, AFullBookOpensNothing) {
  for (std::uint32_t n = 0; n < IncidentBook::kMostOpen; ++n) {
    Incident other;
    other.target = IpPrefix::host(IpAddress::from_v4(0xcb000000u + n));
    stages_.book.open(other, UsualRates{}, 1)->worst_ratio = 1000;
  }
  window(3000, true);
  stages_.floods.take_period(ended(), period_verdict());
  EXPECT_FALSE(stages_.floods.open_unusual(
      {.unusual = {}, .target = {.address = target_}, .tracker = &tracker_, .usual = {}}));
  EXPECT_EQ(flood(), nullptr);
  EXPECT_EQ(stages_.book.not_opened(), 1u) << "one target, in window after window";
}

}  // namespace
}  // namespace floodgauge
