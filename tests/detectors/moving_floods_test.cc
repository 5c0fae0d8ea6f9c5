// Floods that move from host to host of a network, through the whole row of stages.
#include "detectors/moving_floods.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/detectors/detection_fixture.h"

namespace floodgauge {
namespace {

using testing::held_for;
using testing::Hit;
using testing::protecting;
using testing::udp;

class MovingFloodsTest : public testing::DetectionTest {
 protected:
  /// Hits `hosts` hosts of a network one after the other, from host number `first` on, each for
  /// `stay` windows, with `pause` windows between.
  void hop(const std::string& network, unsigned first, unsigned hosts, unsigned stay = 3,
           unsigned pause = 0, Vector vector = Vector::udp) {
    for (unsigned n = first; n < first + hosts; ++n) {
      const std::string target = network + std::to_string(n);
      Hit hit = udp(4000, target.c_str());
      hit.vector = vector;
      windows(stay, {hit});
      windows(pause);
    }
  }
  std::vector<std::string> targets() const {
    std::vector<std::string> targets;
    for (const auto& incident : incidents()) targets.push_back(incident->target.text());
    return targets;
  }
};

Settings long_hold(const char* prefix) {
  Settings settings = protecting({prefix});
  settings.profiles.at("default").hold = whole_seconds(30);
  return settings;
}

TEST_F(MovingFloodsTest, AfterTwoHopsTheNetworkIsTheTarget) {
  begin(long_hold("198.51.100.0/24"));
  hop("198.51.100.", 10, 20);
  ASSERT_THAT(targets(),
              ::testing::ElementsAre("198.51.100.10/32", "198.51.100.11/32", "198.51.100.0/24"));
  const auto all = incidents();
  const Incident& network = *all[2];
  EXPECT_EQ(network.total.packets, 18u * 3 * 4000);
  EXPECT_EQ(network.hosts, 20u);
  EXPECT_EQ(network.peak_pps, 40'000);
  EXPECT_TRUE(network.open);
  EXPECT_FALSE(network.quiet_since);
  EXPECT_EQ(network.evidence[1].measure, "hosts_hit_in_turn");
  EXPECT_EQ(network.evidence[1].value, 3);
  EXPECT_TRUE(all[0]->quiet_since.has_value());
}

TEST_F(MovingFloodsTest, PausesBetweenTheHopsDoNotMatterBelowTenSeconds) {
  begin(long_hold("198.51.100.0/24"));
  hop("198.51.100.", 10, 5, 3, 20);
  EXPECT_EQ(targets().size(), 3u);
}

TEST_F(MovingFloodsTest, FloodsWithLongPausesBetweenThemAreSeparate) {
  begin(long_hold("198.51.100.0/24"));
  hop("198.51.100.", 10, 4, 3, 105);
  EXPECT_EQ(targets().size(), 4u);
}

TEST_F(MovingFloodsTest, FloodsOfDifferentVectorsAreSeparate) {
  begin(long_hold("198.51.100.0/24"));
  const Vector vectors[] = {Vector::udp, Vector::tcp_syn, Vector::icmp, Vector::gre};
  for (unsigned n = 0; n < 4; ++n) hop("198.51.100.", 10 + n, 1, 3, 0, vectors[n]);
  EXPECT_EQ(targets().size(), 4u);
}

TEST_F(MovingFloodsTest, FloodsAtTheSameTimeAreSeparate) {
  begin(long_hold("198.51.100.0/24"));
  std::vector<std::string> addresses;
  for (unsigned n = 0; n < 8; ++n) addresses.push_back("198.51.100." + std::to_string(n));
  std::vector<Hit> hits;
  for (const std::string& address : addresses) {
    hits.push_back(udp(4000, address.c_str()));
    windows(3, hits);  // one more each time
  }
  EXPECT_EQ(targets().size(), 8u);
}

TEST_F(MovingFloodsTest, FloodsThatStayLongOnAHostAreSeparate) {
  begin(long_hold("198.51.100.0/24"));
  hop("198.51.100.", 10, 4, 105);
  EXPECT_EQ(targets().size(), 4u);
}

TEST_F(MovingFloodsTest, AnotherVectorBesideItIsAnIncidentOfItsHost) {
  begin(long_hold("198.51.100.0/24"));
  hop("198.51.100.", 10, 6);
  windows(3, {udp(4000, "198.51.100.30"),
              {.target = "198.51.100.99", .vector = Vector::icmp, .packets = 2000, .sources = 9}});
  EXPECT_THAT(targets(), ::testing::Contains("198.51.100.99/32"));
  EXPECT_EQ(targets().size(), 4u);
}

TEST_F(MovingFloodsTest, ItGoesOnAsACarpet) {
  begin(long_hold("198.51.100.0/24"));
  hop("198.51.100.", 10, 6);
  std::vector<std::string> addresses;
  for (unsigned n = 0; n < 100; ++n) addresses.push_back("198.51.100." + std::to_string(n));
  std::vector<Hit> hits;
  for (const std::string& address : addresses) hits.push_back(udp(100, address.c_str()));
  windows(10, hits);
  EXPECT_EQ(targets().size(), 3u);
  EXPECT_EQ(incidents()[2]->peak_pps, 98'000);
  EXPECT_EQ(incidents()[2]->total.packets, 4u * 3 * 4000 + 98u * 10 * 100)
      << "two of the hosts have incidents of their own";
}

TEST_F(MovingFloodsTest, WhereEverythingIsProtectedItMovesThroughTheNetworksOfAWideOne) {
  begin(held_for(30));
  for (unsigned n = 0; n < 12; ++n) {
    hop("198.18." + std::to_string(n % 4) + ".", 10 + n, 1);
  }
  EXPECT_THAT(targets(), ::testing::ElementsAre("198.18.0.10/32", "198.18.1.11/32",
                                                "198.18.2.12/32", "198.18.0.0/22"));
  EXPECT_EQ(incidents()[3]->total.packets, 9u * 3 * 4000);
}

TEST_F(MovingFloodsTest, ItsTargetGrowsWithTheNetworksThatItReaches) {
  begin(held_for(30));
  hop("198.18.0.", 10, 4);
  const std::string id = incidents()[2]->id;
  EXPECT_EQ(incidents()[2]->target.text(), "198.18.0.0/24");
  hop("198.18.1.", 10, 2);
  hop("198.18.0.", 50, 2);
  ASSERT_EQ(targets().size(), 3u);
  EXPECT_EQ(incidents()[2]->target.text(), "198.18.0.0/23");
  EXPECT_EQ(incidents()[2]->id, id);
  EXPECT_EQ(incidents()[2]->total.packets, 6u * 3 * 4000);
}

TEST_F(MovingFloodsTest, ItMovesThroughAnIpv6Network) {
  begin(held_for(30));
  hop("2001:db8:0:1::", 10, 10);
  EXPECT_EQ(targets().size(), 3u);
  EXPECT_THAT(targets(), ::testing::Contains("2001:db8:0:1::/64"));
}

}  // namespace
}  // namespace floodgauge
