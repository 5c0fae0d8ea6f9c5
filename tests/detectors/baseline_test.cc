// The usual rate of a class of traffic, and the file in which baselines are kept.
#include "detectors/baseline_file.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <string>

#include "engine/base/replace_file.h"

namespace floodgauge {
namespace {

// 2026-01-05 00:00:00 UTC, a Monday.
constexpr Nanoseconds kMonday = whole_seconds(1'767'571'200);
constexpr Nanoseconds kHour = whole_seconds(3600);

/// Rates with a daily rhythm: 100 at night and 1000 at noon, with small variations.
double rhythm(Nanoseconds time) {
  const double hours = std::fmod(time.seconds() / 3600, 24);
  const double ripple = std::sin(time.seconds() * 0.7) * 0.1;
  return (550 - 450 * std::cos(hours / 24 * 2 * 3.14159265)) * (1 + ripple);
}

TEST(HourOfWeek, BeginsOnMonday) {
  EXPECT_EQ(hour_of_week(kMonday), 0u);
  EXPECT_EQ(hour_of_week(kMonday - whole_seconds(1)), kHoursOfWeek - 1);
  EXPECT_EQ(hour_of_week(kMonday + kHour * 25), 25u);
  EXPECT_EQ(hour_of_week(Nanoseconds{0}), 72u);  // 1970-01-01 was a Thursday
  EXPECT_EQ(hour_of_week(whole_seconds(-1)), 71u);
}

TEST(UsualRate, ASteadyRateHasANarrowLimit) {
  UsualRate rate;
  for (int s = 0; s < 3600; ++s) rate.learn(1000 + (s % 2) * 10, kMonday + whole_seconds(s));
  EXPECT_NEAR(rate.level(), 1005, 5);
  EXPECT_LT(rate.spread(), 20);
  EXPECT_DOUBLE_EQ(rate.limit(kMonday + kHour, 4), rate.level() * 1.5);
}

TEST(UsualRate, ARateThatVariesHasAWideLimit) {
  UsualRate rate;
  for (int s = 0; s < 3600; ++s) rate.learn(s % 10 == 0 ? 5000 : 100, kMonday + whole_seconds(s));
  EXPECT_GT(rate.limit(kMonday + kHour, 4), 5000);
}

TEST(UsualRate, ARepeatedDailyRhythmIsNotUnusual) {
  UsualRate rate;
  for (Nanoseconds at = kMonday; at < kMonday + kHour * 168; at = at + whole_seconds(1)) {
    if (rate.seconds() >= 3600) {
      ASSERT_LT(rhythm(at), rate.limit(at, 4)) << at.seconds();
    }
    rate.learn(rhythm(at), at);
  }
  // Three times the night's rate is far below the day's rate; at night it is unusual all the same.
  const Nanoseconds night = kMonday + kHour * 168 + kHour * 24;
  for (Nanoseconds at = kMonday + kHour * 168; at < night; at = at + whole_seconds(1)) {
    rate.learn(rhythm(at), at);
  }
  EXPECT_GT(3 * rhythm(night), rate.limit(night, 4));
  EXPECT_LT(3 * rhythm(night), rhythm(night + kHour * 12));
}

TEST(UsualRate, AnHourThatIsBusyEachWeekIsNotUnusual) {
  UsualRate rate;
  Nanoseconds at = kMonday;
  const auto busy = [](Nanoseconds time) { return hour_of_week(time) == 30; };
  for (; at < kMonday + kHour * 168; at = at + whole_seconds(1))
    rate.learn(busy(at) ? 900 : 100, at);
  for (; !busy(at); at = at + whole_seconds(1)) rate.learn(100, at);
  EXPECT_GT(rate.limit(at, 4), 900);
  EXPECT_LT(rate.limit(at + kHour * 12, 4), 900);
}

TEST(UsualRate, SecondsThatWereNotSeenCountAsQuiet) {
  UsualRate rate;
  for (int s = 0; s < 1000; ++s) rate.learn(1000, kMonday + whole_seconds(s));
  rate.learn(0, kMonday + whole_seconds(1000 + 1800));
  EXPECT_LT(rate.level(), 100);
  EXPECT_GE(rate.seconds(), 2800u);
}

TEST(UsualRate, AShiftMovesTheHourAndLeavesNoGap) {
  UsualRate rate;
  UsualRate shifted;
  const Nanoseconds later = whole_seconds(5 * 3600);
  for (int s = 0; s < 3 * 3600; ++s) {
    const Nanoseconds at = kMonday + whole_seconds(s);
    rate.learn(100, at);
    shifted.learn(100, at, s < 3600 ? Nanoseconds{} : later);
  }
  EXPECT_DOUBLE_EQ(shifted.level(), rate.level()) << "no seconds of rate 0 for the step";
  EXPECT_EQ(shifted.seconds(), rate.seconds());
  ASSERT_NE(shifted.season(), nullptr);
  EXPECT_EQ((*rate.season())[1].weeks, 1u);
  EXPECT_EQ((*shifted.season())[0].weeks, 1u);
  EXPECT_EQ((*shifted.season())[1].weeks, 0u);
  EXPECT_EQ((*shifted.season())[6].weeks, 1u);
}

TEST(UsualRate, InvalidRatesAreNotLearnt) {
  UsualRate rate;
  rate.learn(std::nan(""), kMonday);
  rate.learn(-1, kMonday);
  EXPECT_EQ(rate.seconds(), 0u);
}

LearntBaselines learnt_over_hours(int hours) {
  LearntBaselines learnt;
  PrefixBaseline& rates = learnt[*IpPrefix::parse("198.51.100.0/24")];
  for (int s = 0; s < hours * 3600; ++s) {
    rates[6].learn(rhythm(kMonday + whole_seconds(s)), kMonday + whole_seconds(s));
  }
  return learnt;
}

std::string text_of(const LearntBaselines& learnt) {
  BaselineText text;
  for (const auto& [prefix, rates] : learnt) text.add(prefix, rates);
  return text.text();
}

class BaselineFileTest : public ::testing::Test {
 protected:
  BaselineFileTest() {
    std::string name = ::testing::TempDir() + "baselineXXXXXX";
    directory_ = mkdtemp(name.data());
    path_ = directory_ + "/state.json";
  }
  ~BaselineFileTest() override { std::filesystem::remove_all(directory_); }

  std::string directory_;
  std::string path_;
};

TEST_F(BaselineFileTest, ASavedBaselineIsLoaded) {
  const LearntBaselines learnt = learnt_over_hours(30);
  ASSERT_EQ(replace_file(path_, text_of(learnt)), "");
  std::string warning;
  const LearntBaselines loaded = load_baseline(path_, warning);
  EXPECT_EQ(warning, "");
  ASSERT_EQ(loaded.size(), 1u);
  const UsualRate& before = learnt.begin()->second[6];
  const UsualRate& after = loaded.begin()->second[6];
  EXPECT_DOUBLE_EQ(after.level(), before.level());
  EXPECT_EQ(after.seconds(), before.seconds());
  for (int hour = 0; hour < 168; ++hour) {
    EXPECT_DOUBLE_EQ(after.limit(kMonday + kHour * hour, 4),
                     before.limit(kMonday + kHour * hour, 4));
  }
  struct stat status;
  ASSERT_EQ(stat(path_.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777u, 0600u);
}

TEST_F(BaselineFileTest, WithoutAFileTheBaselineIsEmpty) {
  std::string warning;
  EXPECT_TRUE(load_baseline(path_, warning).empty());
  EXPECT_EQ(warning, "");
}

TEST_F(BaselineFileTest, ADamagedFileIsRenamedAndReported) {
  const std::string good = text_of(learnt_over_hours(2));
  const std::string damaged[] = {
      "",
      "garbage",
      good.substr(0, good.size() / 2),
      R"({"schema":"another/1","prefixes":{}})",
      R"({"schema":"floodgauge.baseline/1","prefixes":{"nowhere":{}}})",
      R"({"schema":"floodgauge.baseline/1","prefixes":{"192.0.2.0/24":{"udp":{"level":-1,"spread":0,"seconds":1}}}})",
      R"({"schema":"floodgauge.baseline/1","prefixes":{"192.0.2.0/24":{"udp":{"level":1,"spread":0,"seconds":1,"hours":[[168,1,1,1]]}}}})",
  };
  for (const std::string& text : damaged) {
    std::ofstream(path_) << text;
    std::string warning;
    EXPECT_TRUE(load_baseline(path_, warning).empty()) << text;
    EXPECT_NE(warning.find("learning begins anew"), std::string::npos) << text;
    EXPECT_FALSE(std::filesystem::exists(path_)) << text;
    EXPECT_TRUE(std::filesystem::exists(path_ + ".damaged")) << text;
  }
}

TEST_F(BaselineFileTest, AFailedSaveKeepsTheOldFile) {
  ASSERT_EQ(replace_file(path_, "old"), "");
  std::filesystem::create_directory(path_ + ".new");  // so that the file cannot be written
  EXPECT_NE(replace_file(path_, "new"), "");
  std::ifstream file(path_);
  std::string text;
  file >> text;
  EXPECT_EQ(text, "old");
}

}  // namespace
}  // namespace floodgauge
