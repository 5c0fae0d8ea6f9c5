#include "config/policy.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <iterator>

namespace floodgauge {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

constexpr const char* kLeast = "speaker: {type: exabgp}\nallow: {prefixes: [198.51.100.0/24]}\n";

std::vector<std::string> errors_of(const std::string& yaml) {
  std::vector<std::string> texts;
  for (const ConfigError& error : parse_policy(yaml, "policy.yaml").errors) {
    texts.push_back(error.text());
  }
  return texts;
}

TEST(Policy, HasCarefulDefaults) {
  const PolicyResult result = parse_policy(kLeast, "policy.yaml");
  ASSERT_TRUE(result.policy);
  EXPECT_TRUE(result.policy->dry_run);
  EXPECT_EQ(result.policy->budget.rules, 10u);
  EXPECT_EQ(result.policy->when.severity, PolicySeverity::high);
  EXPECT_EQ(result.policy->when.answered_share, 0.01);
  EXPECT_EQ(result.policy->time.after_quiet, whole_seconds(60));
  EXPECT_EQ(result.policy->efficacy.sensor, SensorPlace::behind);
  EXPECT_EQ(result.policy->efficacy.judge_after, whole_seconds(120));
  EXPECT_EQ(result.policy->state, "policy.yaml.state");
}

TEST(Policy, ReadsEveryKey) {
  const PolicyResult result = parse_policy(R"(
speaker:  {type: gobgp, address: "127.0.0.1:50051", program: /usr/bin/gobgp}
dry_run:  false
allow:    {prefixes: [198.51.100.0/24, "2001:db8:1::/48"], narrowest_v4: 30, narrowest_v6: 64, actions: [discard, blackhole]}
budget:   {rules: 3, per_minute: 2}
when:     {severity: critical, flood_share: 0.9, answered_share: 0, approve: true}
routes:   {communities: ["65000:666", "65000:1"], next_hop: 192.0.2.1, blackhole_length_v4: 31, blackhole_length_v6: 127}
time:     {to_live: 30m, after_quiet: 5s, probe: 1m}
efficacy: {sensor: before, judge_after: 1m, least: 0.25}
never:    [198.51.100.53/32]
state:    /var/lib/floodgauge/announced
)",
                                           "policy.yaml");
  ASSERT_TRUE(result.policy) << result.errors.front().text();
  const Policy& policy = *result.policy;
  EXPECT_EQ(policy.speaker.type, SpeakerType::gobgp);
  EXPECT_FALSE(policy.dry_run);
  EXPECT_EQ(policy.allow.prefixes.size(), 2u);
  EXPECT_EQ(policy.allow.narrowest_v4, 30u);
  EXPECT_THAT(policy.allow.actions, ElementsAre(RouteAction::discard, RouteAction::blackhole));
  EXPECT_EQ(policy.when.severity, PolicySeverity::critical);
  EXPECT_TRUE(policy.when.approve);
  EXPECT_THAT(policy.routes.communities, ElementsAre("65000:666", "65000:1"));
  EXPECT_EQ(policy.routes.next_hop, "192.0.2.1");
  EXPECT_EQ(policy.time.to_live, whole_seconds(1800));
  EXPECT_EQ(policy.efficacy.sensor, SensorPlace::before);
  EXPECT_EQ(policy.efficacy.judge_after, whole_seconds(60));
  EXPECT_EQ(policy.efficacy.least, 0.25);
  EXPECT_EQ(policy.never.size(), 1u);
  EXPECT_EQ(policy.state, "/var/lib/floodgauge/announced");
}

TEST(Policy, NamesThePlaceOfEachError) {
  EXPECT_THAT(errors_of("speaker: {type: bird}\nallow: {prefixes: [198.51.100.0/24], actions: "
                        "[drop]}\nroutes: {communities: [65000], next_hop: here}\nbudgt: {}\n"),
              ElementsAre(HasSubstr("policy.yaml:1:17: speaker.type: bird is unknown"),
                          HasSubstr("policy.yaml:2:48: allow.actions[0]: \"drop\" cannot be used"),
                          HasSubstr("policy.yaml:3:24: routes.communities[0]: \"65000\""),
                          HasSubstr("policy.yaml:3:42: routes.next_hop: \"here\" is no address"),
                          HasSubstr("policy.yaml:4:1: budgt: unknown key; did you mean budget?")));
}

TEST(Policy, RefusesWhatCanNeverWorkOrTakesTooMuch) {
  EXPECT_THAT(errors_of(""), testing::Not(testing::IsEmpty()));
  EXPECT_THAT(errors_of("speaker: {type: exabgp}\nallow: {prefixes: []}\n"),
              ElementsAre(HasSubstr("allow.prefixes: is empty")));
  EXPECT_THAT(errors_of("speaker: {type: exabgp}\nallow: {prefixes: [0.0.0.0/0]}\n"),
              ElementsAre(HasSubstr("allow.prefixes: 0.0.0.0/0 is every address")));
  EXPECT_THAT(errors_of("speaker: {type: program}\nallow: {prefixes: [198.51.100.0/24]}\n"),
              ElementsAre(HasSubstr("speaker.program: is missing")));
  EXPECT_THAT(errors_of(std::string(kLeast) + "time: {to_live: 1m, probe: 2m}\n"),
              ElementsAre(HasSubstr("time.probe: is longer than time.to_live")));
}

/// A row of the table: key, allowed values, default.
std::string row_of(const KeyDescription& key) {
  const std::string shown = key.default_value.empty() ? "" : "`" + key.default_value + "` ";
  return "| `" + key.key + "` | " + key.allowed + " | " + shown + "| ";
}

TEST(Policy, IsDescribedInItsReadme) {
  const char* root = std::getenv("FLOODGAUGE_SOURCE_ROOT");
  std::ifstream file(std::string(root ? root : ".") + "/deploy/bgp/README.md");
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  ASSERT_FALSE(text.empty());
  std::size_t rows = 0;
  for (const KeyDescription& key : describe_policy()) {
    EXPECT_NE(text.find("\n" + row_of(key)), std::string::npos) << "missing: " << row_of(key);
    ++rows;
  }
  std::size_t written = 0;
  const std::size_t table = text.find("## The policy");
  for (std::size_t at = text.find("\n| `", table); at != std::string::npos;
       at = text.find("\n| `", at + 1)) {
    ++written;
  }
  EXPECT_EQ(written, rows) << "a row for a key that is not there";
}

TEST(Policy, OfTheExampleIsGood) {
  const char* root = std::getenv("FLOODGAUGE_SOURCE_ROOT");
  const PolicyResult result =
      load_policy(std::string(root ? root : ".") + "/deploy/bgp/policy.yaml");
  EXPECT_TRUE(result.policy);
  for (const ConfigError& error : result.errors) ADD_FAILURE() << error.text();
}

}  // namespace
}  // namespace floodgauge
