// Carpet bombing through the whole row of stages: one incident for the network that is hit.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "detectors/detection.h"
#include "tests/detectors/detection_fixture.h"

namespace floodgauge {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::held_for;
using testing::Hit;
using ::testing::IsEmpty;
using testing::protecting;
using testing::udp;

class CarpetDetectionTest : public testing::DetectionTest {};

std::vector<Hit> carpet(unsigned hosts, std::uint32_t packets_each) {
  static std::vector<std::string> addresses;
  if (addresses.empty()) {
    for (unsigned n = 0; n < 256; ++n) addresses.push_back("198.51.100." + std::to_string(n));
  }
  std::vector<Hit> hits;
  for (unsigned n = 0; n < hosts; ++n) hits.push_back(udp(packets_each, addresses[n].c_str()));
  return hits;
}

TEST_F(CarpetDetectionTest, ACarpetIsOneIncidentOfItsPrefix) {
  begin(protecting({"198.51.100.0/25", "203.0.113.0/24"}));
  windows(10, carpet(100, 150));  // 150,000 packets/s over the prefix, 1,500 to each host
  windows(40);
  EXPECT_THAT(told(), ElementsAre("0.1 opened 198.51.100.0/25", "3.0 closed 198.51.100.0/25"));
  const auto all = incidents();
  ASSERT_EQ(all.size(), 1u);
  EXPECT_EQ(all[0]->name, "web");
  EXPECT_EQ(all[0]->hosts, 100u);
  EXPECT_EQ(all[0]->total.packets, 10u * 100 * 150);
}

TEST_F(CarpetDetectionTest, WhereEverythingIsProtectedTheTargetIsASlash24) {
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

/// Ten hosts are hit in each of 30 networks, which are too few for a carpet in one network. Other
/// networks have one host with a stray packet each.
TEST_F(CarpetDetectionTest, ACarpetOverQuietNetworksIsOneIncidentOfTheNetworkThatHoldsThem) {
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

TEST_F(CarpetDetectionTest, Ipv6CarpetsAndIpv4CarpetsAreSeparate) {
  begin(held_for(2));
  std::vector<std::string> addresses;
  for (unsigned host = 1; host <= 100; ++host) {
    addresses.push_back("2001:db8:0:1::" + std::to_string(host));
    // IPv4-mapped addresses begin with the same 64 bits as these, and must not share a network with
    // them.
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

TEST_F(CarpetDetectionTest, FewHostsAreNotACarpet) {
  begin(protecting({"198.51.100.0/24"}));
  windows(5, carpet(10, 1500));  // 150,000 packets/s, but each host below its limit
  EXPECT_THAT(told(), IsEmpty());
}

TEST_F(CarpetDetectionTest, AHostThatTakesMuchOfACarpetHasItsOwnIncident) {
  begin(protecting({"198.51.100.0/24"}));
  std::vector<Hit> hits = carpet(100, 150);
  windows(5, hits);
  hits[50].packets = 20000;
  windows(10, hits);
  EXPECT_THAT(told(), ::testing::Contains(HasSubstr("opened 198.51.100.0/24")));
  EXPECT_THAT(told(), ::testing::Contains(HasSubstr("opened 198.51.100.50/32")));
  EXPECT_EQ(incidents().size(), 2u);
}

Hit syns(std::uint32_t packets, const char* target) {
  return {.target = target, .vector = Vector::tcp_syn, .packets = packets, .sources = 500};
}

const Incident& incident_on(const std::vector<std::shared_ptr<const Incident>>& all,
                            const char* target) {
  static const Incident kNone;
  for (const auto& incident : all) {
    if (incident->target.text() == target) return *incident;
  }
  ADD_FAILURE() << "no incident on " << target;
  return kNone;
}

TEST_F(CarpetDetectionTest, AFloodOfAnotherVectorUnderACarpetIsAnIncidentOfItsOwn) {
  begin(protecting({"198.51.100.0/24"}));
  std::vector<Hit> hits = carpet(200, 60);
  windows(5, hits);
  hits.push_back(syns(2000, "198.51.100.99"));  // far below a quarter of the carpet's rate
  windows(10, hits);
  const auto all = incidents();
  ASSERT_EQ(all.size(), 2u);
  const Incident& host = incident_on(all, "198.51.100.99/32");
  EXPECT_EQ(host.total.packets, 10u * 2000) << "without the carpet's packets";
  ASSERT_EQ(host.vectors.size(), 1u);
  EXPECT_EQ(host.vectors[0].name, "tcp_syn");
  const Incident& carpets = incident_on(all, "198.51.100.0/24");
  EXPECT_EQ(carpets.total.packets, 15u * 200 * 60) << "all datagrams, and no SYN";
  ASSERT_EQ(carpets.vectors.size(), 1u);
  EXPECT_EQ(carpets.vectors[0].name, "udp");
}

TEST_F(CarpetDetectionTest, ACarpetThatBeginsAfterAHostsFloodIsAnIncidentOfItsOwn) {
  begin(protecting({"198.51.100.0/24"}));
  std::vector<Hit> hits = {syns(3000, "198.51.100.99")};
  windows(5, hits);
  for (const Hit& hit : carpet(200, 60)) hits.push_back(hit);
  windows(10, hits);
  const auto all = incidents();
  ASSERT_EQ(all.size(), 2u);
  EXPECT_EQ(incident_on(all, "198.51.100.99/32").total.packets, 15u * 3000);
  EXPECT_EQ(incident_on(all, "198.51.100.0/24").total.packets, 10u * 200 * 60);
}

TEST_F(CarpetDetectionTest, ACarpetAndAHostsFloodThatBeginTogetherAreTwo) {
  begin(protecting({"198.51.100.0/24"}));
  std::vector<Hit> hits = carpet(200, 60);
  hits.push_back(syns(20000, "198.51.100.99"));  // more than the whole carpet
  windows(10, hits);
  const auto all = incidents();
  ASSERT_EQ(all.size(), 2u);
  EXPECT_EQ(incident_on(all, "198.51.100.0/24").total.packets, 10u * 200 * 60);
  EXPECT_EQ(incident_on(all, "198.51.100.99/32").total.packets, 10u * 20000);
}

TEST_F(CarpetDetectionTest, ACarpetOfTwoVectorsExcusesBoth) {
  begin(protecting({"198.51.100.0/24"}));
  std::vector<Hit> hits = carpet(200, 60);
  for (const Hit& hit : carpet(200, 30)) hits.push_back(syns(30, hit.target));
  windows(10, hits);
  ASSERT_EQ(incidents().size(), 1u);
  EXPECT_EQ(incidents()[0]->vectors.size(), 2u);
  EXPECT_EQ(incidents()[0]->total.packets, 10u * 200 * 90);
}

TEST_F(CarpetDetectionTest, ACarpetThatShrinksToTwoHostsKeepsItsIncident) {
  begin(protecting({"198.51.100.0/24"}));
  windows(10, carpet(200, 60));
  windows(10, carpet(2, 6000));
  windows(10, carpet(1, 5000));  // below the prefix's limit, above a host's
  const auto all = incidents();
  ASSERT_EQ(all.size(), 1u);
  EXPECT_EQ(all[0]->total.packets, 10u * 200 * 60 + 10u * 2 * 6000 + 10u * 5000);
  EXPECT_FALSE(all[0]->quiet_since);
}

TEST_F(CarpetDetectionTest, AHostsFloodLongAfterACarpetIsAnIncidentOfItsOwn) {
  Settings settings = protecting({"198.51.100.0/24"});
  settings.profiles.at("default").hold = whole_seconds(30);
  begin(settings);
  windows(10, carpet(200, 60));
  windows(30);  // longer than a carpet takes to shrink
  windows(10, carpet(1, 5000));
  EXPECT_EQ(incidents().size(), 2u);
}

TEST_F(CarpetDetectionTest, ACarpetThatGrowsToTheNetworksBesideItKeepsItsIncident) {
  begin(held_for(2));
  std::vector<std::string> addresses;
  for (unsigned network = 0; network < 4; ++network) {
    for (unsigned host = 0; host < 100; ++host) {
      addresses.push_back("198.18." + std::to_string(network) + "." + std::to_string(host));
    }
  }
  std::vector<Hit> hits;
  for (unsigned n = 0; n < 100; ++n) hits.push_back(udp(100, addresses[n].c_str()));
  windows(10, hits);
  ASSERT_EQ(incidents().size(), 1u);
  const std::string id = incidents()[0]->id;
  for (unsigned n = 100; n < 400; ++n) hits.push_back(udp(100, addresses[n].c_str()));
  windows(10, hits);
  const auto all = incidents();
  ASSERT_EQ(all.size(), 1u);
  EXPECT_EQ(all[0]->id, id);
  EXPECT_EQ(all[0]->target.text(), "198.18.0.0/22");
  EXPECT_EQ(all[0]->total.packets, 10u * 100 * 100 + 10u * 400 * 100);
  EXPECT_EQ(all[0]->peak_pps, 400'000);
}

TEST_F(CarpetDetectionTest, ACarpetOverSeveralNetworksFromItsBeginningIsOneIncident) {
  begin(held_for(2));
  std::vector<std::string> addresses;
  for (unsigned n = 0; n < 400; ++n) {
    addresses.push_back("198.18." + std::to_string(n / 100) + "." + std::to_string(n % 100));
  }
  std::vector<Hit> hits;
  for (const std::string& address : addresses) hits.push_back(udp(100, address.c_str()));
  windows(10, hits);
  const auto all = incidents();
  ASSERT_EQ(all.size(), 1u);
  EXPECT_EQ(all[0]->target.text(), "198.18.0.0/22");
  EXPECT_EQ(all[0]->total.packets, 10u * 400 * 100);
}

/// The tracker of a wide network is not that of its incident's target, which is narrower.
TEST_F(CarpetDetectionTest, NothingIsLearntOfAWideNetworkWhileACarpetIsOpenInIt) {
  begin(held_for(2));
  std::vector<std::string> addresses;
  for (unsigned n = 0; n < 300; ++n) {
    addresses.push_back("198.18." + std::to_string(n / 10) + "." + std::to_string(n % 10));
  }
  std::vector<Hit> hits;
  for (const std::string& address : addresses) hits.push_back(few_from_one(50, address));
  windows(60, hits);
  windows(40);  // the incident closes
  windows(20, hits);
  const auto all = incidents();
  ASSERT_EQ(all.size(), 2u) << "the second carpet is not taken for what is usual";
  EXPECT_EQ(all[1]->total.packets, 20u * 300 * 50);
}

}  // namespace
}  // namespace floodgauge
