// The symptoms of each second: prefixes and the link that fall silent, and a full link.
#include "detectors/effects.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace floodgauge {
namespace {

constexpr Nanoseconds kStart = whole_seconds(1'767'571'200);

/// One second of the traffic of a prefix.
struct SecondOf {
  double in = 1000;
  double out = 900;
  std::uint32_t hosts = 20;
  std::uint64_t bytes = 500;  ///< of each packet
  /// Hosts that take turns to send, one in each window; 0: all send in each.
  std::uint32_t turns = 0;
  double ordinary = 0;  ///< packets of `in` that belong to connections
};

class EffectsTest : public ::testing::Test {
 protected:
  EffectsTest() : registry_(4) {
    settings_.protect.push_back({.name = "net", .prefixes = {*IpPrefix::parse("198.51.100.0/24")}});
    registry_.assign(settings_);
  }

  void window(const std::vector<SecondOf>& prefixes, std::uint64_t others,
              std::vector<Symptom>& found) {
    NetworkWindow window;
    window.start = now_;
    window.end = now_ = now_ + milliseconds(100);
    window.unprotected = others / 10;
    for (std::uint32_t p = 0; p < prefixes.size(); ++p) {
      const SecondOf& second = prefixes[p];
      PrefixWindow prefix;
      prefix.prefix = p;
      const auto in = static_cast<std::uint64_t>(second.in / 10);
      const auto out = static_cast<std::uint64_t>(second.out / 10);
      prefix.total_in = {in, in * second.bytes};
      prefix.in[static_cast<std::size_t>(TrafficClass::tcp)].packets =
          static_cast<std::uint64_t>(second.ordinary / 10);
      prefix.total_out = {out, out * second.bytes};
      prefix.hosts_in = second.in > 0 ? second.hosts : 0;
      prefix.hosts_out = second.out > 0 ? second.hosts : 0;
      if (second.turns != 0 && second.out > 0) {
        prefix.hosts_out = 1;
        prefix.senders = std::uint64_t{1} << (turn_++ % second.turns);
      }
      window.prefixes.push_back(std::move(prefix));
    }
    for (Symptom& symptom : effects_.on_window(window, settings_)) found.push_back(symptom);
  }
  /// Passes windows for so many seconds. Returns the symptoms found in them.
  std::vector<Symptom> pass(double seconds, const std::vector<SecondOf>& prefixes,
                            std::uint64_t others = 0) {
    std::vector<Symptom> found;
    for (int i = 0; i < static_cast<int>(seconds * 10 + 0.5); ++i) {
      window(prefixes, others, found);
    }
    return found;
  }
  std::vector<Symptom> pass(double seconds, const SecondOf& second) {
    return pass(seconds, std::vector{second});
  }

  Settings settings_;
  PrefixRegistry registry_;
  Effects effects_{registry_};
  Nanoseconds now_ = kStart;
  std::uint32_t turn_ = 0;
};

TEST_F(EffectsTest, SilenceOfBothDirectionsIsABlackoutFromTheLastPacketToTheFirst) {
  EXPECT_TRUE(pass(30.3, SecondOf{}).empty());
  const Nanoseconds began = now_;
  const auto found = pass(5.2, SecondOf{.in = 0, .out = 0});
  ASSERT_FALSE(found.empty());
  EXPECT_EQ(found[0].kind, IncidentKind::blackout);
  EXPECT_EQ(found[0].dark, Dark::both);
  EXPECT_EQ(found[0].since, began);
  EXPECT_LE(found[0].now, began + whole_seconds(3));
  const Nanoseconds back = now_;
  const auto after = pass(2, SecondOf{});
  ASSERT_EQ(after.size(), 1u) << "that it is over, once";
  EXPECT_TRUE(after[0].over);
  EXPECT_EQ(after[0].now, back);
}

TEST_F(EffectsTest, OneSecondOfSilenceIsNoBlackout) {
  pass(30, SecondOf{});
  EXPECT_TRUE(pass(1, SecondOf{.in = 0, .out = 0}).empty());
  EXPECT_TRUE(pass(5, SecondOf{}).empty());
}

TEST_F(EffectsTest, SilenceOfOneDirectionSaysWhich) {
  pass(30, SecondOf{});
  auto found = pass(2, SecondOf{.out = 0});
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].dark, Dark::out);
  ASSERT_EQ(found[0].evidence.size(), 1u);
  EXPECT_EQ(found[0].evidence[0].measure, "outbound_packets_per_second");
  pass(30, SecondOf{});
  found = pass(2, SecondOf{.in = 0});
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].dark, Dark::in);
}

/// Ordinary traffic after a flood is no blackout beside the flood's rates.
TEST_F(EffectsTest, NothingIsLearntWhileAFloodIsOpen) {
  const SecondOf flood{.in = 90'000, .hosts = 250};
  const SecondOf few{.in = 300, .out = 300, .hosts = 12};
  // Twenty of the 60 seconds over which rates are averaged: as usual, the flood would be 26,000
  // packets/s, of which the few are less than 2 %.
  pass(30, SecondOf{});
  effects_.freeze({0});
  pass(20, flood);
  effects_.freeze({});
  EXPECT_TRUE(pass(5, few).empty());
  pass(30, SecondOf{});
  effects_.freeze({1});  // another prefix
  pass(20, flood);
  EXPECT_FALSE(pass(5, few).empty()) << "as it would be called if the flood were learnt";
}

TEST_F(EffectsTest, LowDemandIsNoBlackout) {
  pass(30, SecondOf{});
  EXPECT_TRUE(pass(30, SecondOf{.in = 100, .out = 90, .hosts = 12}).empty());
}

TEST_F(EffectsTest, TheEndOfOneBigTransferIsNoBlackout) {
  pass(30, SecondOf{.in = 100'000, .out = 100'000});
  EXPECT_TRUE(pass(10, SecondOf{.in = 900, .out = 900}).empty());
}

TEST_F(EffectsTest, APrefixOfAFewHostsIsNotWatched) {
  pass(30, SecondOf{.hosts = 2});
  EXPECT_TRUE(pass(10, SecondOf{.in = 0, .out = 0}).empty());
}

TEST_F(EffectsTest, AFewServersThatAnswerSeldomAreWatchedTogether) {
  for (const std::uint32_t servers : {2u, 3u}) {
    pass(60, SecondOf{.out = 100, .hosts = 2, .turns = servers});
    const Nanoseconds began = now_;
    const auto found = pass(15, SecondOf{.out = 0, .hosts = 2, .turns = servers});
    EXPECT_EQ(found.empty(), servers < 3) << servers;
    if (found.empty()) continue;
    EXPECT_EQ(found[0].dark, Dark::out);
    EXPECT_LE(found[0].since, began);
    EXPECT_LE(found[0].now, began + whole_seconds(3));
    EXPECT_EQ(found.size(), 14u) << "it lasts, though nobody has sent for long";
  }
}

TEST_F(EffectsTest, AGapWithoutWindowsIsSilence) {
  pass(30, SecondOf{});
  const Nanoseconds began = now_;
  now_ = now_ + whole_seconds(8);
  const auto found = pass(1, SecondOf{});
  ASSERT_GE(found.size(), 2u);
  EXPECT_EQ(found[0].kind, IncidentKind::blackout);
  EXPECT_EQ(found[0].since, began);
  EXPECT_EQ(found[0].now, began + whole_seconds(2));
  EXPECT_TRUE(found.back().over);
  EXPECT_EQ(found.back().now, began + whole_seconds(8));
}

TEST_F(EffectsTest, ALongGapIsOneBlackoutUntilPacketsComeBack) {
  pass(30, SecondOf{});
  now_ = now_ + whole_seconds(600);
  const Nanoseconds back = now_;
  const auto found = pass(1, SecondOf{});
  ASSERT_GE(found.size(), 2u);
  EXPECT_TRUE(found.back().over);
  EXPECT_EQ(found.back().now, back);
  EXPECT_EQ(found[found.size() - 2].now, back) << "so that no hold is over before";
}

TEST_F(EffectsTest, TheLinkIsDarkWhenAllItsPrefixesAre) {
  settings_.protect[0].prefixes.push_back(*IpPrefix::parse("192.0.2.0/24"));
  registry_.assign(settings_);
  const SecondOf dark{.in = 0, .out = 0};
  pass(30, std::vector<SecondOf>{{}, {}});
  auto found = pass(3, std::vector<SecondOf>{{}, dark});
  for (const Symptom& symptom : found) EXPECT_EQ(symptom.prefix, 1u) << "one of two";
  pass(30, std::vector<SecondOf>{{}, {}});
  found = pass(3, std::vector<SecondOf>{dark, dark});
  const auto link = std::find_if(found.begin(), found.end(), [](const Symptom& symptom) {
    return symptom.prefix == Symptom::kLink;
  });
  ASSERT_NE(link, found.end());
  EXPECT_EQ(link->dark, Dark::both);
  found = pass(2, std::vector<SecondOf>{{}, {}});
  EXPECT_TRUE(std::any_of(found.begin(), found.end(), [](const Symptom& symptom) {
    return symptom.prefix == Symptom::kLink && symptom.over;
  }));
}

TEST_F(EffectsTest, TheLinkIsNotDarkWhileOthersHaveTraffic) {
  settings_.protect[0].prefixes.push_back(*IpPrefix::parse("192.0.2.0/24"));
  registry_.assign(settings_);
  const SecondOf dark{.in = 0, .out = 0};
  pass(120, std::vector<SecondOf>{{}, {}}, 1000);
  for (const Symptom& symptom : pass(3, std::vector<SecondOf>{dark, dark}, 1000)) {
    EXPECT_NE(symptom.prefix, Symptom::kLink);
  }
}

TEST_F(EffectsTest, AFullLinkIsSaturated) {
  settings_.link.capacity = 1e9;
  EXPECT_TRUE(pass(5, SecondOf{.in = 100'000, .bytes = 1000}).empty());
  const auto found = pass(2, SecondOf{.in = 120'000, .bytes = 1000});
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].kind, IncidentKind::saturation);
  EXPECT_EQ(found[0].prefix, Symptom::kLink);
  EXPECT_NEAR(found[0].bps, 120'000 * 1024 * 8, 1e6) << "with preamble, gap and check sequence";
}

TEST_F(EffectsTest, OfAFullLinkTheOrdinaryPacketsThatAreMissingAreEstimated) {
  settings_.link.capacity = 1e9;
  for (const double left : {40'000.0, 10'000.0}) {
    pass(60, SecondOf{.in = 50'000, .bytes = 1000, .ordinary = 40'000});
    const auto found = pass(3, SecondOf{.in = 120'000, .bytes = 1000, .ordinary = left});
    ASSERT_FALSE(found.empty());
    ASSERT_TRUE(found.back().lost_share);
    EXPECT_NEAR(*found.back().lost_share, 1 - left / 40'000, 0.01);
  }
  for (const Symptom& full : pass(3, SecondOf{.in = 120'000, .bytes = 1000, .ordinary = 90'000})) {
    EXPECT_EQ(full.lost_share, 0) << "a transfer has filled it";
  }
}

TEST_F(EffectsTest, WhereEverythingIsProtectedNoSymptomIsReported) {
  settings_.protect.clear();
  registry_.assign(settings_);
  pass(30, SecondOf{});
  EXPECT_TRUE(pass(10, SecondOf{.in = 0, .out = 0}).empty());
}

TEST_F(EffectsTest, APrefixWithAReusedNumberStartsWithoutHistory) {
  constexpr SecondOf kSilence{.in = 0, .out = 0, .hosts = 0, .bytes = 500};
  pass(120, SecondOf{});
  for (const char* next :
       {"192.0.2.0/25", "203.0.113.0/24", "198.51.100.128/25", "192.0.2.128/25"}) {
    settings_.protect[0].prefixes = {*IpPrefix::parse(next)};
    registry_.assign(settings_);
  }
  ASSERT_EQ(registry_.prefixes()[0].prefix.text(), "192.0.2.128/25")
      << "it has the number of the first prefix";
  EXPECT_TRUE(pass(20, kSilence).empty()) << "this prefix has never had traffic";
}

}  // namespace
}  // namespace floodgauge
