// Hosts above a limit that were not called a target.
#include "detectors/left_alone.h"

#include <gtest/gtest.h>

#include <string>

#include "tests/detectors/stages.h"

namespace floodgauge {
namespace {

using testing::Stages;

class LeftAloneTest : public ::testing::Test {
 protected:
  /// A window in which a host gets so many packets of a vector, in so many flows.
  void note(const std::string& target, std::uint32_t packets,
            Vector vector = Vector::tcp_established, std::uint32_t flows = 1,
            const WhyLeft& why = {}) {
    stages_.feed.add(
        {.target = target.c_str(), .vector = vector, .packets = packets, .flows_active = flows});
    stages_.feed.close([&](const NetworkWindow& window) {
      hosts_.note(window.hosts()[0], window.seconds(), why);
    });
  }

  Stages stages_;
  LeftAloneHosts hosts_;
};

TEST_F(LeftAloneTest, TheHighestRateOfAHostIsShownWithItsReason) {
  note("198.51.100.1", 6000);
  note("198.51.100.1", 7000, Vector::udp_answered, 30);
  note("198.51.100.1", 5500);
  const auto rows = hosts_.rows(stages_.book);
  ASSERT_EQ(rows.size(), 1u);
  EXPECT_DOUBLE_EQ(rows[0].peak_pps, 70'000);
  EXPECT_DOUBLE_EQ(rows[0].peak_bps, 56e6);
  EXPECT_EQ(rows[0].reason, "30 connections, answered");
}

TEST_F(LeftAloneTest, OneTcpConnectionIsNamedAsSuch) {
  note("198.51.100.1", 6000);
  EXPECT_EQ(hosts_.rows(stages_.book).at(0).reason, "one connection, both sides speak TCP");
}

TEST_F(LeftAloneTest, TheReasonIsTrueOfThePackets) {
  const IpPrefix carpet = testing::prefix_of("198.51.100.0/24");
  const struct {
    Vector vector;
    WhyLeft why;
    const char* reason;
  } cases[] = {
      {Vector::other_answered, {}, "5 connections, answered"},
      {Vector::tcp_oneway, {}, "5 connections, of which one side is seen"},
      {Vector::tcp_stream, {}, "5 connections, of which one side is seen"},
      {Vector::tcp_syn, {}, "not answered, but each kind of packets is below its limit"},
      {Vector::tcp_syn, {.verdict = "a crowd"}, "a crowd"},
      {Vector::udp, {.carpet = &carpet}, "part of the flood on 198.51.100.0/24"},
      {Vector::udp, {.no_room = true}, "flooded, but no more incidents can be open"},
  };
  std::uint32_t packets = 6000;
  for (const auto& one : cases) {
    note("198.51.100.1", packets += 100, one.vector, 5, one.why);
    EXPECT_EQ(hosts_.rows(stages_.book).at(0).reason, one.reason);
  }
}

TEST_F(LeftAloneTest, TheTenBusiestHostsAreShown) {
  for (std::uint32_t n = 0; n < 15; ++n) {
    note("198.51.100." + std::to_string(n), 6000 + n * 7 % 15 * 100);
  }
  const auto rows = hosts_.rows(stages_.book);
  ASSERT_EQ(rows.size(), LeftAloneHosts::kMostShown);
  EXPECT_DOUBLE_EQ(rows.front().peak_pps, 74'000);
  EXPECT_DOUBLE_EQ(rows.back().peak_pps, 65'000);
}

TEST_F(LeftAloneTest, AHostWithAnOpenFloodIsNotShown) {
  note("198.51.100.1", 6000);
  note("198.51.100.2", 6000);
  stages_.open_flood("198.51.100.1/32");
  const auto rows = hosts_.rows(stages_.book);
  ASSERT_EQ(rows.size(), 1u);
  EXPECT_EQ(rows[0].address.text(), "198.51.100.2");
}

TEST_F(LeftAloneTest, NoMoreHostsAreRememberedThanABound) {
  for (std::size_t n = 0; n < LeftAloneHosts::kMostHosts; ++n) {
    note("198.18." + std::to_string(n / 200) + "." + std::to_string(n % 200), 6000);
  }
  note("198.51.100.1", 9000);
  EXPECT_DOUBLE_EQ(hosts_.rows(stages_.book).front().peak_pps, 60'000);
}

}  // namespace
}  // namespace floodgauge
