// Rules out of samples: what they match, what they take, and where they stop.
#include "detectors/rule_maker.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "tests/detectors/rule_packets.h"

namespace floodgauge {
namespace {

using ::testing::ElementsAre;
using testing::kAckFlag;
using testing::kPushFlag;
using testing::kSynFlag;
using testing::Made;
using testing::MadeTraffic;

const IpPrefix kVictim = IpPrefix::parse("198.51.100.7/32").value();

std::vector<std::string> texts(const RuleTraffic& traffic, Direction direction = Direction::in) {
  std::vector<std::string> all;
  for (const MadeRule& rule : make_rules(traffic, direction)) {
    std::string text = rule.match.text(kVictim, direction);
    const std::string target = (direction == Direction::in ? "destination " : "source ");
    text.erase(0, target.size() + kVictim.text().size() + 2);
    if (rule.rate_limit != 0) text += "rate-limit " + std::to_string(rule.rate_limit);
    all.push_back(text);
  }
  return all;
}

const Made kSyn{Vector::tcp_syn, 6, 0, 443, 60, kSynFlag};
const Made kWeb{Vector::tcp_established, 6, 0, 443, 900, kAckFlag | kPushFlag};
const Made kDnsAnswer{Vector::reflection_dns, 17, 53, 33000, 1400};
const Made kFragment{
    Vector::udp_fragment, 17, 0, 0, 1500, 0, kFactIpv4 | kFactFragment | kFactLaterFragment};
const Made kFirstFragment{
    Vector::tcp_flags, 6, 7, 9, 1500, 0, kFactIpv4 | kFactTransport | kFactFragment};
const Made kQuery{Vector::dns_query, 17, 0, 53, 70};

TEST(RuleMaker, ReflectedDnsIsItsPortAndFragmentsAndNotAllOfUdp) {
  MadeTraffic made;
  made.flood(600, kDnsAnswer).flood(400, kFragment).answered(100, kWeb);
  EXPECT_THAT(texts(made.traffic()), ElementsAre("protocol =17; source-port =53; ",
                                                 "protocol =17; fragment is-fragment; "));
}

TEST(RuleMaker, FragmentsWithTheirFirstOnesAreOneRule) {
  MadeTraffic made;
  Made later = kFragment;
  later.protocol = 6;
  made.flood(600, later).flood(400, kFirstFragment).answered(100, kWeb);
  EXPECT_THAT(texts(made.traffic()),
              ElementsAre("protocol =6; fragment [ is-fragment first-fragment ]; "));
}

TEST(RuleMaker, AConditionHoldsForNearlyAllPackets) {
  MadeTraffic nearly;
  nearly.flood(991, kDnsAnswer).flood(9, {Vector::reflection_dns, 17, 54, 33000, 1400});
  EXPECT_THAT(texts(nearly.traffic()), ElementsAre("protocol =17; source-port =53; "));
  MadeTraffic two;
  two.flood(980, kDnsAnswer).flood(20, {Vector::reflection_dns, 17, 54, 33000, 1400});
  EXPECT_THAT(texts(two.traffic()), ElementsAre("protocol =17; source-port [ =53 =54 ]; "));
  MadeTraffic many;
  many.flood_of(1000, [](std::uint32_t n) {
    return Made{Vector::reflection_dns, 17, static_cast<std::uint16_t>(1000 + n % 5), 33000, 1400};
  });
  EXPECT_THAT(texts(many.traffic()), ElementsAre("protocol =17; destination-port =33000; "));
}

TEST(RuleMaker, SynsAreMatchedByTheirFlagsAndTheirPort) {
  MadeTraffic made;
  made.flood(1000, kSyn).answered(1000, kWeb);
  EXPECT_THAT(texts(made.traffic()),
              ElementsAre("protocol =6; destination-port =443; tcp-flags =syn; "));
}

TEST(RuleMaker, ALengthThatTellsTheFloodFromClientsKeepsItClean) {
  MadeTraffic made;
  made.flood(1000, {Vector::tcp_syn, 6, 0, 443, 40, kSynFlag});
  made.answered(900, kWeb).answered(100, kSyn);
  EXPECT_THAT(
      texts(made.traffic()),
      ElementsAre("protocol =6; destination-port =443; tcp-flags =syn; packet-length =40; "));
  // Where clients' SYNs are of the same length, nothing tells them apart.
  MadeTraffic same;
  same.flood(1000, kSyn).answered(900, kWeb).answered(100, kSyn);
  EXPECT_THAT(texts(same.traffic()),
              ElementsAre("protocol =6; destination-port =443; tcp-flags =syn; rate-limit 125000"));
}

TEST(RuleMaker, ACodePointThatTellsTheFloodFromClientsKeepsItClean) {
  Made marked = kSyn;
  marked.dscp = 8;
  MadeTraffic made;
  made.flood(1000, marked).answered(900, kWeb).answered(100, kSyn);
  EXPECT_THAT(texts(made.traffic()),
              ElementsAre("protocol =6; destination-port =443; tcp-flags =syn; dscp =8; "));
  // Clients who are marked the same way are no reason to name the mark.
  MadeTraffic same;
  same.flood(1000, marked).answered(900, kWeb).answered(100, marked);
  EXPECT_THAT(texts(same.traffic()),
              ElementsAre("protocol =6; destination-port =443; tcp-flags =syn; rate-limit 125000"));
  // Nor is a mark named where the rule is clean without.
  MadeTraffic clean;
  clean.flood(1000, marked).answered(1000, kWeb);
  EXPECT_THAT(texts(clean.traffic()),
              ElementsAre("protocol =6; destination-port =443; tcp-flags =syn; "));
}

TEST(RuleMaker, ARuleIsCleanUpToOneInAHundred) {
  MadeTraffic clean;
  clean.flood(1000, kSyn).answered(990, kWeb).answered(10, kSyn);
  EXPECT_EQ(make_rules(clean.traffic(), Direction::in).at(0).rate_limit, 0u);
  MadeTraffic not_clean;
  not_clean.flood(1000, kSyn).answered(988, kWeb).answered(12, kSyn);
  EXPECT_NE(make_rules(not_clean.traffic(), Direction::in).at(0).rate_limit, 0u);
}

TEST(RuleMaker, PortsAtWhichTheTargetAnswersAreLeftOut) {
  MadeTraffic made;
  made.flood_of(2000, [](std::uint32_t n) {
    return Made{Vector::udp, 17, 5000, static_cast<std::uint16_t>(n * 31), 500};
  });
  for (int i = 0; i < 20; ++i) made.answered(1, {Vector::udp_answered, 17, 40000, 53, 70});
  made.answered(80, kWeb);
  EXPECT_THAT(texts(made.traffic()), ElementsAre("protocol =17; source-port =5000; "));
  MadeTraffic ports;
  ports.flood_of(2000, [](std::uint32_t n) {
    return Made{Vector::udp, 17, static_cast<std::uint16_t>(n * 7),
                static_cast<std::uint16_t>(n * 31), 500};
  });
  ports.answered(20, {Vector::udp_answered, 17, 40000, 53, 70}).answered(80, kWeb);
  EXPECT_THAT(texts(ports.traffic()), ElementsAre("protocol =17; destination-port !=53; "));
}

TEST(RuleMaker, FewSendersAreMatchedWhereNothingElseTells) {
  MadeTraffic made;
  for (std::uint32_t n = 0; n < 1000; ++n) made.flood(3, kSyn);  // three sources
  made.answered(100, kSyn);
  const auto found = texts(made.traffic());
  // The first three clients have the addresses of the senders: 3 % of the answered packets.
  ASSERT_EQ(found.size(), 1u);
  MadeTraffic apart;
  for (std::uint16_t n = 0; n < 500; ++n) {
    Made syn = kSyn;
    syn.source_port = static_cast<std::uint16_t>(2000 + n);
    apart.flood(2, syn);
  }
  apart.answered(1000, kSyn);
  EXPECT_THAT(texts(apart.traffic()),
              ElementsAre("source 192.0.2.0/32; protocol =6; destination-port =443; "
                          "tcp-flags =syn; ",
                          "source 192.1.2.1/32; protocol =6; destination-port =443; "
                          "tcp-flags =syn; "));
}

TEST(RuleMaker, RequestsAreLimitedAndNotDiscarded) {
  MadeTraffic made;
  made.flood(1000, kQuery);
  EXPECT_THAT(texts(made.traffic()),
              ElementsAre("protocol =17; destination-port =53; rate-limit 125000"));
}

TEST(RuleMaker, TheRateLeavesRoomForTwiceWhatWasAnswered) {
  MadeTraffic made;
  made.flood(1000, {Vector::dns_query, 17, 40000, 53, 1000});
  made.answered(5000, {Vector::dns_query, 17, 40000, 53, 1000});
  // 5,000 packets of 1,000 bytes in 10 s are 500 kB/s.
  EXPECT_EQ(make_rules(made.traffic(), Direction::in).at(0).rate_limit, 1'000'000u);
}

TEST(RuleMaker, ManyProtocolsMakeOneRule) {
  MadeTraffic made;
  made.flood_of(3000, [](std::uint32_t n) {
    return Made{Vector::other, static_cast<std::uint8_t>(140 + n % 60), 0, 0, 500, 0, kFactIpv4};
  });
  EXPECT_THAT(texts(made.traffic()), ElementsAre(""));
}

TEST(RuleMaker, ThereAreFewRules) {
  MadeTraffic made;
  for (unsigned kind = 0; kind < kMostRules; ++kind) {
    const auto vector = static_cast<Vector>(static_cast<unsigned>(Vector::reflection_dns) + kind);
    made.flood(100, {vector, 17, static_cast<std::uint16_t>(100 + kind), 5000, 800});
  }
  EXPECT_EQ(make_rules(made.traffic(), Direction::in).size(), kMostRules);
  made.flood(100, {Vector::reflection_port, 17, 99, 5000, 800});
  EXPECT_EQ(make_rules(made.traffic(), Direction::in).size(), 1u);
}

TEST(RuleMaker, ARuleWhosePacketsAnotherTakesIsLeftOut) {
  MadeTraffic made;
  made.flood(300, kDnsAnswer).flood_of(700, [](std::uint32_t n) {
    return Made{Vector::udp, 17, 0, static_cast<std::uint16_t>(n * 11),
                static_cast<std::uint16_t>(60 + n)};
  });
  EXPECT_THAT(texts(made.traffic()), ElementsAre("protocol =17; "));
}

TEST(RuleMaker, AFloodToOneReceiverIsMatchedByIt) {
  std::vector<SampledPacket> packets(100);
  RuleTraffic traffic;
  for (std::uint32_t n = 0; n < packets.size(); ++n) {
    packets[n] = testing::made({.vector = Vector::udp}, n);
    std::swap(packets[n].source, packets[n].destination);
    packets[n].destination = IpAddress::parse("192.0.2.9").value();
    traffic.flood.push_back({&packets[n], 1});
  }
  EXPECT_THAT(texts(traffic, Direction::out),
              ElementsAre("destination 192.0.2.9/32; protocol =17; source-port =1024; "
                          "destination-port =80; "));
}

TEST(RuleMaker, WithoutAFloodThereIsNoRule) {
  MadeTraffic made;
  made.answered(100, kWeb);
  EXPECT_TRUE(make_rules(made.traffic(), Direction::in).empty());
}

TEST(RuleMaker, CountsWhatARuleTakes) {
  MadeTraffic made;
  made.flood(300, kDnsAnswer).flood(100, kFragment);
  made.answered(30, kWeb).answered(10, {Vector::udp_answered, 17, 53, 33000, 200});
  RuleMatch match;
  match.protocol = 17;
  match.source_ports = {53};
  const RuleTake take = take_of(match, made.traffic(), Direction::in);
  EXPECT_DOUBLE_EQ(take.flood_share, 0.75);
  EXPECT_DOUBLE_EQ(take.answered_share, 0.25);
  EXPECT_EQ(take.answered_flows, 10u);
  const RuleTake none = take_of(std::vector<MadeRule>{}, made.traffic(), Direction::in);
  EXPECT_DOUBLE_EQ(none.flood_share, 0);
  EXPECT_DOUBLE_EQ(none.answered_share, 0);
}

TEST(RuleMatch, EachComponentIsTold) {
  RuleMatch match;
  match.protocol = 6;
  match.source_ports = {1, 2};
  match.except_destination_ports = {53, 443};
  match.tcp_flags = {kSynFlag, kSynFlag | kAckFlag};
  match.lengths = {{40, 60}};
  match.dscps = {0, 46};
  match.peer = IpPrefix::parse("192.0.2.0/24");
  EXPECT_EQ(match.text(kVictim, Direction::in),
            "destination 198.51.100.7/32; source 192.0.2.0/24; protocol =6; "
            "source-port [ =1 =2 ]; destination-port !=53&!=443; "
            "tcp-flags [ =syn =syn+ack ]; packet-length >=40&<=60; dscp [ =0 =46 ]; ");
  RuleMatch six;
  six.protocol = 58;
  six.icmp_types = {128};
  six.dscps = {8};
  EXPECT_EQ(six.text(IpPrefix::parse("2001:db8::7/128").value(), Direction::out),
            "source 2001:db8::7/128; next-header =58; icmp-type =128; traffic-class =8; ");
}

TEST(RuleMatch, AComponentThatAPacketHasNoPlaceForDoesNotMatch) {
  const SampledPacket later = testing::made(kFragment);
  RuleMatch by_port;
  by_port.protocol = 17;
  by_port.source_ports = {0};
  EXPECT_FALSE(by_port.matches(later, Direction::in));
  RuleMatch except;
  except.except_destination_ports = {53};
  EXPECT_FALSE(except.matches(later, Direction::in));
  RuleMatch all;
  EXPECT_TRUE(all.matches(later, Direction::in));
  RuleMatch fragments;
  fragments.fragments = RuleMatch::Fragments::later;
  EXPECT_TRUE(fragments.matches(later, Direction::in));
  EXPECT_FALSE(fragments.matches(testing::made(kSyn), Direction::in));
  EXPECT_FALSE(fragments.matches(testing::made(kFirstFragment), Direction::in));
  fragments.fragments = RuleMatch::Fragments::all;
  EXPECT_TRUE(fragments.matches(later, Direction::in));
  EXPECT_TRUE(fragments.matches(testing::made(kFirstFragment), Direction::in));
  EXPECT_FALSE(fragments.matches(testing::made(kSyn), Direction::in));
}

}  // namespace
}  // namespace floodgauge
