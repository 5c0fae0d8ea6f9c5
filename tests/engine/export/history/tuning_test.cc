// Limits proposed from a history.
#include "engine/export/history/tuning.h"

#include <cmath>
#include <functional>
#include <random>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "config/loader.h"
#include "engine/export/terminal/tune.h"
#include "tests/engine/export/history/history_fixture.h"

namespace floodgauge {
namespace {

using testing::HasSubstr;

constexpr std::size_t kSyn = 4;
constexpr std::size_t kGre = 14;
static_assert(kThresholdTable[kSyn].key == "syn" && kThresholdTable[kGre].key == "gre");

class TuningTest : public HistoryTest {
 protected:
  using Rate = std::function<double(int minute)>;

  /// Writes minutes in which the busiest host of 198.51.100.0/24 has this rate of SYNs.
  void write(int minutes, const Rate& syn, const std::function<bool(int)>& kept = {}) {
    HistoryWriter writer(options());
    for (int at = 0; at < minutes; ++at) {
      if (kept && !kept(at)) continue;
      MinuteRates made = minute(at);
      made.prefixes[0].peaks[kSyn].host_rate = syn(at);
      made.prefixes[0].peaks[kSyn].prefix_rate = 2 * syn(at);
      writer.put(made);
    }
    writer.flush();
  }
  /// Adds a flood on 198.51.100.7 of one minute.
  void flood(int minute) {
    HistoryWriter writer(options());
    const Nanoseconds start = kEvening + whole_seconds(60 * minute);
    writer.put({start, incident(static_cast<std::uint32_t>(minute), false, start)}, [] {});
    writer.flush();
  }
  TuneResult tuned() {
    HistoryReader reader(path_);
    return tune(reader, how_);
  }
  const ProposedLimit& syn_of(const TuneResult& result, std::size_t scope = 0) {
    return result.profiles.at("default").limits[scope][kSyn];
  }

  Settings settings_;
  TuneSettings how_{.settings = settings_};
};

TEST_F(TuningTest, ALimitIsHeadRoomAboveWhatAlmostAllMinutesStayedBelow) {
  write(2000, [](int at) { return at == 700 ? 90'000.0 : 4000.0 + at % 100; });
  const TuneResult result = tuned();
  const ProposedLimit& limit = syn_of(result);
  EXPECT_EQ(limit.usual, 4099);
  EXPECT_EQ(*limit.proposed, 8200) << "one minute of 2000 does not count";
  EXPECT_EQ(limit.busiest.value, 90'000);
  EXPECT_EQ(limit.busiest.time, kEvening + whole_seconds(700 * 60));
  EXPECT_EQ(*limit.now, 5000);
  EXPECT_EQ(*syn_of(result, 1).proposed, 17'000);
  EXPECT_EQ(result.profiles.at("default").above_now, 1u);
  EXPECT_EQ(result.profiles.at("default").above_new, 1u) << "and it is told that it would be found";
  ASSERT_FALSE(result.near.empty());
  EXPECT_EQ(result.near[0].at.host.text(), "198.51.100.7");
  EXPECT_GT(result.near[0].share, 5);
}

TEST_F(TuningTest, AFloodIsNotUsual) {
  write(200, [](int at) { return at >= 100 && at < 102 ? 50'000.0 : 1000.0; });
  EXPECT_EQ(*syn_of(tuned()).proposed, 100'000) << "nobody called it a flood";
  flood(100);  // until the end of that minute, and the minute around it does not count either
  const TuneResult result = tuned();
  EXPECT_EQ(*syn_of(result).proposed, 2000);
  EXPECT_EQ(result.flooded, 3u);
  ASSERT_EQ(result.floods.size(), 1u);
  EXPECT_EQ(result.floods[0].times_now, 10);
  EXPECT_EQ(result.floods[0].times_new, 25);
}

TEST_F(TuningTest, AFloodOnAnotherHostHidesNothingOfThisOne) {
  write(100, [](int) { return 3000.0; });
  HistoryWriter writer(options());
  Incident other = *incident(7, true);
  other.target = *IpPrefix::parse("198.51.100.8/32");
  writer.put({kEvening, std::make_shared<const Incident>(other)}, [] {});
  writer.flush();
  const TuneResult result = tuned();
  EXPECT_EQ(*syn_of(result).proposed, 6000);
  EXPECT_FALSE(syn_of(result, 1).proposed) << "the whole prefix has the flood in it";
}

TEST_F(TuningTest, WhatWasNotSeenStaysAndNothingFallsToNothing) {
  write(100, [](int) { return 20.0; });
  const TuneResult result = tuned();
  EXPECT_EQ(*syn_of(result).proposed, 500) << "a tenth, and the least of a window";
  EXPECT_FALSE(result.profiles.at("default").limits[0][kGre].proposed);
}

TEST_F(TuningTest, ASampleIsScaledToAllPackets) {
  settings_.sampling = 10;
  write(100, [](int) { return 3000.0; });
  EXPECT_EQ(*syn_of(tuned()).proposed, 60'000);
}

TEST_F(TuningTest, IsStableWhenHalfOfTheDataIsLeftOut) {
  // Two days with their rhythm, a crowd of forty minutes on each, and chance.
  std::vector<double> rates;
  std::mt19937 random(20261130);
  for (int at = 0; at < 2880; ++at) {
    const double day = 1 + 0.5 * std::sin(at * 2 * 3.14159265 / 1440);
    const double mean = 1500 * day * (at % 1440 >= 1100 && at % 1440 < 1140 ? 2.5 : 1);
    rates.push_back(std::poisson_distribution<int>(mean / 10)(random) * 10);
  }
  const Rate rate = [&](int at) { return rates[static_cast<std::size_t>(at)]; };
  const std::vector<std::function<bool(int)>> halves = {
      {},
      [](int at) { return at % 2 == 0; },
      [](int at) { return at % 2 == 1; },
      [](int at) { return at < 1440; },
      [](int at) { return at >= 1440; },
      [](int at) { return at / 60 % 2 == 0 || at % 1440 >= 1080; }};
  double whole = 0;
  for (const auto& half : halves) {
    std::filesystem::remove(path_);
    write(2880, rate, half);
    const double proposed = *syn_of(tuned()).proposed;
    if (whole == 0) whole = proposed;
    EXPECT_NEAR(proposed, whole, 0.2 * whole);
    EXPECT_GT(proposed, *std::max_element(rates.begin(), rates.end()));
  }
}

TEST_F(TuningTest, EachProfileLearnsFromItsOwnPrefixes) {
  settings_.profiles["quiet"] = Profile{};
  settings_.protect.push_back(
      {.name = "q", .prefixes = {*IpPrefix::parse("198.51.100.0/24")}, .profile = "quiet"});
  write(50, [](int) { return 1000.0; });
  const TuneResult result = tuned();
  EXPECT_FALSE(result.profiles.contains("default"));
  EXPECT_EQ(*result.profiles.at("quiet").limits[0][kSyn].proposed, 2000);
}

TEST_F(TuningTest, TheYamlLoadsAndSaysWhy) {
  write(100, [](int) { return 4100.0; });
  const TuneResult result = tuned();
  const std::string yaml = tuned_yaml(result, how_, "history.db");
  const LoadResult loaded = parse_config(yaml, "tuned.yaml");
  ASSERT_TRUE(loaded.settings) << loaded.errors.front().text();
  EXPECT_EQ(*loaded.settings->profiles.at("default").thresholds.syn, 8200);
  EXPECT_THAT(yaml,
              HasSubstr("# 2 x 4.1kpps; busiest 4.1kpps, 198.51.100.7, Tue 2023-11-14 22:00"));
  EXPECT_THAT(yaml, HasSubstr("now 5kpps"));
  EXPECT_THAT(yaml, HasSubstr("less than a week"));
  const Json json = tuned_json(result, how_, "history.db");
  EXPECT_EQ(json["profiles"]["default"]["thresholds"][kSyn]["proposed"], 8200);
}

TEST(RoundedUp, ToTwoDigits) {
  EXPECT_EQ(rounded_up(8198), 8200);
  EXPECT_EQ(rounded_up(8200), 8200);
  EXPECT_EQ(rounded_up(8201), 8300);
  EXPECT_EQ(rounded_up(99.1), 100);
  EXPECT_EQ(rounded_up(0.123), 0.13);
  EXPECT_EQ(rounded_up(0), 0);
}

}  // namespace
}  // namespace floodgauge
