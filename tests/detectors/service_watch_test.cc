// One service of one server: when it is slow, failing or silent, since when and until when.
#include "detectors/service_watch.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "tests/detectors/service_scene.h"

namespace floodgauge {
namespace {

using testing::kBegin;
using testing::kWindow;
using testing::Scene;

class ServiceWatchTest : public ::testing::Test, public Scene {};

TEST_F(ServiceWatchTest, AServiceThatAnswersAsUsualHasNoImpact) {
  pass(120, {});
  EXPECT_FALSE(detected_);
  EXPECT_NEAR(watch_.usual_answer_ratio(), 1, 1e-3);
  EXPECT_NEAR(*watch_.usual_response_seconds(), 0.002, 0.0001);
}

TEST_F(ServiceWatchTest, ASilentServiceIsSeenWithinTwoSeconds) {
  for (const double rate : {20.0, 50.0, 2000.0}) {
    Scene fresh;
    fresh.pass(20, {.per_second = rate});
    fresh.pass(10, {.per_second = rate, .answered = 0});
    ASSERT_TRUE(fresh.detected_) << rate;
    EXPECT_LE(fresh.at(*fresh.detected_), 22.01) << rate;
    EXPECT_NEAR(fresh.at(fresh.watch_.impact()->start), 20, 0.15) << rate;
    EXPECT_EQ(fresh.watch_.impact()->condition, Condition::silent) << rate;
    fresh.pass(10, {.per_second = rate});
    ASSERT_EQ(fresh.ended_.size(), 1u) << rate;
    EXPECT_NEAR(fresh.at(*fresh.ended_[0].end), 30, 0.15) << rate;
    EXPECT_NEAR(static_cast<double>(fresh.ended_[0].requests), 10 * rate, 0.1 * rate + 1) << rate;
    EXPECT_LE(fresh.ended_[0].answered, 0.1 * rate) << rate;
  }
}

TEST_F(ServiceWatchTest, OfAServiceWithFewRequestsTheLastTwentyAreJudged) {
  pass(60, {.per_second = 2});
  pass(30, {.per_second = 2, .answered = 0});
  ASSERT_TRUE(detected_);
  EXPECT_GE(at(*detected_), 62) << "two unanswered requests are no impact";
  EXPECT_LE(at(*detected_), 72.5);
  EXPECT_NEAR(at(watch_.impact()->start), 60, 1);
}

TEST_F(ServiceWatchTest, WhatIsOverIsNotJudgedAgain) {
  pass(60, {.per_second = 2});
  pass(30, {.per_second = 2, .answered = 0});
  pass(60, {.per_second = 2});
  ASSERT_EQ(ended_.size(), 1u) << "the old requests are still remembered";
  EXPECT_NEAR(at(*ended_[0].end), 90, 1);
}

TEST_F(ServiceWatchTest, SlowAnswersOfAcceptedConnectionsAreAwaitedBeforeTheEndIsTold) {
  pass(20, {.within = true});
  pass(10, {.response = 3, .within = true});
  pass(10, {.within = true});
  ASSERT_EQ(ended_.size(), 1u);
  EXPECT_EQ(ended_[0].condition, Condition::slow);
  EXPECT_EQ(ended_[0].requests, ended_[0].answered);
}

/// Clients that try again are accepted in the end: the requests of then were served badly all the
/// same, for longer than their slices are remembered.
TEST_F(ServiceWatchTest, ConnectionsThatAreAcceptedAtTheSecondAttemptDoNotEndTheImpactEarly) {
  pass(30, {});
  std::vector<ServiceAnswer> due;
  const auto pass_with_retries = [&](double seconds, bool fails) {
    for (long w = 0; w < std::lround(seconds * 10); ++w) {
      const Nanoseconds start = now_;
      now_ = now_ + kWindow;
      ServiceTotals totals;
      totals.first_request = start + milliseconds(1);
      for (int n = 0; n < 5; ++n) {
        const Nanoseconds asked = start + milliseconds(1 + n);
        ++totals.counts.asked[0];
        const float waits = fails && n > 1 ? 1.05F : 0.002F;
        due.push_back({.kind = ServiceAnswer::Kind::accepted,
                       .timed = true,
                       .seconds = waits,
                       .requested = asked});
      }
      std::vector<ServiceAnswer> answers;
      std::erase_if(due, [&](const ServiceAnswer& answer) {
        const auto waits = static_cast<std::int64_t>(double{answer.seconds} * 1e9);
        if (answer.requested.count + waits >= now_.count) return false;
        answers.push_back(answer);
        ++totals.counts.asked_within[0];
        answers.push_back({.kind = ServiceAnswer::Kind::answered_within,
                           .timed = true,
                           .seconds = 0.002F,
                           .requested = now_ - milliseconds(5)});
        return true;
      });
      totals.answers = static_cast<std::uint32_t>(answers.size());
      watch_.add(totals, answers, start);
      watch_.judge(now_);
      if (watch_.impact() && !detected_) detected_ = now_;
      if (watch_.ended()) ended_.push_back(*watch_.ended());
    }
  };
  pass_with_retries(30, true);
  ASSERT_TRUE(detected_);
  EXPECT_LE(at(*detected_), 33);
  EXPECT_TRUE(ended_.empty());
  pass_with_retries(10, false);
  ASSERT_EQ(ended_.size(), 1u);
  EXPECT_NEAR(at(*ended_[0].end), 60, 1);
}

TEST_F(ServiceWatchTest, SlowAnswersMakeAServiceSlowAndNothingIsLost) {
  pass(20, {});
  pass(20, {.response = 0.3});
  pass(20, {});
  ASSERT_EQ(ended_.size(), 1u);
  EXPECT_EQ(ended_[0].condition, Condition::slow);
  EXPECT_LE(at(*detected_), 22);
  EXPECT_NEAR(at(ended_[0].start), 20, 0.2);
  EXPECT_NEAR(at(*ended_[0].end), 40, 0.5);
  EXPECT_NEAR(*ended_[0].response_seconds_worst, 0.3, 0.01);
  EXPECT_NEAR(*ended_[0].response_seconds_before, 0.002, 0.0002);
  EXPECT_EQ(ended_[0].requests, ended_[0].answered);
}

TEST_F(ServiceWatchTest, AnswersThatAreALittleSlowerAreNoImpact) {
  pass(20, {});
  pass(20, {.response = 0.015});
  EXPECT_FALSE(detected_) << "below 20 ms more than usual";
  Scene other;
  other.pass(20, {.response = 0.1});
  other.pass(20, {.response = 0.35});
  EXPECT_FALSE(other.detected_) << "below four times the usual";
}

TEST_F(ServiceWatchTest, AnswersThatComeAfterPatienceIsOverShowThatItWasSlowAndNotSilent) {
  pass(20, {});
  pass(20, {.response = 2.5});
  ASSERT_TRUE(detected_);
  EXPECT_EQ(watch_.impact()->condition, Condition::slow);
  EXPECT_EQ(watch_.impact()->now, Condition::slow);
}

TEST_F(ServiceWatchTest, AServiceThatAnswersHalfFails) {
  pass(20, {});
  pass(20, {.answered = 0.5});
  ASSERT_TRUE(detected_);
  EXPECT_LE(at(*detected_), 22);
  EXPECT_EQ(watch_.impact()->condition, Condition::failing);
  EXPECT_EQ(worst_, Condition::failing);
  EXPECT_NEAR(watch_.impact()->answer_ratio_worst, 0.5, 0.06);
}

TEST_F(ServiceWatchTest, FewAnswersOfTwentyMayBeChance) {
  // A service usually answers 19 of 20 requests. Once in a million times it answers 12 by chance.
  pass(60, {.per_second = 20, .answered = 0.95});
  pass(1, {.per_second = 20, .answered = 0.6});
  pass(20, {.per_second = 20, .answered = 0.95});
  EXPECT_FALSE(detected_);
  // When it lasts, it is none.
  pass(10, {.per_second = 20, .answered = 0.6});
  ASSERT_TRUE(detected_);
  EXPECT_LE(at(*detected_), 85);
  EXPECT_EQ(watch_.impact()->condition, Condition::failing);
  EXPECT_NEAR(at(watch_.impact()->start), 81, 0.5);
}

TEST_F(ServiceWatchTest, AServiceThatAnswersMostRequestsAsItUsuallyDoesNotFails) {
  pass(60, {.answered = 0.7});
  pass(30, {.answered = 0.6});
  EXPECT_FALSE(detected_) << "0.6 is above three quarters of 0.7";
  pass(30, {.answered = 0.3});
  EXPECT_TRUE(detected_);
}

TEST_F(ServiceWatchTest, OnlyAServiceThatIsUsuallyAnsweredCanFail) {
  for (const double usual : {0.2, 0.5}) {
    Scene fresh;
    fresh.pass(20, {.answered = usual});
    fresh.pass(5, {.answered = 0});
    EXPECT_EQ(fresh.detected_.has_value(), usual > 0.3) << usual;
  }
}

TEST_F(ServiceWatchTest, DemandThatFadesIsNoImpact) {
  pass(30, {});
  pass(30, {.per_second = 5});
  pass(30, {.per_second = 0.2});
  pass(60, {.per_second = 0});
  EXPECT_FALSE(detected_);
}

TEST_F(ServiceWatchTest, AcceptedConnectionsThatWaitAreSlowFirstAndSilentAfterFiveSeconds) {
  pass(20, {.within = true});
  pass(4, {.answered = 0, .within = true});
  ASSERT_TRUE(detected_);
  EXPECT_LE(at(*detected_), 22);
  EXPECT_EQ(watch_.impact()->condition, Condition::slow);
  pass(4, {.answered = 0, .within = true});
  EXPECT_EQ(watch_.impact()->condition, Condition::silent);
}

TEST_F(ServiceWatchTest, AFloodThatNobodyCompletesDoesNotMakeAServingServerFail) {
  pass(30, {.known = true});
  pass(30, {.known = true, .flood = 1000, .flood_answered = 0});
  EXPECT_FALSE(detected_);
  EXPECT_NEAR(*watch_.answer_ratio(), 1, 0.02);
}

TEST_F(ServiceWatchTest, CookiesForAFloodDoNotHideThatKnownClientsAreNotServed) {
  pass(30, {.known = true});
  pass(10, {.answered = 0.4, .known = true, .flood = 1000, .flood_answered = 1});
  ASSERT_TRUE(detected_);
  EXPECT_EQ(watch_.impact()->condition, Condition::failing);
  EXPECT_NEAR(*watch_.answer_ratio(), 0.4, 0.02) << "of the clients known before the flood";
}

TEST_F(ServiceWatchTest, CookiesForAFloodAreNoLateAnswersOfASilentServer) {
  pass(30, {.known = true});
  pass(10, {.response = 0.002, .answered = 0, .known = true, .flood = 1000, .flood_answered = 1});
  ASSERT_TRUE(detected_);
  EXPECT_EQ(watch_.impact()->condition, Condition::silent);
  EXPECT_EQ(watch_.impact()->now, Condition::silent);
  pass(10, {.known = true, .flood = 1000, .flood_answered = 1});
  ASSERT_EQ(ended_.size(), 1u);
  EXPECT_EQ(ended_[0].condition, Condition::silent);
  EXPECT_NEAR(at(*ended_[0].end), 40, 0.2);
}

TEST_F(ServiceWatchTest, AServerThatAnswersNobodyInAFloodIsSilentEvenWithoutKnownClients) {
  pass(30, {});
  pass(10, {.answered = 0, .flood = 5000, .flood_answered = 0});
  ASSERT_TRUE(detected_);
  EXPECT_EQ(watch_.impact()->condition, Condition::silent);
}

/// Without known clients, the handshakes that nobody completes tell a slow rise from a crowd.
TEST_F(ServiceWatchTest, AFloodOfSynsThatRisesSlowlyDoesNotMakeAServerFail) {
  for (const bool connections : {false, true}) {
    Scene fresh;
    fresh.pass(30, {});
    fresh.pass(60, {.flood_answered = 1, .flood_rise = 8, .connections = connections});
    fresh.pass(20, {.flood = 480, .flood_answered = 0.4, .connections = connections});
    EXPECT_EQ(fresh.detected_.has_value(), !connections);
  }
}

TEST_F(ServiceWatchTest, AServerThatAnswersItsKnownClientsHasNoImpactBesideARiseOfOthers) {
  for (const double known : {1.0, 0.4}) {
    Scene fresh;
    fresh.pass(30, {.known = true});
    fresh.pass(60, {.known = true, .flood_answered = 1, .flood_rise = 3});
    fresh.pass(20, {.answered = known, .known = true, .flood = 180, .flood_answered = 0.2});
    EXPECT_EQ(fresh.detected_.has_value(), known < 1) << known;
    EXPECT_NEAR(*fresh.watch_.answer_ratio(), known < 1 ? 0.25 : 1, 0.1);
  }
}

TEST_F(ServiceWatchTest, AServiceThatOnlyARisingFloodHasAskedIsNotJudged) {
  for (const double begin : {0.0, 5.0}) {
    Scene fresh;
    fresh.now_ = kBegin + whole_seconds(static_cast<std::int64_t>(begin));
    fresh.pass(7, {.per_second = 0, .flood_answered = 1, .flood_rise = 1600});
    fresh.pass(5, {.per_second = 0, .flood = 12000, .flood_answered = 0.3});
    EXPECT_FALSE(fresh.detected_) << begin;
  }
}

TEST_F(ServiceWatchTest, ABusyServiceThatIsNewIsJudgedOnceItsClientsAreUsual) {
  now_ = kBegin + whole_seconds(5);
  pass(60, {.per_second = 2000});
  pass(5, {.per_second = 2000, .answered = 0.3});
  EXPECT_TRUE(detected_);
}

TEST_F(ServiceWatchTest, WhatIsUsualAtThisHourIsNoImpact) {
  const ServiceHour backup{.ratio = 0.9F, .median = 0.3F, .p90 = 0.4F, .requests = 50, .weeks = 3};
  for (const bool known : {false, true}) {
    Scene fresh;
    if (known) fresh.watch_.set_usual(backup);
    fresh.pass(30, {});
    fresh.pass(30, {.response = 0.4});
    EXPECT_EQ(fresh.detected_.has_value(), !known);
    fresh.pass(30, {.answered = 0});
    EXPECT_TRUE(fresh.detected_) << "it has never been silent at this hour";
  }
}

TEST_F(ServiceWatchTest, AServiceThatIsOffEveryWeekAtThisHourIsNotJudgedThen) {
  for (const float ratio : {1.0F, 0.1F}) {
    Scene fresh;
    fresh.watch_.set_usual(ServiceHour{.ratio = ratio, .weeks = 4});
    fresh.pass(30, {});
    fresh.pass(30, {.answered = 0});
    EXPECT_EQ(fresh.detected_.has_value(), ratio > 0.5F);
  }
}

TEST_F(ServiceWatchTest, AnHourIsToldByItsWorstFiveMinutes) {
  pass(900, {});
  EXPECT_FALSE(watch_.end_hour()) << "too little was seen of it";
  pass(1200, {});
  pass(400, {.response = 0.05, .answered = 0.9});
  pass(600, {});
  const auto seen = watch_.end_hour();
  ASSERT_TRUE(seen);
  EXPECT_NEAR(seen->seen.ratio, 0.9, 0.02);
  EXPECT_GT(seen->seen.median, 0.02F);
  EXPECT_NEAR(seen->seen.requests, 50, 1);
}

TEST_F(ServiceWatchTest, TwoOutagesApartAreTwoImpacts) {
  pass(20, {});
  pass(5, {.answered = 0});
  pass(20, {});
  pass(5, {.answered = 0});
  pass(20, {});
  ASSERT_EQ(ended_.size(), 2u);
  EXPECT_NEAR(at(ended_[1].start), 45, 0.2);
  EXPECT_NEAR(at(*ended_[1].end), 50, 0.2);
}

TEST_F(ServiceWatchTest, AnImpactThatNobodyAsksAboutAnyMoreIsGivenUp) {
  pass(20, {});
  pass(5, {.answered = 0});
  pass(590, {.per_second = 0});
  EXPECT_TRUE(ended_.empty());
  pass(20, {.per_second = 0});
  ASSERT_EQ(ended_.size(), 1u);
  EXPECT_NEAR(at(*ended_[0].end), 25, 0.2) << "the last request";
}

}  // namespace
}  // namespace floodgauge
