// What the history can say of a time that is over, and what it cannot.
#include "engine/export/history/minute_explanation.h"

#include <gtest/gtest.h>

#include "tests/engine/export/history/history_fixture.h"

namespace floodgauge {
namespace {

class MinuteExplanationTest : public HistoryTest {
 protected:
  MinuteExplanationTest() {
    HistoryWriter writer(options());
    for (int at = 0; at < 5; ++at) writer.put(minute(at));  // syn: 100 + at, limit 5000
    writer.put({kEvening + whole_seconds(150), incident(1, false, kEvening + whole_seconds(150))},
               [] {});
    writer.flush();
  }
  Json ask(const char* target, int second) {
    HistoryReader reader(path_);
    return minute_explanation(reader, question(target, kEvening + whole_seconds(second)));
  }
  PastQuestion question(const char* target, Nanoseconds at) const {
    return {.target = *IpPrefix::parse(target),
            .prefix = *IpPrefix::parse("198.51.100.0/24"),
            .name = "web",
            .profile = "default",
            .limits = profile_,
            .limits_from = "the default limits",
            .at = at};
  }

  Profile profile_;
};

TEST_F(MinuteExplanationTest, TellsTheHighestHostOfTheMinuteAndItsLimit) {
  const Json told = ask("198.51.100.7", 70);
  EXPECT_EQ(told["verdict"], "below");
  EXPECT_EQ(told["kept"]["step_seconds"], 60);
  EXPECT_EQ(told["kept"]["start"], "2023-11-14T22:01:00.000000000Z");
  const Json& host = told["past"][0];
  EXPECT_EQ(host["measure"], "syn");
  EXPECT_EQ(host["value"], 101);
  EXPECT_EQ(host["limit"], 5000);
  EXPECT_EQ(host["is_target"], true);
  EXPECT_EQ(host["key"], "profiles.default.thresholds.syn");
  EXPECT_EQ(told["past"][1]["of"], "prefix");
  EXPECT_EQ(told["past"][1]["limit"], 20'000);
  EXPECT_EQ(told["not_kept"].size(), 3u);
}

TEST_F(MinuteExplanationTest, OfAnotherHostItOnlyKnowsThatItHadNoMore) {
  const Json told = ask("198.51.100.8", 70);
  EXPECT_EQ(told["past"][0]["is_target"], false);
  EXPECT_NE(told["why"].get<std::string>().find("no host of its prefix was nearer"),
            std::string::npos);
}

TEST_F(MinuteExplanationTest, AnIncidentOfThatMinuteIsTold) {
  const Json told = ask("198.51.100.7", 125);  // the incident begins later in this minute
  EXPECT_EQ(told["verdict"], "flood");
  EXPECT_EQ(told["incidents"][0]["id"], "id1");
  EXPECT_EQ(ask("198.51.100.8", 125)["verdict"], "below");
  EXPECT_EQ(ask("198.51.100.7", 70)["incidents"].size(), 0u);
}

TEST_F(MinuteExplanationTest, AfterTheMinutesTheHourIsTold) {
  const Json told = ask("198.51.100.7", 1000);
  EXPECT_EQ(told["kept"]["step_seconds"], 3600);
  EXPECT_EQ(told["past"][0]["value"], 104);
  EXPECT_NE(told["not_kept"][0].get<std::string>().find("hour"), std::string::npos);
}

TEST_F(MinuteExplanationTest, OfATimeThatIsNotKeptItPromisesNothing) {
  const Json told = ask("198.51.100.7", 8000);
  EXPECT_EQ(told["verdict"], "unseen");
  EXPECT_TRUE(told["kept"].is_null());
  EXPECT_EQ(told["past"].size(), 0u);
  EXPECT_EQ(told["not_kept"].size(), 1u);
}

TEST_F(MinuteExplanationTest, TheNearestMinuteIsFound) {
  HistoryReader reader(path_);
  const Nanoseconds end = kEvening + whole_seconds(3600);
  EXPECT_EQ(nearest_minute(reader, question("198.51.100.7", end)), kEvening + whole_seconds(240));
  EXPECT_EQ(nearest_minute(reader, question("198.51.100.8", end)), std::nullopt);
  EXPECT_EQ(nearest_minute(reader, question("198.51.100.0/24", end)), kEvening);
}

}  // namespace
}  // namespace floodgauge
