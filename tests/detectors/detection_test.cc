// Windows in, incidents out: when one is opened, followed, held and closed, and whose it is.
#include "detectors/detection.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/support/window_feed.h"

namespace floodgauge {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::Hit;
using ::testing::IsEmpty;
using testing::WindowFeed;

constexpr const char* kTarget = "198.51.100.7";

Settings held_for(std::int64_t seconds) {
  Settings settings;
  settings.profiles.at("default").hold = whole_seconds(seconds);
  return settings;
}

Settings protecting(std::initializer_list<const char*> prefixes) {
  Settings settings = held_for(2);
  ProtectEntry entry{.name = "web", .prefixes = {}};
  for (const char* text : prefixes) entry.prefixes.push_back(IpPrefix::parse(text).value());
  settings.protect.push_back(entry);
  return settings;
}

class DetectionTest : public ::testing::Test {
 protected:
  void begin(const Settings& settings) {
    feed_ = std::make_unique<WindowFeed>(settings);
    detection_ = std::make_unique<Detection>(
        settings, feed_->registry(),
        [this](Nanoseconds time, Transition transition, const Incident& incident) {
          char at[32];
          std::snprintf(at, sizeof at, "%.1f ", WindowFeed::at(time));
          told_.push_back(at + std::string(name(transition)) + " " + incident.target.text());
        });
  }
  /// So many windows in which each of `hits` comes, and a little that is answered.
  void windows(unsigned count, const std::vector<Hit>& hits = {}) {
    for (unsigned n = 0; n < count; ++n) {
      feed_->add({.target = "198.51.100.200", .vector = Vector::tcp_established, .packets = 10});
      for (const Hit& hit : hits) feed_->add(hit);
      feed_->close([this](const NetworkWindow& window) { detection_->on_window(window); });
    }
  }
  void last_window(Nanoseconds length, const std::vector<Hit>& hits) {
    for (const Hit& hit : hits) feed_->add(hit);
    feed_->close([this](const NetworkWindow& window) { detection_->on_window(window); }, length);
  }
  std::vector<std::shared_ptr<const Incident>> incidents() const {
    return detection_->book().all();
  }
  /// Transitions but for updates: what is told every ten seconds of an incident that lasts.
  std::vector<std::string> told() const {
    std::vector<std::string> rest;
    for (const std::string& line : told_) {
      if (line.find("updated") == std::string::npos) rest.push_back(line);
    }
    return rest;
  }

  std::unique_ptr<WindowFeed> feed_;
  std::unique_ptr<Detection> detection_;
  std::vector<std::string> told_;
};

Hit udp(std::uint32_t packets, const char* target = kTarget) {
  return {.target = target, .vector = Vector::udp, .packets = packets, .sources = 500};
}

TEST_F(DetectionTest, OpensWithTheWindowThatIsAboveALimitAndClosesAfterTheHold) {
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
  EXPECT_DOUBLE_EQ(WindowFeed::at(*incident.end), 1.5) << "the flood's end, not the hold's";
  EXPECT_EQ(incident.total, (Volume{30000, 3000000}));
  EXPECT_DOUBLE_EQ(incident.peak_pps, 30000);
  EXPECT_DOUBLE_EQ(incident.peak_bps, 24e6);
  ASSERT_FALSE(incident.evidence.empty());
  EXPECT_EQ(incident.evidence[0].measure, "udp_packets_per_second");
  EXPECT_DOUBLE_EQ(incident.evidence[0].value, 30000);
  EXPECT_DOUBLE_EQ(incident.evidence[0].limit, 20000);
  EXPECT_DOUBLE_EQ(incident.evidence[0].window_seconds, 0.1);
}

TEST_F(DetectionTest, StaysOpenAboveHalfOfTheLimitAndNotBelow) {
  begin(held_for(2));
  windows(5, {udp(3000)});
  windows(30, {udp(1100)});  // longer than the hold, and above half of the limit
  EXPECT_THAT(told(), ElementsAre("0.1 opened 198.51.100.7/32"));
  windows(25, {udp(900)});
  EXPECT_THAT(told(), ElementsAre("0.1 opened 198.51.100.7/32", "5.5 closed 198.51.100.7/32"));
}

TEST_F(DetectionTest, WhatStaysBelowTheLimitOpensNothing) {
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

TEST_F(DetectionTest, PausesLongerThanTheHoldMakeTwo) {
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

TEST_F(DetectionTest, AGapWithoutAnyPacketClosesAsQuietDoes) {
  begin(held_for(2));
  windows(3, {udp(4000)});
  feed_->skip(100);
  windows(1);
  ASSERT_EQ(incidents().size(), 1u);
  EXPECT_FALSE(incidents()[0]->open);
  EXPECT_DOUBLE_EQ(WindowFeed::at(*incidents()[0]->end), 0.3);
}

TEST_F(DetectionTest, EscalatesAsItGrowsAndNeverBack) {
  begin(held_for(2));
  windows(5, {udp(3000)});   // 1.5 times the limit
  windows(5, {udp(5000)});   // 2.5
  windows(5, {udp(12000)});  // 6, and more than any limit of packets
  windows(5, {udp(3000)});
  EXPECT_THAT(told(), ElementsAre("0.1 opened 198.51.100.7/32", "0.6 escalated 198.51.100.7/32",
                                  "1.1 escalated 198.51.100.7/32"));
  EXPECT_EQ(incidents()[0]->severity, Severity::high);
}

TEST_F(DetectionTest, IsUpdatedWhileItLasts) {
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
  ASSERT_EQ(all[0]->vectors.size(), 2u) << "what is below a hundredth is not named";
  EXPECT_EQ(all[0]->vectors[0].name, "udp");
  EXPECT_NEAR(all[0]->vectors[0].share, 0.748, 0.001);
  EXPECT_EQ(all[0]->vectors[1].name, "tcp_syn");
}

TEST_F(DetectionTest, ServersThatAnswerFromOneUnknownPortAreNamedByIt) {
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

TEST_F(DetectionTest, WhatWasUsualBeforeIsNoPartOfTheFlood) {
  begin(held_for(2));
  windows(60, {udp(500)});
  windows(10, {udp(4500)});
  ASSERT_EQ(incidents().size(), 1u);
  EXPECT_EQ(incidents()[0]->total.packets, 10u * 4000);
  EXPECT_DOUBLE_EQ(incidents()[0]->peak_pps, 40000);
  EXPECT_DOUBLE_EQ(WindowFeed::at(incidents()[0]->start), 6.0);
}

TEST_F(DetectionTest, ARampBeginsWhereItLeftWhatIsUsual) {
  begin(held_for(2));
  windows(20);
  for (std::uint32_t step = 1; step <= 10; ++step) windows(1, {udp(step * 300)});
  ASSERT_EQ(incidents().size(), 1u);
  const Incident incident = *incidents()[0];
  EXPECT_DOUBLE_EQ(WindowFeed::at(incident.detected), 2.7) << "the seventh step, 2100 packets";
  EXPECT_DOUBLE_EQ(WindowFeed::at(incident.start), 2.0);
  EXPECT_EQ(incident.total.packets, 300u * 55);
}

TEST_F(DetectionTest, TheLastWindowCountsAtItsRealLength) {
  begin(held_for(2));
  last_window(milliseconds(25), {udp(1000)});  // 40,000 a second
  ASSERT_EQ(incidents().size(), 1u);
  EXPECT_TRUE(incidents()[0]->open);
  EXPECT_DOUBLE_EQ(WindowFeed::at(incidents()[0]->detected), 0.025);
  EXPECT_DOUBLE_EQ(incidents()[0]->peak_pps, 40000);
}

TEST_F(DetectionTest, ASliverOfAWindowIsNoRate) {
  begin(held_for(2));
  last_window(milliseconds(1), {udp(49)});
  EXPECT_THAT(told(), IsEmpty());
}

std::vector<Hit> carpet(unsigned hosts, std::uint32_t packets_each) {
  static std::vector<std::string> addresses;
  if (addresses.empty()) {
    for (unsigned n = 0; n < 256; ++n) addresses.push_back("198.51.100." + std::to_string(n));
  }
  std::vector<Hit> hits;
  for (unsigned n = 0; n < hosts; ++n) hits.push_back(udp(packets_each, addresses[n].c_str()));
  return hits;
}

TEST_F(DetectionTest, ACarpetIsOneIncidentOfItsPrefix) {
  begin(protecting({"198.51.100.0/25", "203.0.113.0/24"}));
  windows(10, carpet(100, 150));  // 150,000 a second over the prefix, 1,500 a host
  windows(40);
  EXPECT_THAT(told(), ElementsAre("0.1 opened 198.51.100.0/25", "3.0 closed 198.51.100.0/25"));
  const auto all = incidents();
  ASSERT_EQ(all.size(), 1u);
  EXPECT_EQ(all[0]->name, "web");
  EXPECT_EQ(all[0]->hosts, 100u);
  EXPECT_EQ(all[0]->total.packets, 10u * 100 * 150);
}

TEST_F(DetectionTest, WhereNothingIsNamedACarpetLiesInANetworkOf256) {
  begin(held_for(2));
  windows(5, carpet(200, 80));
  ASSERT_EQ(incidents().size(), 1u);
  EXPECT_EQ(incidents()[0]->target.text(), "198.51.100.0/24");
}

Hit few_from_one(std::uint32_t packets, const std::string& target) {
  Hit hit = udp(packets, target.c_str());
  hit.sources = 1;
  return hit;
}

/// Ten hosts in each of 30 networks, too few for a carpet there, and networks with one host each.
TEST_F(DetectionTest, ACarpetOverQuietNetworksIsOneIncidentOfWhatHoldsThem) {
  begin(held_for(2));
  std::vector<std::string> addresses;
  for (unsigned network = 30; network-- > 0;) {
    for (unsigned host = 0; host < 10; ++host) {
      addresses.push_back("198.18." + std::to_string(network) + "." + std::to_string(host));
    }
  }
  std::vector<std::string> strays;
  for (unsigned n = 0; n < 250; ++n) {
    strays.push_back("198.19." + std::to_string(n) + ".1");
    strays.push_back("192.0." + std::to_string(n) + ".1");
  }
  std::vector<Hit> hits;
  for (const std::string& address : addresses) hits.push_back(few_from_one(50, address));
  for (const std::string& address : strays) hits.push_back(few_from_one(1, address));
  windows(5, hits);
  ASSERT_EQ(incidents().size(), 1u);
  EXPECT_EQ(incidents()[0]->target.text(), "198.18.0.0/19");
  EXPECT_EQ(incidents()[0]->hosts, addresses.size());
  EXPECT_EQ(incidents()[0]->total.packets, 5u * 50 * addresses.size());
}

TEST_F(DetectionTest, ACarpetOfIpv6LiesInANetworkOfItsOwn) {
  begin(held_for(2));
  std::vector<std::string> addresses;
  for (unsigned host = 1; host <= 100; ++host) {
    addresses.push_back("2001:db8:0:1::" + std::to_string(host));
    // IPv4 addresses and these lie in one half of all IPv6 addresses, and in no network together.
    addresses.push_back("::" + std::to_string(host));
    addresses.push_back("198.18." + std::to_string(host) + ".1");
  }
  std::vector<Hit> hits;
  for (const std::string& address : addresses) hits.push_back(few_from_one(150, address));
  windows(5, hits);
  std::vector<std::string> targets;
  for (const auto& incident : incidents()) {
    targets.push_back(incident->target.text());
    EXPECT_EQ(incident->hosts, 100u);
  }
  EXPECT_THAT(targets,
              ::testing::UnorderedElementsAre("2001:db8:0:1::/64", "::/64", "198.18.0.0/17"));
}

TEST_F(DetectionTest, FewHostsAreNoCarpet) {
  begin(protecting({"198.51.100.0/24"}));
  windows(5, carpet(10, 1500));  // 150,000 a second, but each host below its limit
  EXPECT_THAT(told(), IsEmpty());
}

TEST_F(DetectionTest, AHostWithAFloodOfItsOwnBesideACarpetHasItsOwnIncident) {
  begin(protecting({"198.51.100.0/24"}));
  std::vector<Hit> hits = carpet(100, 150);
  windows(5, hits);
  hits[50].packets = 20000;
  windows(10, hits);
  EXPECT_THAT(told(), ::testing::Contains(HasSubstr("opened 198.51.100.0/24")));
  EXPECT_THAT(told(), ::testing::Contains(HasSubstr("opened 198.51.100.50/32")));
  EXPECT_EQ(incidents().size(), 2u);
}

TEST_F(DetectionTest, WhatIsAnsweredIsLeftAloneAndSaidWhy) {
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

TEST_F(DetectionTest, LimitsAreThoseOfThePrefixsProfile) {
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
  EXPECT_EQ(told().back(), "2.5 closed 198.51.100.7/32") << "below the new limit since 0.5";
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
  EXPECT_LE(incidents().size(), 3u) << "one packet a host: at most the sweep itself is named";
}

}  // namespace
}  // namespace floodgauge
