// Floods that protected hosts send, from windows to incidents.
#include "detectors/outbound_detection.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/detectors/detection_fixture.h"

namespace floodgauge {
namespace {

using testing::DetectionTest;
using ::testing::ElementsAre;
using testing::Hit;
using testing::kTarget;
using testing::protecting;
using testing::SentHit;

class OutboundTest : public DetectionTest {
 protected:
  /// A window with ordinary packets to the prefix, and `sent`.
  void sends(unsigned count, const SentHit& sent) {
    for (unsigned n = 0; n < count; ++n) {
      feed_->add_sent(sent);
      windows(1);
    }
  }
};

TEST_F(OutboundTest, AHostThatFloodsOthersIsAnIncidentOfItsOwn) {
  begin(protecting({"198.51.100.0/24"}));
  windows(20);
  sends(10, {.source = kTarget, .packets = 6000, .bytes_each = 442, .new_flows = 6000});
  windows(30);
  const auto found = incidents();
  ASSERT_EQ(found.size(), 1u);
  const Incident& incident = *found[0];
  EXPECT_EQ(incident.kind, IncidentKind::flood);
  EXPECT_EQ(incident.direction, Direction::out);
  EXPECT_EQ(incident.target.text(), "198.51.100.7/32");
  EXPECT_EQ(incident.vectors.at(0).name, "udp");
  EXPECT_EQ(incident.peak_pps, 60000);
  EXPECT_EQ(incident.total.packets, 60000u);
  EXPECT_EQ(incident.sources_estimate, 1u);
  ASSERT_EQ(incident.top_sources.size(), 1u);
  EXPECT_EQ(incident.top_sources[0].value, "198.51.100.7");
  ASSERT_EQ(incident.towards.size(), 1u);
  EXPECT_EQ(incident.towards[0].value, "203.0.113.0");
  ASSERT_TRUE(incident.mitigation);
  EXPECT_EQ(incident.mitigation->blackhole, "");
  EXPECT_NE(
      incident.mitigation->flowspec.find("source 198.51.100.7/32; destination 203.0.113.0/32"),
      std::string::npos)
      << incident.mitigation->flowspec;
  EXPECT_FALSE(incident.open);
  EXPECT_THAT(told(), ElementsAre("2.1 opened 198.51.100.7/32", "5.0 closed 198.51.100.7/32"));
}

TEST_F(OutboundTest, BelowTheLimitOfTheConfigurationItIsNone) {
  Settings settings = protecting({"198.51.100.0/24"});
  settings.profiles.at("default").outbound.udp = 70e3;
  settings.profiles.at("default").outbound.packets = 70e3;
  settings.profiles.at("default").outbound.new_flows.reset();
  begin(settings);
  sends(10, {.source = kTarget, .packets = 6900, .new_flows = 6900});
  EXPECT_TRUE(incidents().empty());
  sends(10, {.source = kTarget, .packets = 7100, .new_flows = 7100});
  EXPECT_EQ(incidents().size(), 1u);
}

TEST_F(OutboundTest, OneHostMayBeHitAndHitOthers) {
  begin(protecting({"198.51.100.0/24"}));
  for (int n = 0; n < 10; ++n) {
    feed_->add_sent({.source = kTarget, .packets = 6000, .new_flows = 6000});
    windows(1, {{.target = kTarget, .vector = Vector::tcp_syn, .packets = 1000, .sources = 500}});
  }
  const auto found = incidents();
  ASSERT_EQ(found.size(), 2u);
  EXPECT_EQ(found[0]->target, found[1]->target);
  EXPECT_NE(found[0]->direction, found[1]->direction);
  EXPECT_NE(found[0]->id, found[1]->id);
}

TEST_F(OutboundTest, AReflectorIsNamedByItsService) {
  begin(protecting({"198.51.100.0/24"}));
  windows(20);
  sends(10, {.source = kTarget,
             .vector = Vector::udp_answered,
             .packets = 1000,
             .bytes_each = 1400,
             .source_port = 11211,
             .large_answers = true});
  const auto found = incidents();
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0]->direction, Direction::out);
  EXPECT_EQ(found[0]->vectors.at(0).name, "reflection_memcached");
  EXPECT_EQ(found[0]->peak_pps, 10000);
  EXPECT_EQ(found[0]->top_source_ports.at(0).value, "11211");
}

TEST_F(OutboundTest, AScanOfOthersIsNoFloodUpToTheLimitOfAllPackets) {
  begin(protecting({"198.51.100.0/24"}));
  windows(20);
  sends(10, {.source = kTarget,
             .vector = Vector::tcp_syn,
             .packets = 3000,
             .bytes_each = 40,
             .receivers = 3000,
             .new_flows = 3000});
  EXPECT_TRUE(incidents().empty());
  EXPECT_EQ(detection_->scans().rows().size(), 1u);
  sends(10, {.source = kTarget,
             .vector = Vector::tcp_syn,
             .packets = 3000,
             .bytes_each = 40,
             .receivers = 1,
             .new_flows = 3000});
  EXPECT_EQ(incidents().size(), 1u) << "SYNs to one host and port";
}

}  // namespace
}  // namespace floodgauge
