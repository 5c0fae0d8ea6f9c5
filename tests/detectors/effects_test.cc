// The symptoms of each second: services that stop answering, prefixes that fall silent, a full
// link.
#include "detectors/effects.h"

#include <gtest/gtest.h>
#include <vector>

namespace floodgauge {
namespace {

constexpr Nanoseconds kStart = whole_seconds(1'767'571'200);
constexpr std::size_t kWeb = static_cast<std::size_t>(Service::https);

/// One second of the traffic of a prefix.
struct SecondOf {
  double requests = 100;
  double answers = 98;
  double in = 1000;
  double out = 900;
  std::uint32_t hosts = 20;
  std::uint64_t bytes = 500;  ///< of each packet
};

class EffectsTest : public ::testing::Test {
 protected:
  EffectsTest() : registry_(4) {
    settings_.protect.push_back({.name = "net", .prefixes = {*IpPrefix::parse("198.51.100.0/24")}});
    registry_.assign(settings_);
  }

  /// Passes the ten windows of a second. Returns the symptoms found in them.
  std::vector<Symptom> pass(const SecondOf& second) {
    std::vector<Symptom> found;
    for (int i = 0; i < 10; ++i) {
      NetworkWindow window;
      window.start = now_;
      window.end = now_ = now_ + milliseconds(100);
      PrefixWindow prefix;
      const auto part = [i](double all) {
        return static_cast<std::uint32_t>(all * (i + 1) / 10) -
               static_cast<std::uint32_t>(all * i / 10);
      };
      prefix.services[kWeb] = {part(second.requests), part(second.answers)};
      const auto in = static_cast<std::uint64_t>(second.in / 10);
      const auto out = static_cast<std::uint64_t>(second.out / 10);
      prefix.total_in = {in, in * second.bytes};
      prefix.total_out = {out, out * second.bytes};
      prefix.hosts_in = second.in > 0 ? second.hosts : 0;
      prefix.hosts_out = second.out > 0 ? second.hosts : 0;
      window.prefixes.push_back(std::move(prefix));
      for (Symptom& symptom : effects_.on_window(window, settings_)) found.push_back(symptom);
    }
    return found;
  }
  std::vector<Symptom> pass(int seconds, const SecondOf& second) {
    std::vector<Symptom> found;
    for (int s = 0; s < seconds; ++s) {
      for (Symptom& symptom : pass(second)) found.push_back(symptom);
    }
    return found;
  }

  Settings settings_;
  PrefixRegistry registry_;
  Effects effects_{registry_};
  Nanoseconds now_ = kStart;
};

TEST_F(EffectsTest, AServiceThatStopsAnsweringIsReportedFromTheSecondSecondUntilItAnswersAgain) {
  EXPECT_TRUE(pass(30, {}).empty());
  const Nanoseconds began = now_;
  EXPECT_TRUE(pass(1, {.requests = 150, .answers = 10}).empty());
  const auto found = pass(1, {.requests = 150, .answers = 10});
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].kind, IncidentKind::impact);
  EXPECT_EQ(found[0].since, began);
  EXPECT_EQ(found[0].now, began + whole_seconds(2));
  EXPECT_EQ(found[0].evidence.measure, "https_answers_per_second");
  EXPECT_EQ(pass(20, {.requests = 150, .answers = 10}).size(), 20u)
      << "each second, as long as it lasts";
  EXPECT_EQ(pass(5, {.requests = 20, .answers = 10}).size(), 5u)
      << "clients that give up do not end it";
  EXPECT_TRUE(pass(10, {}).empty());
}

TEST_F(EffectsTest, LowDemandIsNeitherImpactNorBlackout) {
  pass(30, {});
  EXPECT_TRUE(pass(30, {.requests = 20, .answers = 20, .in = 100, .out = 90, .hosts = 12}).empty());
}

TEST_F(EffectsTest, SpoofedRequestsAreNoImpactWhileClientsAreServed) {
  pass(30, {});
  effects_.begin_effect(0);
  EXPECT_TRUE(pass(30, {.requests = 2000, .answers = 98}).empty());
  const auto effect = effects_.effect_on(0);
  ASSERT_TRUE(effect.has_value());
  EXPECT_GT(*effect->answer_ratio_worst, *effect->answer_ratio_before - 0.02);
}

TEST_F(EffectsTest, TheEffectOfAFloodIsTheWorstSinceItsBegin) {
  pass(30, {});
  pass(10, {.requests = 100, .answers = 60});
  pass(60, {});
  effects_.begin_effect(0);
  pass(10, {.requests = 120, .answers = 70});
  const auto effect = effects_.effect_on(0);
  ASSERT_TRUE(effect.has_value());
  EXPECT_NEAR(*effect->answer_ratio_worst, 0.72, 0.08);
}

TEST_F(EffectsTest, AServiceWithFewAnswersIsNotJudged) {
  pass(30, {.requests = 9, .answers = 9});
  EXPECT_TRUE(pass(10, {.requests = 9, .answers = 0}).empty());
}

TEST_F(EffectsTest, SilenceOfBothDirectionsIsABlackout) {
  pass(30, {});
  const auto found = pass(2, {.requests = 0, .answers = 0, .in = 0, .out = 0});
  ASSERT_EQ(found.size(), 2u);
  EXPECT_EQ(found[0].kind, IncidentKind::blackout);
  EXPECT_EQ(found[0].evidence.measure, "inbound_packets_per_second");
  EXPECT_EQ(found[1].evidence.measure, "outbound_packets_per_second");
  EXPECT_TRUE(pass(5, {}).empty());
}

TEST_F(EffectsTest, TrafficThatIsNotAnsweredAtAllIsABlackoutOfOneDirection) {
  pass(30, {});
  const auto found = pass(2, {.requests = 100, .answers = 0, .in = 1000, .out = 0});
  ASSERT_EQ(found.size(), 2u);
  EXPECT_EQ(found[0].kind, IncidentKind::impact);
  EXPECT_EQ(found[1].evidence.measure, "outbound_packets_per_second");
}

TEST_F(EffectsTest, TheEndOfOneBigTransferIsNoBlackout) {
  pass(30, {.in = 100'000, .out = 100'000});
  EXPECT_TRUE(pass(10, {.in = 900, .out = 900}).empty());
}

TEST_F(EffectsTest, AGapWithoutWindowsIsSilence) {
  pass(30, {});
  const Nanoseconds began = now_;
  now_ = now_ + whole_seconds(8);
  const auto found = pass(1, {});
  ASSERT_FALSE(found.empty());
  EXPECT_EQ(found[0].kind, IncidentKind::blackout);
  EXPECT_EQ(found[0].since, began);
  EXPECT_EQ(found[0].now, began + whole_seconds(2));
}

TEST_F(EffectsTest, AFullLinkIsSaturated) {
  settings_.link.capacity = 1e9;
  EXPECT_TRUE(pass(5, {.in = 100'000, .bytes = 1000}).empty());
  const auto found = pass(2, {.in = 120'000, .bytes = 1000});
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].kind, IncidentKind::saturation);
  EXPECT_EQ(found[0].prefix, Symptom::kLink);
  EXPECT_NEAR(found[0].bps, 120'000 * 1024 * 8, 1e6) << "with preamble, gap and check sequence";
}

TEST_F(EffectsTest, WhereEverythingIsProtectedNoSymptomIsReported) {
  settings_.protect.clear();
  registry_.assign(settings_);
  pass(30, {});
  EXPECT_TRUE(pass(10, {.requests = 150, .answers = 0, .in = 0, .out = 0}).empty());
}

TEST_F(EffectsTest, APrefixWithAReusedNumberStartsWithoutHistory) {
  constexpr SecondOf kSilence{
      .requests = 0, .answers = 0, .in = 0, .out = 0, .hosts = 0, .bytes = 500};
  pass(120, {});
  for (const char* next :
       {"192.0.2.0/25", "203.0.113.0/24", "198.51.100.128/25", "192.0.2.128/25"}) {
    settings_.protect[0].prefixes = {*IpPrefix::parse(next)};
    registry_.assign(settings_);
  }
  ASSERT_EQ(registry_.prefixes()[0].prefix.text(), "192.0.2.128/25")
      << "it has the number of the first prefix";
  EXPECT_TRUE(pass(20, kSilence).empty()) << "this prefix has never had traffic";
  settings_.protect[0].prefixes = {*IpPrefix::parse("198.51.100.0/24")};
}

}  // namespace
}  // namespace floodgauge
