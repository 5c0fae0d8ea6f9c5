#include "engine/export/bgp/flow_rule.h"

#include <gtest/gtest.h>

#include "engine/export/bgp/route.h"
#include "engine/export/bgp/speaker.h"

namespace floodgauge {
namespace {

constexpr const char* kReflection =
    "flow route { match { destination 198.51.100.7/32; protocol =17; source-port =53; } "
    "then { discard; } }";

TEST(FlowRule, IsReadAndWritten) {
  const auto rule = FlowRule::parse(kReflection);
  ASSERT_TRUE(rule);
  EXPECT_EQ(rule->matches, (std::vector<FlowMatch>{{"destination", {"198.51.100.7/32"}},
                                                   {"protocol", {"=17"}},
                                                   {"source-port", {"=53"}}}));
  EXPECT_EQ(rule->action, "discard");
  EXPECT_EQ(rule->prefix("destination"), IpPrefix::parse("198.51.100.7/32"));
  EXPECT_FALSE(rule->prefix("source"));
  EXPECT_EQ(rule->text(), kReflection);
}

TEST(FlowRule, HasRatesAndListsOfValues) {
  const std::string text =
      "flow route { match { destination 2001:db8:1::1/128; next-header =17; "
      "packet-length [ >=100&<=200 =1400 ]; } then { rate-limit 125000; } }";
  const auto rule = FlowRule::parse(text);
  ASSERT_TRUE(rule);
  EXPECT_EQ(rule->matches[2].values, (std::vector<std::string>{">=100&<=200", "=1400"}));
  EXPECT_EQ(rule->rate, "125000");
  EXPECT_EQ(rule->text(), text);
}

// The text comes over the network and becomes a command of a speaker.
TEST(FlowRule, RefusesEverythingElse) {
  const std::string head = "flow route { match { destination 198.51.100.7/32; ";
  const std::string tail = " } then { discard; } }";
  for (const std::string& text :
       {std::string(), std::string("flow route"), head, head + tail + " x",
        head + "colour =1;" + tail, head + "protocol ;" + tail, head + "protocol =17" + tail,
        head + "protocol =17\nwithdraw;" + tail, head + "protocol $(id);" + tail,
        head + "} then { accept; } }", head + "} then { rate-limit; } }",
        head + "} then { rate-limit 1e9; } }",
        head + "} then { rate-limit 9999999999999999999; } }", head + "} then { discard; } } }",
        std::string(5000, ' ') + head + tail}) {
    EXPECT_FALSE(FlowRule::parse(text)) << text.substr(0, 100);
  }
}

TEST(Route, WithCommunitiesIsReadAndWritten) {
  Route flow{.target = *IpPrefix::parse("198.51.100.7/32"),
             .rule = FlowRule::parse(kReflection),
             .communities = {"65000:666", "65000:1"}};
  EXPECT_EQ(flow.text(),
            "flow route { match { destination 198.51.100.7/32; protocol =17; source-port =53; } "
            "then { discard; community [65000:666 65000:1]; } }");
  Route hole{.action = RouteAction::blackhole,
             .target = *IpPrefix::parse("2001:db8:1::1/128"),
             .next_hop = "2001:db8::1",
             .communities = {"65000:1"}};
  EXPECT_EQ(hole.text(),
            "route 2001:db8:1::1/128 next-hop 2001:db8::1 community [65535:666 65000:1]");
  for (const Route& route : {flow, hole}) {
    const auto again = Route::parse(route.text());
    ASSERT_TRUE(again) << route.text();
    EXPECT_EQ(again->text(), route.text());
    EXPECT_EQ(again->target, route.target);
    EXPECT_EQ(again->action, route.action);
    EXPECT_EQ(again->communities, route.communities);
  }
  EXPECT_FALSE(Route::parse("route everything next-hop self community [65535:666]"));
  EXPECT_FALSE(Route::parse("announce route 198.51.100.7/32"));
  EXPECT_FALSE(Route::parse("route 198.51.100.7/32 next-hop $(id) community [65535:666]"));
  EXPECT_FALSE(Route::parse("route 198.51.100.7/32 next-hop self community [65535:666 $(id)]"));
  EXPECT_FALSE(
      Route::parse("flow route { match { destination 198.51.100.7/32; } then { discard; "
                   "community [`id`]; } }"));
}

TEST(Gobgp, HasItsOwnWords) {
  struct Case {
    const char* match;
    const char* action;
    std::vector<std::string> words;
  };
  for (const Case& one : {
           Case{"protocol =6; destination-port =443; tcp-flags =syn+ack;",
                "discard;",
                {"protocol", "==6", "destination-port", "==443", "tcp-flags", "=SA", "then",
                 "discard"}},
           Case{"fragment is-fragment; packet-length [ >=100&<=200 =1400 ];",
                "rate-limit 125000;",
                {"fragment", "is-fragment", "packet-length", ">=100&<=200", "==1400", "then",
                 "rate-limit", "125000"}},
           Case{
               "traffic-class [ =8 =46 ];", "discard;", {"dscp", "==8", "==46", "then", "discard"}},
       }) {
    const std::string text = std::string("flow route { match { destination 198.51.100.7/32; ") +
                             one.match + " } then { " + one.action + " } }";
    const auto route = Route::parse(text);
    ASSERT_TRUE(route) << text;
    std::vector<std::string> expected = {
        "global", "rib", "add", "-a", "ipv4-flowspec", "match", "destination", "198.51.100.7/32"};
    expected.insert(expected.end(), one.words.begin(), one.words.end());
    EXPECT_EQ(gobgp_arguments(*route, "add"), expected);
  }
}

TEST(Gobgp, WithdrawsByTheMatchAlone) {
  const auto route = Route::parse(
      "flow route { match { destination 2001:db8:1::1/128; next-header =17; } "
      "then { discard; community [65000:666]; } }");
  ASSERT_TRUE(route);
  EXPECT_EQ(gobgp_arguments(*route, "del"),
            (std::vector<std::string>{"global", "rib", "del", "-a", "ipv6-flowspec", "match",
                                      "destination", "2001:db8:1::1/128", "protocol", "==17"}));
}

TEST(Gobgp, HasNoWordForAnUnknownFlag) {
  const auto route = Route::parse(
      "flow route { match { destination 198.51.100.7/32; tcp-flags =evil; } then { discard; } }");
  ASSERT_TRUE(route);
  EXPECT_TRUE(gobgp_arguments(*route, "add").empty());
}

}  // namespace
}  // namespace floodgauge
