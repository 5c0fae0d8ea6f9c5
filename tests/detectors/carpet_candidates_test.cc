// Stage 1: which networks of a window are worth a look.
#include "detectors/carpet_candidates.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/detectors/stages.h"

namespace floodgauge {
namespace {

using testing::prefix_of;
using testing::protecting;
using testing::Stages;

/// `hosts` hosts of a network, by the text before their last octet, with so many packets each.
void hit(Stages& stages, const std::string& network, unsigned hosts, std::uint32_t packets) {
  for (unsigned host = 0; host < hosts; ++host) {
    const std::string target = network + std::to_string(host);
    stages.feed.add({.target = target.c_str(), .vector = Vector::udp, .packets = packets});
  }
}

std::vector<NetworkCandidate> networks_of(Stages& stages) {
  std::vector<NetworkCandidate> found;
  stages.feed.close([&](const NetworkWindow& window) {
    stages.carpets.collect(window);
    found = stages.carpets.networks(window);
  });
  return found;
}

std::vector<NetworkCandidate> wide_networks_of(Stages& stages) {
  std::vector<NetworkCandidate> found;
  stages.feed.close([&](const NetworkWindow& window) {
    stages.carpets.collect(window);
    found = stages.carpets.wide_networks(window);
  });
  return found;
}

TEST(CarpetCandidates, AProtectedPrefixWithManyHostsHitIsOne) {
  Stages stages(protecting("198.51.100.0/25"));
  hit(stages, "198.51.100.", 20, 50);
  const auto found = networks_of(stages);
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].target.address, prefix_of("198.51.100.0/25"));
  EXPECT_EQ(found[0].network, found[0].target.address);
  EXPECT_TRUE(found[0].target.group);
  EXPECT_EQ(found[0].target.hosts, 20u);
  EXPECT_EQ(found[0].hit.counts.in_total.packets, 20u * 50);
  EXPECT_EQ(found[0].hit.members.size(), 20u);
}

TEST(CarpetCandidates, AFewHostsAreNoneUnlessAnIncidentIsOpen) {
  Stages stages(protecting("198.51.100.0/25"));
  hit(stages, "198.51.100.", 5, 50);
  EXPECT_TRUE(networks_of(stages).empty());
  stages.open_flood("198.51.100.0/25");
  hit(stages, "198.51.100.", 5, 50);
  const auto found = networks_of(stages);
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].target.hosts, 5u);
}

TEST(CarpetCandidates, AHostWithItsOwnIncidentIsNotCountedInTheNetwork) {
  Stages stages(protecting("198.51.100.0/25"));
  stages.open_flood("198.51.100.3/32");
  hit(stages, "198.51.100.", 20, 50);
  const auto found = networks_of(stages);
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].target.hosts, 19u);
}

TEST(CarpetCandidates, AWideNetworkIsNamedByTheHostsThatAreHit) {
  Stages stages;
  for (unsigned n = 0; n < 4; ++n) hit(stages, "198.18." + std::to_string(n) + ".", 10, 50);
  const auto found = wide_networks_of(stages);
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].network, prefix_of("198.18.0.0/16"));
  EXPECT_EQ(found[0].target.address, prefix_of("198.18.0.0/22"));
  EXPECT_EQ(found[0].target.hosts, 40u);
  EXPECT_TRUE(found[0].hit.wide);
}

TEST(CarpetCandidates, AWideNetworkKeepsTheTargetOfItsOpenIncident) {
  Stages stages;
  stages.open_flood("198.18.0.0/20");
  stages.open_carpets.note_wide_target(prefix_of("198.18.0.0/16"), prefix_of("198.18.0.0/20"));
  hit(stages, "198.18.1.", 2, 50);
  const auto found = wide_networks_of(stages);
  ASSERT_EQ(found.size(), 1u) << "however few hosts are hit";
  EXPECT_EQ(found[0].target.address, prefix_of("198.18.0.0/20"));
}

TEST(CarpetCandidates, AWideNetworkLeavesOutNetworksWithAnIncident) {
  Stages stages;
  for (unsigned n = 0; n < 4; ++n) hit(stages, "198.18." + std::to_string(n) + ".", 10, 50);
  stages.open_flood("198.18.3.0/24");
  const auto found = wide_networks_of(stages);
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].target.hosts, 30u);
}

TEST(CarpetCandidates, WherePrefixesAreProtectedThereAreNoWideNetworks) {
  Stages stages(protecting("198.18.0.0/15"));
  for (unsigned n = 0; n < 4; ++n) hit(stages, "198.18." + std::to_string(n) + ".", 10, 50);
  EXPECT_TRUE(wide_networks_of(stages).empty());
}

}  // namespace
}  // namespace floodgauge
