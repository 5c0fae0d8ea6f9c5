// Stage 2: what is known of each candidate, and how much memory that takes.
#include "detectors/knowledge.h"

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <vector>

#include "tests/detectors/stages.h"

namespace floodgauge {
namespace {

using testing::Hit;
using testing::Stages;

/// Hosts of windows, each taken through the stage.
class KnowledgeTest : public ::testing::Test {
 protected:
  /// Takes the candidates of the window; returns those that are known.
  std::vector<KnownTarget> close_window() {
    std::vector<KnownTarget> known;
    stages_.feed.close([&](const NetworkWindow& window) {
      HostCandidates hosts(window, stages_.profiles);
      for (auto batch = hosts.next(); !batch.empty(); batch = hosts.next()) {
        stages_.knowledge.find_trackers(batch);
        for (const HostCandidate& host : batch) {
          std::optional<KnownTarget> one = stages_.knowledge.of_host(window, host);
          if (!one) continue;
          stages_.knowledge.add_sources(window, std::span(&host.number, 1), *one);
          known.push_back(std::move(*one));
        }
      }
      end_ = window.end;
    });
    return known;
  }
  std::vector<KnownTarget> window_of(std::uint32_t packets, const char* target = "198.51.100.7") {
    stages_.feed.add({.target = target, .vector = Vector::udp, .packets = packets, .sources = 2});
    return close_window();
  }
  std::size_t trackers() const { return stages_.knowledge.trackers().size(); }

  Stages stages_;
  Nanoseconds end_;
};

TEST_F(KnowledgeTest, AHostIsRememberedFromThreeSuspiciousPacketsOn) {
  EXPECT_TRUE(window_of(2).empty());
  EXPECT_EQ(trackers(), 0u);
  const auto known = window_of(3);
  ASSERT_EQ(known.size(), 1u);
  EXPECT_EQ(known[0].target.address.text(), "198.51.100.7/32");
  EXPECT_FALSE(known[0].target.group);
  EXPECT_EQ(known[0].target.hosts, 1u);
  EXPECT_EQ(known[0].counts.of(Vector::udp).packets, 3u);
  ASSERT_TRUE(known[0].sources.has_value());
  EXPECT_EQ(known[0].sources->packets(), 3u);
  EXPECT_EQ(known[0].tracker->second().in_total.packets, 3u) << "this window included";
}

TEST_F(KnowledgeTest, AHostThatIsRememberedIsKnownHoweverLittleItIsHit) {
  const TargetTracker* const tracker = window_of(3).at(0).tracker;
  const auto known = window_of(1);
  ASSERT_EQ(known.size(), 1u);
  EXPECT_EQ(known[0].tracker, tracker);
  EXPECT_EQ(known[0].counts.in_total.packets, 1u);
  EXPECT_EQ(tracker->second().in_total.packets, 4u);
}

TEST_F(KnowledgeTest, SourcesAreKeptUnlessAnIncidentAddsThemUp) {
  std::vector<KnownTarget> known = window_of(3);
  Knowledge::keep_sources(known[0], false);
  EXPECT_EQ(known[0].tracker->recent_summary()->packets, 3u);
  known = window_of(5);
  Knowledge::keep_sources(known[0], true);
  EXPECT_EQ(known[0].tracker->recent_summary()->packets, 3u);
  EXPECT_EQ(known[0].tracker->previous_summary()->packets, 5u);
}

TEST_F(KnowledgeTest, ASecondEndsOnceAndThenTheNextOneRuns) {
  window_of(3);
  EXPECT_TRUE(stages_.knowledge.ended_seconds(end_, false).empty());
  for (int n = 1; n < 10; ++n) window_of(3);
  const auto ended = stages_.knowledge.ended_seconds(end_, false);
  ASSERT_EQ(ended.size(), 1u);
  EXPECT_EQ(ended[0].address.text(), "198.51.100.7/32");
  EXPECT_EQ(ended[0].tracker->second().in_total.packets, 30u);
  EXPECT_EQ(ended[0].end, end_);
  stages_.knowledge.close_second(ended[0], end_, false);
  EXPECT_EQ(ended[0].tracker->last_second().in_total.packets, 30u);
  EXPECT_TRUE(stages_.knowledge.ended_seconds(end_, false).empty());
  EXPECT_EQ(stages_.knowledge.ended_seconds(end_, true).size(), 1u) << "with the last window, all";
}

TEST_F(KnowledgeTest, AfterAGapTheSecondEndedLongAgo) {
  window_of(3);
  const Nanoseconds begin = stages_.feed.grid().origin;
  const auto ended = stages_.knowledge.ended_seconds(begin + whole_seconds(60), false);
  ASSERT_EQ(ended.size(), 1u);
  EXPECT_EQ(ended[0].end, begin + whole_seconds(1) + milliseconds(100))
      << "a second and the window in which it ends";
}

TEST_F(KnowledgeTest, AHostIsForgottenTenSecondsAfterItsLastSuspiciousPacket) {
  window_of(3);
  const Nanoseconds begin = stages_.feed.grid().origin;
  stages_.knowledge.forget_idle(begin + whole_seconds(10));
  EXPECT_EQ(trackers(), 1u);
  stages_.knowledge.forget_idle(begin + whole_seconds(10) + milliseconds(100));
  EXPECT_EQ(trackers(), 0u);
}

TEST_F(KnowledgeTest, ANetworkIsRememberedUnderItsNetworkAndNotItsTarget) {
  NetworkCandidate network;
  network.target = {.address = testing::prefix_of("198.18.0.0/19"), .group = true, .hosts = 40};
  network.network = testing::prefix_of("198.18.0.0/16");
  network.hit.counts = testing::counts_of(Vector::udp, 1000);
  NetworkWindow window;
  window.start = whole_seconds(1000);
  window.end = window.start + milliseconds(100);
  const auto known = stages_.knowledge.of_network(window, network);
  ASSERT_TRUE(known.has_value());
  EXPECT_EQ(known->target.address, network.target.address);
  EXPECT_EQ(known->counts.in_total.packets, 1000u);
  EXPECT_EQ(stages_.knowledge.trackers().find(network.network), known->tracker);
  EXPECT_EQ(stages_.knowledge.trackers().find(network.target.address), nullptr);
}

TEST_F(KnowledgeTest, WhenMemoryIsShortOnlyHostsThatAreHitHardAreRemembered) {
  for (unsigned round = 0; round < 3; ++round) {
    for (unsigned n = 0; n < 4000; ++n) {
      const std::string target = std::to_string(100 + round) + ".18." + std::to_string(n / 200) +
                                 "." + std::to_string(n % 200);
      stages_.feed.add({.target = target.c_str(), .vector = Vector::udp, .packets = 3});
    }
    close_window();
  }
  EXPECT_EQ(trackers(), Knowledge::kMostTrackers / 2);
  EXPECT_TRUE(window_of(63).empty());
  const auto known = window_of(64);
  ASSERT_EQ(known.size(), 1u);
  EXPECT_TRUE(known[0].sources.has_value()) << "room for its sources is left as well";
}

}  // namespace
}  // namespace floodgauge
