// Rules of open floods over time: the first set, what stands, what changes, what is told.
#include "detectors/rule_keeper.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/detectors/detection_fixture.h"

namespace floodgauge {
namespace {

using testing::DetectionTest;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::Hit;
using testing::kTarget;
using testing::protecting;
using testing::udp;

Hit ntp(std::uint32_t packets) {
  return {.target = kTarget,
          .vector = Vector::reflection_ntp,
          .packets = packets,
          .bytes_each = 480,
          .sources = 500,
          .source_port = 123};
}
Hit noise(std::uint32_t packets) {
  Hit hit = udp(packets);
  hit.destination_port = 5000;
  return hit;
}
Hit clients(std::uint32_t packets) {
  return {.target = kTarget, .vector = Vector::tcp_established, .packets = packets, .sources = 40};
}

class RuleKeeperTest : public DetectionTest {
 protected:
  const Mitigation& mitigation(std::size_t which = 0) {
    all_ = incidents();
    return all_.at(which)->mitigation.value();
  }
  std::vector<std::shared_ptr<const Incident>> all_;
};

TEST_F(RuleKeeperTest, AFloodHasItsRulesFromTheFirstEventOn) {
  begin(protecting({"198.51.100.0/24"}));
  windows(20, {clients(100)});
  windows(1, {clients(100), ntp(6000)});
  EXPECT_THAT(told(), ElementsAre("2.1 opened 198.51.100.7/32"));
  const Mitigation& found = mitigation();
  EXPECT_EQ(found.revision, 1u);
  ASSERT_EQ(found.rules.size(), 1u);
  EXPECT_EQ(found.rules[0].flowspec,
            "flow route { match { destination 198.51.100.7/32; protocol =17; source-port =123; } "
            "then { discard; } }");
  EXPECT_EQ(found.flowspec, found.rules[0].flowspec);
  EXPECT_DOUBLE_EQ(found.rules[0].flood_share, 1);
  EXPECT_DOUBLE_EQ(found.rules[0].answered_share, 0);
  EXPECT_DOUBLE_EQ(found.covered_share, 1);
  EXPECT_GT(found.rules[0].sampled_packets, 600u);
  EXPECT_EQ(found.advice, "");
}

TEST_F(RuleKeeperTest, RulesThatTakeTheFloodStand) {
  begin(protecting({"198.51.100.0/24"}));
  windows(10, {clients(100)});
  windows(100, {clients(100), ntp(6000)});
  EXPECT_EQ(mitigation().revision, 1u);
  EXPECT_THAT(told(), ElementsAre("1.1 opened 198.51.100.7/32"));
}

TEST_F(RuleKeeperTest, AFloodThatChangesHasNewRulesWhichAreToldOnce) {
  begin(protecting({"198.51.100.0/24"}));
  windows(10, {clients(100)});
  windows(40, {clients(100), ntp(6000)});
  const std::string before = mitigation().flowspec;
  windows(100, {clients(100), ntp(6000), noise(8000)});
  const Mitigation& found = mitigation();
  EXPECT_EQ(found.revision, 2u);
  EXPECT_GE(found.covered_share, 0.95);
  EXPECT_EQ(
      std::ranges::count_if(
          told_, [](const std::string& line) { return line.find("rules") != std::string::npos; }),
      1);
  const RulesChange& change = all_[0]->rules_change;
  EXPECT_EQ(change.announce.size(), 1u);
  EXPECT_TRUE(change.withdraw.empty());
  EXPECT_THAT(found.rules,
              ::testing::Contains(::testing::Field(&MitigationRule::flowspec, before)));
}

TEST_F(RuleKeeperTest, RulesAreNotChangedWhileTheyAreNew) {
  begin(protecting({"198.51.100.0/24"}));
  windows(10, {clients(100)});
  windows(5, {clients(100), ntp(6000)});
  windows(4, {clients(100), noise(8000)});  // 0.9 s after they were made
  EXPECT_EQ(mitigation().revision, 1u);
  windows(4, {clients(100), noise(8000)});
  EXPECT_EQ(mitigation().revision, 2u);
  windows(25, {clients(100), {.target = kTarget, .vector = Vector::icmp, .packets = 9000}});
  EXPECT_EQ(mitigation().revision, 2u);  // later ones stand for three seconds
  windows(15, {clients(100), {.target = kTarget, .vector = Vector::icmp, .packets = 9000}});
  EXPECT_EQ(mitigation().revision, 3u);
}

TEST_F(RuleKeeperTest, TheSharesAreOfTheSecondsInWhichTheFloodSent) {
  begin(protecting({"198.51.100.0/24"}));
  windows(10, {clients(100)});
  windows(20, {clients(100), ntp(6000)});
  windows(15, {clients(3000)});  // quiet: what is answered then does not count
  const std::uint64_t sampled = mitigation().rules.at(0).sampled_packets;
  windows(3, {clients(3000)});
  EXPECT_EQ(mitigation().rules.at(0).sampled_packets, sampled);
}

TEST_F(RuleKeeperTest, ServicesThatARuleTouchesAreNamed) {
  begin(protecting({"198.51.100.0/24"}));
  const Hit asked{.target = kTarget,
                  .vector = Vector::tcp_syn,
                  .packets = 100,
                  .sources = 100,
                  .destination_port = 443,
                  .new_flows = 100,
                  .handshakes = 100};
  windows(20, {clients(100), asked});
  windows(20, {clients(100),
               {.target = kTarget,
                .vector = Vector::tcp_syn,
                .packets = 5000,
                .sources = 5000,
                .destination_port = 443}});
  const Mitigation& found = mitigation();
  ASSERT_EQ(found.rules.size(), 1u);
  EXPECT_THAT(found.rules[0].services, ElementsAre("https"));
  EXPECT_NEAR(found.rules[0].answered_share, 0.5, 0.03)
      << found.flowspec << ::testing::PrintToString(told());
  EXPECT_THAT(found.advice, HasSubstr("cookies"));
}

Hit queries(std::uint32_t packets, const char* zone, const char* target = kTarget) {
  return {.target = target,
          .vector = Vector::dns_query,
          .packets = packets,
          .sources = 5000,
          .destination_port = 53,
          .zone = zone};
}

TEST_F(RuleKeeperTest, AFloodOfQueriesForRandomNamesTellsTheirZoneFromTheFirstEventOn) {
  begin(protecting({"198.51.100.0/24"}));
  windows(20, {clients(100)});
  windows(1, {clients(100), queries(9000, "example.net")});
  ASSERT_EQ(incidents().size(), 1u);
  const auto first = incidents()[0];
  ASSERT_TRUE(first->queried);
  EXPECT_EQ(first->queried->zone, "example.net");
  windows(11, {clients(100), queries(9000, "example.net"),
               queries(900, "example.org", "198.51.100.9")});
  ASSERT_EQ(incidents().size(), 1u);
  EXPECT_EQ(incidents()[0]->queried->zone, "example.net") << "of the target's queries alone";
  EXPECT_GT(incidents()[0]->queried->sampled_names, first->queried->sampled_names);
  EXPECT_THAT(mitigation().advice, HasSubstr("names in example.net"));
}

TEST_F(RuleKeeperTest, AFloodOfQueriesForManyZonesTellsNone) {
  begin(protecting({"198.51.100.0/24"}));
  windows(20, {clients(100)});
  windows(5, {clients(100), queries(4000, "example.net"), queries(4000, "example.org"),
              queries(4000, "example.com")});
  ASSERT_EQ(incidents().size(), 1u);
  ASSERT_TRUE(incidents()[0]->queried);
  EXPECT_EQ(incidents()[0]->queried->zone, "");
}

TEST_F(RuleKeeperTest, AnotherFloodSaysNothingOfNames) {
  begin(protecting({"198.51.100.0/24"}));
  windows(20, {clients(100), queries(100, "example.net")});
  windows(5, {ntp(9000), queries(100, "example.net")});
  ASSERT_EQ(incidents().size(), 1u);
  EXPECT_FALSE(incidents()[0]->queried);
}

}  // namespace
}  // namespace floodgauge
