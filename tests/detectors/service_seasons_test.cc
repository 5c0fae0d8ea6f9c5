// What is usual of a service in each hour of the week: learnt, bounded, saved and read again.
#include "detectors/service_seasons.h"

#include <gtest/gtest.h>

#include <string>

#include "detectors/baseline_file.h"

namespace floodgauge {
namespace {

const IpPrefix kPrefix = *IpPrefix::parse("198.51.100.0/24");
const ServedBy kDns{"dns", *IpAddress::parse("198.51.100.53")};
constexpr Nanoseconds kMonday = whole_seconds(1'767'571'200);  // 2026-01-05 00:00 UTC
constexpr Nanoseconds kHour = whole_seconds(3600);

ServiceHour usual_hour() {
  return {.ratio = 1, .median = 0.002F, .p90 = 0.004F, .requests = 50};
}

TEST(ServiceSeasons, AnHourIsKnownOnceItWasSeenAndAQuarterOfAnHourAroundIt) {
  ServiceSeasons seasons;
  EXPECT_FALSE(seasons.usual_at(kPrefix, kDns, kMonday + kHour * 2));
  SeenHour backup{usual_hour(), {}};
  backup.seen.median = 0.3F;
  seasons.learn(kPrefix, kDns, 2, backup);
  ASSERT_TRUE(seasons.usual_at(kPrefix, kDns, kMonday + kHour * 2));
  EXPECT_FLOAT_EQ(seasons.usual_at(kPrefix, kDns, kMonday + kHour * 2)->median, 0.3F);
  EXPECT_TRUE(seasons.usual_at(kPrefix, kDns, kMonday + kHour * 2 - whole_seconds(800)));
  EXPECT_FALSE(seasons.usual_at(kPrefix, kDns, kMonday + kHour * 2 - whole_seconds(1000)));
  EXPECT_TRUE(seasons.usual_at(kPrefix, kDns, kMonday + kHour * 3 + whole_seconds(800)));
  EXPECT_FALSE(seasons.usual_at(kPrefix, kDns, kMonday + kHour * 3 + whole_seconds(1000)));
  EXPECT_TRUE(seasons.usual_at(kPrefix, kDns, kMonday + kHour * (2 + 168))) << "a week later";
}

TEST(ServiceSeasons, OfNeighbouringHoursTheWorstCounts) {
  ServiceSeasons seasons;
  SeenHour bad{usual_hour(), {}};
  bad.seen.ratio = 0.7F;
  bad.seen.median = 0.1F;
  seasons.learn(kPrefix, kDns, 2, bad);
  seasons.learn(kPrefix, kDns, 3, {usual_hour(), {}});
  EXPECT_FLOAT_EQ(seasons.usual_at(kPrefix, kDns, kMonday + kHour * 3)->ratio, 0.7F);
  EXPECT_FLOAT_EQ(seasons.usual_at(kPrefix, kDns, kMonday + kHour * 3 + whole_seconds(1800))->ratio,
                  1);
}

TEST(ServiceSeasons, OneOutageIsNotUsualAWeekLaterAndOneOfEveryWeekIs) {
  ServiceSeasons seasons;
  SeenHour outage{usual_hour(), usual_hour()};
  outage.seen.ratio = 0;
  const Nanoseconds at = kMonday + kHour * 4 + whole_seconds(1800);
  seasons.learn(kPrefix, kDns, 4, outage);
  EXPECT_FLOAT_EQ(seasons.usual_at(kPrefix, kDns, at)->ratio, 0.6F);
  for (int week = 0; week < 2; ++week) seasons.learn(kPrefix, kDns, 4, outage);
  EXPECT_LT(seasons.usual_at(kPrefix, kDns, at)->ratio, 0.3F);
  SeenHour slow{usual_hour(), usual_hour()};
  slow.seen.median = 0.3F;
  seasons.learn(kPrefix, kDns, 5, slow);
  EXPECT_LT(seasons.usual_at(kPrefix, kDns, at + kHour)->median, 0.075F) << "0.3 s is slow still";
}

TEST(ServiceSeasons, TheBusiestServersHaveAPlace) {
  ServiceSeasons seasons;
  const auto server = [](std::size_t n) {
    return ServedBy{"dns", IpAddress::from_v4(0xc6336400u + static_cast<std::uint32_t>(n))};
  };
  for (std::size_t n = 0; n < ServiceSeasons::kMost; ++n) {
    SeenHour seen{usual_hour(), {}};
    seen.seen.requests = static_cast<float>(n + 10);
    seasons.learn(kPrefix, server(n), 0, seen);
  }
  SeenHour seen{usual_hour(), {}};
  seen.seen.requests = 5;
  seasons.learn(kPrefix, server(5000), 0, seen);
  EXPECT_FALSE(seasons.usual_at(kPrefix, server(5000), kMonday)) << "all others are busier";
  seen.seen.requests = 500;
  seasons.learn(kPrefix, server(5001), 0, seen);
  EXPECT_TRUE(seasons.usual_at(kPrefix, server(5001), kMonday));
  EXPECT_FALSE(seasons.usual_at(kPrefix, server(0), kMonday)) << "it had the fewest requests";
  EXPECT_EQ(seasons.all().at(kPrefix).size(), ServiceSeasons::kMost);
}

TEST(ServiceSeasons, TheyAreReadFromTheFileThatTheyWereSavedIn) {
  ServiceSeasons seasons;
  SeenHour seen{usual_hour(), {}};
  seen.seen.ratio = 0.9F;
  seasons.learn(kPrefix, kDns, 167, seen);
  seasons.learn(kPrefix, {"a \"name\"", *IpAddress::parse("2001:db8::1")}, 0, seen);
  BaselineText text;
  text.add(kPrefix, PrefixBaseline{});
  text.add(kPrefix, seasons.all().at(kPrefix));
  LearntBaselines learnt;
  LearntServices services;
  std::string error;
  ASSERT_TRUE(parse_baseline(text.text(), learnt, error, &services)) << error;
  ServiceSeasons again;
  again.restore(kPrefix, services.at(kPrefix));
  EXPECT_EQ(again.all().at(kPrefix).size(), 2u);
  const auto usual = again.usual_at(kPrefix, kDns, kMonday - kHour);
  ASSERT_TRUE(usual);
  EXPECT_FLOAT_EQ(usual->ratio, 0.9F);
  EXPECT_FLOAT_EQ(usual->p90, 0.004F);
  EXPECT_EQ(usual->weeks, 1u);
  // What was learnt meanwhile is newer than what was saved.
  seen.seen.ratio = 0.5F;
  ServiceSeasons newer;
  newer.learn(kPrefix, kDns, 167, seen);
  newer.restore(kPrefix, services.at(kPrefix));
  EXPECT_FLOAT_EQ(newer.usual_at(kPrefix, kDns, kMonday - kHour)->ratio, 0.5F);
}

TEST(ServiceSeasons, AFileOfAnEarlierVersionHasNoneAndIsRead) {
  LearntBaselines learnt;
  LearntServices services;
  std::string error;
  EXPECT_TRUE(parse_baseline(
      R"({"schema":"floodgauge.baseline/1","prefixes":{"192.0.2.0/24":{"udp":{"level":1,"spread":0,"seconds":1}}}})",
      learnt, error, &services));
  EXPECT_EQ(learnt.size(), 1u);
  EXPECT_TRUE(services.empty());
}

TEST(ServiceSeasons, WhatIsNoSeasonMakesTheFileADamagedOne) {
  const auto with = [](const std::string& services) {
    return R"({"schema":"floodgauge.baseline/1","prefixes":{},"services":)" + services + "}";
  };
  const std::string good =
      R"({"192.0.2.0/24":{"dns":{"192.0.2.1":{"hours":[[0,1,0.1,0.2,5,1]]}}}})";
  LearntBaselines learnt;
  LearntServices services;
  std::string error;
  EXPECT_TRUE(parse_baseline(with(good), learnt, error, &services)) << error;
  EXPECT_EQ(services.size(), 1u);
  for (const char* rows : {"[[168,1,0.1,0.2,5,1]]", "[[0,1.5,0.1,0.2,5,1]]", "[[0,1,-1,0.2,5,1]]",
                           "[[0,1,0.1,1e300,5,1]]", "[[0,1,0.1,0.2,5]]", "[[0,1,0.1,0.2,5,-1]]",
                           "[[0,\"1\",0.1,0.2,5,1]]", "7"}) {
    const std::string text =
        R"({"192.0.2.0/24":{"dns":{"192.0.2.1":{"hours":)" + std::string(rows) + "}}}}";
    EXPECT_FALSE(parse_baseline(with(text), learnt, error, &services)) << rows;
  }
  for (const char* other : {R"({"nowhere":{}})", R"({"192.0.2.0/24":{"dns":{"x":{"hours":[]}}}})",
                            R"({"192.0.2.0/24":{"dns":7}})"}) {
    EXPECT_FALSE(parse_baseline(with(other), learnt, error, &services)) << other;
  }
  EXPECT_EQ(services.size(), 1u) << "unchanged";
}

}  // namespace
}  // namespace floodgauge
