// The words of rules, of blackhole routes and of advice.
#include "detectors/mitigation.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace floodgauge {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

Incident flood_of(const char* vector) {
  Incident incident;
  incident.target = IpPrefix::parse("198.51.100.7/32").value();
  incident.vectors = {{.name = vector, .share = 1}};
  return incident;
}

MadeRule udp_rule(std::uint64_t rate_limit = 0) {
  MadeRule rule;
  rule.match.protocol = 17;
  rule.rate_limit = rate_limit;
  return rule;
}

TEST(Mitigation, ARuleIsInTheTextFormThatExabgpReads) {
  EXPECT_EQ(flowspec_text(udp_rule(), flood_of("udp")),
            "flow route { match { destination 198.51.100.7/32; protocol =17; } "
            "then { discard; } }");
  EXPECT_EQ(flowspec_text(udp_rule(125000), flood_of("udp")),
            "flow route { match { destination 198.51.100.7/32; protocol =17; } "
            "then { rate-limit 125000; } }");
}

TEST(Mitigation, AFloodOutIsMatchedByItsSourceAndHasNoBlackhole) {
  Incident incident = flood_of("udp");
  EXPECT_EQ(blackhole_text(incident), "route 198.51.100.7/32 next-hop self community [65535:666]");
  incident.direction = Direction::out;
  EXPECT_EQ(blackhole_text(incident), "");
  EXPECT_EQ(flowspec_text(udp_rule(), incident),
            "flow route { match { source 198.51.100.7/32; protocol =17; } then { discard; } }");
  const RuleTake all{.flood_share = 1, .answered_share = 0.5, .answered_flows = 3};
  EXPECT_THAT(advice_text(incident, {udp_rule()}, all, true), HasSubstr("the sender"));
}

TEST(Mitigation, CleanRulesThatTakeTheFloodNeedNoAdvice) {
  const RuleTake clean{.flood_share = 0.95, .answered_share = 0.01, .answered_flows = 1};
  EXPECT_EQ(advice_text(flood_of("udp"), {udp_rule()}, clean, true), "");
  const RuleTake part{.flood_share = 0.94, .answered_share = 0.01, .answered_flows = 1};
  EXPECT_NE(advice_text(flood_of("udp"), {udp_rule()}, part, false), "");
  const RuleTake dirty{.flood_share = 0.95, .answered_share = 0.011, .answered_flows = 1};
  EXPECT_NE(advice_text(flood_of("udp"), {udp_rule()}, dirty, false), "");
}

TEST(Mitigation, TheBetterWayComesFirst) {
  const RuleTake dirty{.flood_share = 1, .answered_share = 0.087, .answered_flows = 373};
  const std::string syn = advice_text(flood_of("tcp_syn"), {udp_rule()}, dirty, false);
  EXPECT_THAT(syn, HasSubstr("cookies (RFC 4987)"));
  EXPECT_THAT(syn, HasSubstr("8.7 % of the answered packets (373 flows in the sample)"));
  EXPECT_THAT(syn, HasSubstr("Last the blackhole"));
  EXPECT_THAT(advice_text(flood_of("dns_query"), {udp_rule(1)}, dirty, false),
              HasSubstr("truncated"));
  EXPECT_THAT(advice_text(flood_of("http_request"), {udp_rule(1)}, dirty, false),
              HasSubstr("challenge"));
}

TEST(Mitigation, SharesAndFlowsAreWrittenOut) {
  const auto told = [](double share, std::uint64_t flows) {
    const RuleTake take{.flood_share = 0.5, .answered_share = share, .answered_flows = flows};
    return advice_text(flood_of("udp"), {udp_rule()}, take, false);
  };
  EXPECT_THAT(told(0.02, 1), HasSubstr(" 2.0 % of the answered packets (1 flow in the sample)"));
  EXPECT_THAT(told(0.1, 2), HasSubstr(" 10 % of the answered packets (2 flows in the sample)"));
  EXPECT_THAT(told(0, 0), HasSubstr(" 0 % of the answered packets (0 flows in the sample)"));
}

TEST(Mitigation, ARuleThatLimitsARateComesWithAdviceThoughItIsClean) {
  const RuleTake clean{.flood_share = 1, .answered_share = 0, .answered_flows = 0};
  EXPECT_NE(advice_text(flood_of("udp"), {udp_rule(), udp_rule(1)}, clean, false), "");
}

TEST(Mitigation, OnAFullLinkTheBlackholeComesFirst) {
  const RuleTake dirty{.flood_share = 1, .answered_share = 0.5, .answered_flows = 2};
  EXPECT_THAT(advice_text(flood_of("tcp_syn"), {udp_rule()}, dirty, true),
              StartsWith("blackhole 198.51.100.7/32: "));
}

TEST(Mitigation, WithoutASampleNothingIsProposed) {
  EXPECT_THAT(advice_text(flood_of("udp"), {}, {}, true), HasSubstr("no rule is proposed"));
}

}  // namespace
}  // namespace floodgauge
