// What is remembered of a target: the usual rate, the start of a rise, and the last seconds.
#include "detectors/target_tracker.h"

#include <gtest/gtest.h>

#include <optional>
#include <utility>

namespace floodgauge {
namespace {

TargetCounts udp_counts(std::uint64_t packets) {
  TargetCounts counts;
  counts.vectors.add(Vector::udp, {packets, packets * 100});
  counts.in_total = {packets, packets * 100};
  return counts;
}

/// Adds windows of 100 ms, one after another.
class Windows {
 public:
  explicit Windows(TargetTracker& tracker) : tracker_(tracker) {}
  void add(std::uint64_t packets, unsigned count = 1) {
    for (unsigned n = 0; n < count; ++n) {
      tracker_.add(udp_counts(packets), now_, 0.1);
      now_ = now_ + milliseconds(100);
      if (tracker_.second_is_over(now_)) tracker_.close_second(now_, false);
    }
  }
  void skip(unsigned count) { now_ = now_ + milliseconds(100) * count; }
  Nanoseconds now() const { return now_; }

 private:
  TargetTracker& tracker_;
  Nanoseconds now_ = whole_seconds(1000);
};

double usual_udp(const TargetTracker& tracker) {
  return double{tracker.usual().packets[static_cast<std::size_t>(Vector::udp)]};
}

TEST(TargetTracker, TheUsualRateIsTheLeastOfTheLastSeconds) {
  TargetTracker tracker(whole_seconds(1000), 0);
  Windows windows(tracker);
  EXPECT_EQ(usual_udp(tracker), 0) << "nothing is known yet";
  windows.add(10, 10);
  EXPECT_NEAR(usual_udp(tracker), 100, 0.01);
  windows.add(50, 10);
  windows.add(90, 10);
  EXPECT_NEAR(usual_udp(tracker), 100, 0.01) << "a rate that grows slowly is not usual";
  windows.add(90, 30);
  EXPECT_NEAR(usual_udp(tracker), 900, 0.01) << "a rate that stays becomes usual";
}

TEST(TargetTracker, ARateThatFallsIsUsualAtOnce) {
  TargetTracker tracker(whole_seconds(1000), 0);
  Windows windows(tracker);
  windows.add(90, 10);
  windows.add(10, 10);
  EXPECT_NEAR(usual_udp(tracker), 100, 0.01);
}

TEST(TargetTracker, SecondsWithAnIncidentDoNotBecomeUsual) {
  TargetTracker tracker(whole_seconds(1000), 0);
  Windows windows(tracker);
  windows.add(10, 10);
  for (int second = 0; second < 8; ++second) {
    tracker.add(udp_counts(90000), windows.now(), 1);
    tracker.close_second(windows.now() + whole_seconds(second + 1), true);
  }
  EXPECT_NEAR(usual_udp(tracker), 100, 0.01);
}

TEST(TargetTracker, ARiseGoesBackToWhereItBegan) {
  TargetTracker tracker(whole_seconds(1000), 0);
  Windows windows(tracker);
  windows.add(10, 12);
  const Nanoseconds begin = windows.now();
  windows.add(400);
  windows.add(1500);
  windows.add(3000);
  const std::vector<WindowPoint> rise = tracker.rise();
  ASSERT_EQ(rise.size(), 3u);
  EXPECT_EQ(rise.back().start, begin);
  EXPECT_EQ(rise.front().attack.packets, 3000u);
}

TEST(TargetTracker, ARiseDoesNotGoBackOverAGap) {
  TargetTracker tracker(whole_seconds(1000), 0);
  Windows windows(tracker);
  windows.add(2000, 3);
  windows.skip(3);
  windows.add(3000, 2);
  EXPECT_EQ(tracker.rise().size(), 2u);
}

TEST(TargetTracker, TheRiseOfAFirstWindowIsThatWindow) {
  TargetTracker tracker(whole_seconds(1000), 0);
  EXPECT_TRUE(tracker.rise().empty());
  Windows windows(tracker);
  windows.add(3000);
  EXPECT_EQ(tracker.rise().size(), 1u);
}

TEST(TargetTracker, IsIdleAfterTenSecondsWithoutAttackPackets) {
  TargetTracker tracker(whole_seconds(1000), 0);
  Windows windows(tracker);
  windows.add(1);
  EXPECT_FALSE(tracker.idle(whole_seconds(1010)));
  EXPECT_TRUE(tracker.idle(whole_seconds(1011)));
  TargetCounts answered;
  answered.vectors.add(Vector::tcp_established, {5000, 500000});
  tracker.add(answered, whole_seconds(1011), 0.1);
  EXPECT_TRUE(tracker.idle(whole_seconds(1011) + milliseconds(100)))
      << "ordinary traffic does not count";
}

TEST(TargetTracker, RecentCountsRestartAfterTenSeconds) {
  TargetTracker tracker(whole_seconds(1000), 0);
  Windows windows(tracker);
  windows.add(1, 99);
  EXPECT_EQ(tracker.recent().in_total.packets, 99u);
  windows.add(1, 2);
  EXPECT_EQ(tracker.recent().in_total.packets, 1u);
  EXPECT_EQ(tracker.recent_start(), whole_seconds(1010));
}

/// A summary of `count` packets, each from another source.
std::optional<SourcesByGroup> from_sources(std::uint32_t first, std::uint32_t count) {
  std::optional<SourcesByGroup> sources(std::in_place, 1000);
  for (std::uint32_t i = 0; i < count; ++i) {
    sources->of(Vector::udp).add(LogEntry{.source = IpAddress::from_v4(first + i)}, HashKey{});
  }
  return sources;
}

TEST(TargetTracker, ThePreviousSummaryIsThatOfTheWindowBefore) {
  TargetTracker tracker(whole_seconds(1000), 0);
  tracker.keep_summaries(1000);
  tracker.add(udp_counts(3), whole_seconds(1000), 0.1);
  EXPECT_EQ(tracker.previous_summary()->packets, 0u);
  tracker.keep(from_sources(1, 3), false);
  tracker.add(udp_counts(5), whole_seconds(1001), 0.1);
  EXPECT_EQ(tracker.previous_summary()->packets, 3u);
  EXPECT_EQ(tracker.previous_summary()->top_sources.top(1)[0].key, IpAddress::from_v4(1));
  tracker.keep(from_sources(100, 5), false);
  tracker.add(udp_counts(1), whole_seconds(1002), 0.1);
  EXPECT_EQ(tracker.previous_summary()->packets, 5u);
  EXPECT_EQ(tracker.recent_summary()->packets, 8u);
  tracker.keep(std::nullopt, false);
  EXPECT_EQ(tracker.previous_summary()->packets, 0u) << "the last window had no suspicious packets";
}

// The tracker does not add up what an incident adds up itself: it would count twice, or count as
// traffic after the incident.
TEST(TargetTracker, RecentCountsRestartAfterAnIncident) {
  TargetTracker tracker(whole_seconds(1000), 0);
  tracker.keep_summaries(1000);
  tracker.add(udp_counts(3), whole_seconds(1000), 0.1);
  tracker.keep(from_sources(1, 3), false);
  tracker.add(udp_counts(5), whole_seconds(1001), 0.1);
  tracker.keep(from_sources(100, 5), true);
  EXPECT_EQ(tracker.recent_summary()->packets, 3u);
  EXPECT_EQ(tracker.previous_summary()->packets, 5u);
  tracker.close_second(whole_seconds(1002), true);
  EXPECT_EQ(tracker.recent().in_total.packets, 8u) << "the incident is still open";
  tracker.close_second(whole_seconds(1003), false);
  EXPECT_EQ(tracker.recent().in_total.packets, 0u);
  EXPECT_EQ(tracker.recent_start(), whole_seconds(1003));
  tracker.add(udp_counts(2), whole_seconds(1003), 0.1);
  tracker.keep(from_sources(200, 2), false);
  EXPECT_EQ(tracker.recent_summary()->packets, 2u);
  tracker.close_second(whole_seconds(1004), false);
  EXPECT_EQ(tracker.recent_summary()->packets, 2u) << "kept until ten seconds are over";
}

}  // namespace
}  // namespace floodgauge
