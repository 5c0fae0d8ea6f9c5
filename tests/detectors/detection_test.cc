// The whole row of stages: when an incident is opened, followed, held and closed.
#include "detectors/detection.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/detectors/detection_fixture.h"

namespace floodgauge {
namespace {

using testing::DetectionTest;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::held_for;
using testing::Hit;
using ::testing::IsEmpty;
using testing::kTarget;
using testing::protecting;
using testing::udp;
using testing::WindowFeed;

TEST_F(DetectionTest, OpensInTheWindowAboveALimitAndClosesAfterTheHold) {
  begin(held_for(2));
  windows(5);
  windows(10, {udp(3000)});
  EXPECT_THAT(told(), ElementsAre("0.6 opened 198.51.100.7/32"));
  windows(30);
  EXPECT_THAT(told(), ElementsAre("0.6 opened 198.51.100.7/32", "3.5 closed 198.51.100.7/32"));
  const auto all = incidents();
  ASSERT_EQ(all.size(), 1u);
  const Incident& incident = *all[0];
  EXPECT_FALSE(incident.open);
  EXPECT_DOUBLE_EQ(WindowFeed::at(incident.start), 0.5);
  EXPECT_DOUBLE_EQ(WindowFeed::at(incident.detected), 0.6);
  EXPECT_DOUBLE_EQ(WindowFeed::at(*incident.end), 1.5) << "the end of the flood, without the hold";
  EXPECT_EQ(incident.total, (Volume{30000, 3000000}));
  EXPECT_DOUBLE_EQ(incident.peak_pps, 30000);
  EXPECT_DOUBLE_EQ(incident.peak_bps, 24e6);
  ASSERT_FALSE(incident.evidence.empty());
  EXPECT_EQ(incident.evidence[0].measure, "udp_packets_per_second");
  EXPECT_DOUBLE_EQ(incident.evidence[0].value, 30000);
  EXPECT_DOUBLE_EQ(incident.evidence[0].limit, 20000);
  EXPECT_DOUBLE_EQ(incident.evidence[0].window_seconds, 0.1);
}

TEST_F(DetectionTest, StaysOpenWhileAboveHalfOfTheLimit) {
  begin(held_for(2));
  windows(5, {udp(3000)});
  windows(30, {udp(1100)});  // longer than the hold, and above half of the limit
  EXPECT_THAT(told(), ElementsAre("0.1 opened 198.51.100.7/32"));
  windows(25, {udp(900)});
  EXPECT_THAT(told(), ElementsAre("0.1 opened 198.51.100.7/32", "5.5 closed 198.51.100.7/32"));
}

TEST_F(DetectionTest, ATargetBelowTheLimitOpensNoIncident) {
  begin(held_for(2));
  windows(20, {{.target = kTarget, .vector = Vector::udp, .packets = 1900, .sources = 50}});
  EXPECT_THAT(told(), IsEmpty());
}

TEST_F(DetectionTest, APulseIsOneIncident) {
  begin(held_for(2));
  for (unsigned pulse = 0; pulse < 8; ++pulse) {
    windows(3, {udp(4000)});
    windows(10);
  }
  windows(20);
  EXPECT_THAT(told(), ElementsAre("0.1 opened 198.51.100.7/32", "11.4 closed 198.51.100.7/32"));
  ASSERT_EQ(incidents().size(), 1u);
  EXPECT_EQ(incidents()[0]->total.packets, 8u * 3 * 4000);
}

TEST_F(DetectionTest, APauseLongerThanTheHoldMakesTwoIncidents) {
  begin(held_for(2));
  windows(3, {udp(4000)});
  windows(25);
  windows(3, {udp(4000)});
  windows(25);
  const auto all = incidents();
  ASSERT_EQ(all.size(), 2u);
  EXPECT_NE(all[0]->id, all[1]->id);
  EXPECT_EQ(all[0]->number, 1u);
  EXPECT_EQ(all[1]->number, 2u);
  EXPECT_DOUBLE_EQ(WindowFeed::at(all[1]->start), 2.8);
}

TEST_F(DetectionTest, AGapWithoutPacketsClosesTheIncident) {
  begin(held_for(2));
  windows(3, {udp(4000)});
  feed_->skip(100);
  windows(1);
  ASSERT_EQ(incidents().size(), 1u);
  EXPECT_FALSE(incidents()[0]->open);
  EXPECT_DOUBLE_EQ(WindowFeed::at(*incidents()[0]->end), 0.3);
}

TEST_F(DetectionTest, SeverityRisesAndNeverFalls) {
  begin(held_for(2));
  windows(5, {udp(3000)});   // 1.5 times the limit
  windows(5, {udp(5000)});   // 2.5 times
  windows(5, {udp(12000)});  // 6 times, and above the limit of all packets
  windows(5, {udp(3000)});
  EXPECT_THAT(told(), ElementsAre("0.1 opened 198.51.100.7/32", "0.6 escalated 198.51.100.7/32",
                                  "1.1 escalated 198.51.100.7/32"));
  EXPECT_EQ(incidents()[0]->severity, Severity::high);
}

TEST_F(DetectionTest, IsUpdatedEveryTenSeconds) {
  begin(held_for(2));
  windows(250, {udp(3000)});
  EXPECT_THAT(told_, ElementsAre("0.1 opened 198.51.100.7/32", "10.1 updated 198.51.100.7/32",
                                 "20.1 updated 198.51.100.7/32"));
}

TEST_F(DetectionTest, VectorsAreOrderedByTheirShare) {
  begin(held_for(2));
  windows(5, {{.target = kTarget, .vector = Vector::tcp_syn, .packets = 1000, .sources = 900},
              udp(3000),
              {.target = kTarget, .vector = Vector::icmp, .packets = 10, .sources = 10}});
  const auto all = incidents();
  ASSERT_EQ(all.size(), 1u) << "several vectors on one target are one incident";
  ASSERT_EQ(all[0]->vectors.size(), 2u)
      << "a vector with less than a hundredth of the packets is not named";
  EXPECT_EQ(all[0]->vectors[0].name, "udp");
  EXPECT_NEAR(all[0]->vectors[0].share, 0.748, 0.001);
  EXPECT_EQ(all[0]->vectors[1].name, "tcp_syn");
}

TEST_F(DetectionTest, ReflectionFromAnUnknownPortIsNamedByThePort) {
  begin(held_for(2));
  windows(5, {{.target = kTarget,
               .vector = Vector::udp,
               .packets = 3000,
               .sources = 300,
               .source_port = 30120,
               .destination_port = 1}});
  ASSERT_EQ(incidents().size(), 1u);
  EXPECT_EQ(incidents()[0]->vectors[0].name, "reflection_port_30120");
}

TEST_F(DetectionTest, TheUsualRateIsNotPartOfTheFlood) {
  begin(held_for(2));
  windows(60, {udp(500)});
  windows(10, {udp(4500)});
  ASSERT_EQ(incidents().size(), 1u);
  EXPECT_EQ(incidents()[0]->total.packets, 10u * 4000);
  EXPECT_DOUBLE_EQ(incidents()[0]->peak_pps, 40000);
  EXPECT_DOUBLE_EQ(WindowFeed::at(incidents()[0]->start), 6.0);
}

TEST_F(DetectionTest, ARampStartsWhereItRoseAboveTheUsualRate) {
  begin(held_for(2));
  windows(20);
  for (std::uint32_t step = 1; step <= 10; ++step) windows(1, {udp(step * 300)});
  ASSERT_EQ(incidents().size(), 1u);
  const Incident incident = *incidents()[0];
  EXPECT_DOUBLE_EQ(WindowFeed::at(incident.detected), 2.7)
      << "in the seventh step, with 2100 packets";
  EXPECT_DOUBLE_EQ(WindowFeed::at(incident.start), 2.0);
  EXPECT_EQ(incident.total.packets, 300u * 55);
}

TEST_F(DetectionTest, AProtectedPrefixOfOneHostHasAllPacketsOfItsFlood) {
  Settings settings = protecting({"198.51.100.7/32"});
  settings.profiles["default"].hold = held_for(2).profiles["default"].hold;
  begin(settings);
  windows(30,
          {udp(3000),
           {.target = kTarget, .vector = Vector::reflection_ntp, .packets = 60, .sources = 30}});
  ASSERT_EQ(incidents().size(), 1u);
  EXPECT_EQ(incidents()[0]->total.packets, 30u * 3060);
}

TEST_F(DetectionTest, TheConnectionsOfARequestFloodCountFromItsStartOn) {
  const auto requests = [](std::uint32_t asked, std::uint32_t connected) {
    return std::vector<Hit>{
        {.target = kTarget, .vector = Vector::http_request, .packets = asked, .sources = 100},
        {.target = kTarget,
         .vector = Vector::tcp_established,
         .packets = connected,
         .sources = 100}};
  };
  begin(held_for(2));
  windows(20);
  windows(1, requests(400, 700));  // below the limit of 500
  windows(3, requests(900, 40));
  ASSERT_EQ(incidents().size(), 1u);
  EXPECT_EQ(incidents()[0]->vectors[0].name, "http_request");
  EXPECT_EQ(incidents()[0]->total.packets, 400u + 700u + 3 * (900u + 40u));
}

TEST_F(DetectionTest, TheLastWindowCountsAtItsRealLength) {
  begin(held_for(2));
  last_window(milliseconds(25), {udp(1000)});  // 40,000 packets/s
  ASSERT_EQ(incidents().size(), 1u);
  EXPECT_TRUE(incidents()[0]->open);
  EXPECT_DOUBLE_EQ(WindowFeed::at(incidents()[0]->detected), 0.025);
  EXPECT_DOUBLE_EQ(incidents()[0]->peak_pps, 40000);
}

TEST_F(DetectionTest, AFewPacketsInAVeryShortWindowOpenNoIncident) {
  begin(held_for(2));
  last_window(milliseconds(1), {udp(49)});
  EXPECT_THAT(told(), IsEmpty());
}

TEST_F(DetectionTest, AnsweredTrafficIsLeftAloneWithAReason) {
  begin(held_for(2));
  windows(10, {{.target = "198.51.100.66",
                .vector = Vector::tcp_established,
                .packets = 11800,
                .bytes_each = 1400,
                .flows_active = 1}});
  EXPECT_THAT(told(), IsEmpty());
  const auto left = detection_->left_alone();
  ASSERT_EQ(left.size(), 1u);
  EXPECT_EQ(left[0].address.text(), "198.51.100.66");
  EXPECT_DOUBLE_EQ(left[0].peak_pps, 118000);
  EXPECT_THAT(left[0].reason, HasSubstr("one connection"));
}

TEST_F(DetectionTest, TheProfileOfThePrefixSetsTheLimits) {
  Settings settings = protecting({"198.51.100.0/24"});
  settings.profiles["strict"] = Profile{};
  settings.profiles["strict"].thresholds.udp = 1000;
  settings.profiles["strict"].hold = whole_seconds(5);
  settings.protect.push_back({.name = "game",
                              .prefixes = {IpPrefix::parse("203.0.113.0/24").value()},
                              .profile = "strict"});
  begin(settings);
  windows(3, {udp(150, "198.51.100.9"), udp(150, "203.0.113.9")});
  windows(40);
  EXPECT_THAT(told(), ElementsAre("0.1 opened 203.0.113.9/32"))
      << "and it is held for five seconds";
  EXPECT_EQ(incidents()[0]->name, "game");
}

TEST_F(DetectionTest, AReloadChangesLimitsAndKeepsIncidents) {
  Settings settings = held_for(2);
  begin(settings);
  windows(5, {udp(3000)});
  settings.profiles.at("default").thresholds.udp = 100000;
  detection_->reload(settings);
  windows(5, {udp(2000), udp(4000, "203.0.113.5")});
  EXPECT_THAT(told(), ElementsAre("0.1 opened 198.51.100.7/32"));
  windows(30);
  EXPECT_EQ(told().back(), "2.5 closed 198.51.100.7/32")
      << "it has been below the new limit since 0.5 s";
}

TEST_F(DetectionTest, MemoryIsBoundedUnderASweep) {
  begin(held_for(2));
  static std::vector<std::string> addresses;
  for (unsigned n = 0; n < 4000; ++n) {
    addresses.push_back("198." + std::to_string(18 + n / 2000) + "." + std::to_string(n / 200) +
                        "." + std::to_string(n % 200));
  }
  for (unsigned round = 0; round < 3; ++round) {
    std::vector<Hit> hits;
    for (const std::string& address : addresses) {
      hits.push_back({.target = address.c_str(), .vector = Vector::tcp_syn, .packets = 1});
    }
    windows(1, hits);
  }
  EXPECT_LE(detection_->left_alone().size(), 10u);
  EXPECT_LE(incidents().size(), 3u)
      << "with one packet to each host, at most the sweep itself is an incident";
}

TEST_F(DetectionTest, SourcesAndPortsAreThoseOfTheIncidentsVectors) {
  begin(held_for(2));
  const Hit visits{.target = kTarget, .vector = Vector::tcp_syn, .packets = 30, .sources = 30};
  const Hit requests{
      .target = kTarget, .vector = Vector::http_request, .packets = 30, .sources = 30};
  windows(10, {visits, requests});
  windows(10, {visits,
               requests,
               {.target = kTarget,
                .vector = Vector::reflection_cldap,
                .packets = 1500,
                .sources = 3,
                .source_port = 389,
                .destination_port = 7}});
  const auto all = incidents();
  ASSERT_EQ(all.size(), 1u);
  EXPECT_EQ(all[0]->sources_estimate, 3u);
  ASSERT_EQ(all[0]->top_sources.size(), 3u);
  EXPECT_NEAR(all[0]->top_sources[0].share, 1.0 / 3, 0.01);
  ASSERT_EQ(all[0]->top_source_ports.size(), 1u);
  EXPECT_EQ(all[0]->top_source_ports[0].value, "389");
  ASSERT_EQ(all[0]->top_destination_ports.size(), 1u);
  EXPECT_EQ(all[0]->top_destination_ports[0].value, "7");
}

TEST_F(DetectionTest, NetworksAreShownBesideTheSources) {
  begin(held_for(2));
  windows(10, {{.target = kTarget, .vector = Vector::tcp_syn, .packets = 2000, .sources = 1}});
  ASSERT_EQ(incidents().size(), 1u);
  ASSERT_EQ(incidents()[0]->top_networks.size(), 1u);
  EXPECT_EQ(incidents()[0]->top_networks[0].value, "203.0.113.0/24");
  EXPECT_EQ(incidents()[0]->top_networks[0].packets, 20'000u);
  EXPECT_EQ(incidents()[0]->top_networks[0].share, 1);
}

/// There is memory for the senders of fewer hosts than this at once.
TEST_F(DetectionTest, EachOfVeryManyHostsIsJudgedBelowTheLimits) {
  begin(held_for(30));
  std::vector<std::string> addresses;
  for (unsigned n = 0; n < 1500; ++n) {
    addresses.push_back(std::to_string(30 + n / 200) + "." + std::to_string(n % 200) + ".1.1");
  }
  std::vector<Hit> hits;
  for (const std::string& address : addresses) {
    hits.push_back(
        {.target = address.c_str(), .vector = Vector::tcp_syn, .packets = 20, .sources = 20});
    hits.back().sources = 20;
  }
  // Of a second, each host has 200 SYNs of 20 sources, which are too few; then of 60.
  windows(10, hits);
  EXPECT_EQ(incidents().size(), 0u);
  for (Hit& hit : hits) hit.sources = 60;
  for (Hit& hit : hits) hit.packets = 60;
  windows(50, hits);
  EXPECT_EQ(incidents().size(), 1500u);
}

TEST_F(DetectionTest, AnOpenIncidentTellsSinceWhenItIsQuiet) {
  begin(held_for(30));
  windows(5, {udp(3000)});
  EXPECT_FALSE(incidents()[0]->quiet_since);
  windows(5);
  ASSERT_TRUE(incidents()[0]->quiet_since);
  EXPECT_EQ(WindowFeed::at(*incidents()[0]->quiet_since), 0.5);
  windows(1, {udp(3000)});
  EXPECT_FALSE(incidents()[0]->quiet_since) << "it goes on";
  windows(320);
  EXPECT_FALSE(incidents()[0]->open);
  EXPECT_FALSE(incidents()[0]->quiet_since);
}

/// Where one direction is visible, established connections are one-sided too.
TEST_F(DetectionTest, AnIncidentHasThePacketsThatItWasFoundBy) {
  begin(held_for(2));
  windows(
      5, {{.target = kTarget, .vector = Vector::tcp_oneway, .packets = 6000, .flows_active = 500}});
  for (const auto& incident : incidents()) {
    EXPECT_EQ(incident->total.packets, 5u * 6000);
    EXPECT_EQ(incident->peak_pps, 60'000);
    EXPECT_FALSE(incident->vectors.empty());
  }
  EXPECT_EQ(incidents().size(), 1u);
}

}  // namespace
}  // namespace floodgauge
