// Stage 3: the detectors are shown the right counts, limits and times.
#include "detectors/judge.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/detectors/stages.h"

namespace floodgauge {
namespace {

using testing::counts_of;
using testing::prefix_of;
using testing::Stages;

constexpr Nanoseconds kStart = whole_seconds(1000);

NetworkWindow window_at(Nanoseconds start) {
  NetworkWindow window;
  window.start = start;
  window.end = start + milliseconds(100);
  return window;
}

std::vector<std::string> measures(const Findings& findings) {
  std::vector<std::string> names;
  for (const Finding& finding : findings) names.push_back(finding.measure);
  return names;
}

class JudgeTest : public ::testing::Test {
 protected:
  JudgeTest() { stages_.judge.begin_window(kStart); }

  std::vector<std::string> judge_window(const TargetCounts& counts, bool flood_open = false,
                                        bool group = false, Nanoseconds start = kStart) {
    const KnownTarget known{.target = {.address = prefix_of("198.51.100.7/32"), .group = group},
                            .tracker = &tracker_,
                            .counts = counts};
    return measures(stages_.judge.of_window(window_at(start), known, flood_open).findings);
  }

  Stages stages_;
  TargetTracker tracker_{kStart, 0};
};

TEST_F(JudgeTest, AWindowAboveALimitHasAFinding) {
  EXPECT_EQ(judge_window(counts_of(Vector::udp, 2001)),
            (std::vector<std::string>{"udp_packets_per_second"}));
  EXPECT_TRUE(judge_window(counts_of(Vector::udp, 2000)).empty());
}

TEST_F(JudgeTest, HalfOfTheLimitKeepsAnOpenFloodOpen) {
  EXPECT_TRUE(judge_window(counts_of(Vector::udp, 1001), false).empty());
  EXPECT_EQ(judge_window(counts_of(Vector::udp, 1001), true).size(), 1u);
  EXPECT_TRUE(judge_window(counts_of(Vector::udp, 1000), true).empty());
}

TEST_F(JudgeTest, ANetworkHasTheLimitsOfPrefixes) {
  stages_.settings.profiles.at("default").prefix_thresholds.udp = 50'000;
  EXPECT_EQ(judge_window(counts_of(Vector::udp, 4000), false, false).size(), 1u);
  EXPECT_TRUE(judge_window(counts_of(Vector::udp, 4000), false, true).empty());
}

TEST_F(JudgeTest, OnlyTheFirstSecondIsEarly) {
  TargetCounts midstream = counts_of(Vector::tcp_ack, 3000);
  midstream.vectors.add(Vector::tcp_ack, {}, 1500);  // the target sends half as many
  EXPECT_TRUE(judge_window(midstream).empty());
  stages_.judge.begin_window(kStart + milliseconds(900));
  EXPECT_TRUE(judge_window(midstream, false, false, kStart + milliseconds(900)).empty());
  EXPECT_EQ(judge_window(midstream, false, false, kStart + whole_seconds(1)),
            (std::vector<std::string>{"tcp_ack_packets_per_second"}));
}

TEST_F(JudgeTest, APeriodIsTheLastSecondOrElseTheLastTen) {
  tracker_.add(counts_of(Vector::icmp, 999), kStart, 1);
  const auto second_end = [this](int seconds) {
    return EndedSecond{prefix_of("198.51.100.7/32"), &tracker_, kStart + whole_seconds(seconds)};
  };
  tracker_.keep_summaries(16);
  EXPECT_TRUE(stages_.judge.of_period(second_end(1), false).findings.empty());
  tracker_.close_second(kStart + whole_seconds(1), false);

  tracker_.add(counts_of(Vector::icmp, 1000), kStart + whole_seconds(1), 1);
  const PeriodVerdict second = stages_.judge.of_period(second_end(2), false);
  EXPECT_EQ(measures(second.findings), (std::vector<std::string>{"icmp_packets_per_second"}));
  EXPECT_EQ(second.counts.in_total, tracker_.second().in_total);
  EXPECT_EQ(second.since, kStart + whole_seconds(1));
  tracker_.close_second(kStart + whole_seconds(2), false);

  tracker_.add(counts_of(Vector::icmp, 400), kStart + whole_seconds(2), 1);
  tracker_.add(counts_of(Vector::icmp, 1000), kStart + whole_seconds(2), 1);
  tracker_.close_second(kStart + whole_seconds(3), false);
  const PeriodVerdict recent = stages_.judge.of_period(second_end(3), false);
  EXPECT_EQ(recent.counts.in_total, tracker_.recent().in_total);
  EXPECT_EQ(recent.since, kStart);
}

}  // namespace
}  // namespace floodgauge
