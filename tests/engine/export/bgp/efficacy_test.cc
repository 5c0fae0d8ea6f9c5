#include "engine/export/bgp/efficacy.h"

#include <gtest/gtest.h>

namespace floodgauge {
namespace {

constexpr Nanoseconds kStart = whole_seconds(1'700'000'000);
constexpr Nanoseconds kPoll = Nanoseconds{250'000'000};

std::string rule_text(const std::string& rest) {
  return "flow route { match { destination 198.51.100.7/32; " + rest + " } then { discard; } }";
}

/// One flood at one target, whose routes stand since kStart.
class EfficacyTest : public testing::Test {
 protected:
  EfficacyTest() {
    policy_.efficacy.judge_after = whole_seconds(30);
    policy_.efficacy.least = 0.1;
    policy_.time.probe = whole_seconds(60);
    policy_.time.to_live = whole_seconds(200);
    flood_.id = "a";
    flood_.target = *IpPrefix::parse("198.51.100.7/32");
  }

  void stand(const std::string& rest, double share) {
    const auto rule = FlowRule::parse(rule_text(rest));
    ASSERT_TRUE(rule);
    const Route route{.action = RouteAction::discard,
                      .target = flood_.target,
                      .rule = rule,
                      .next_hop = {},
                      .communities = {"65000:666"}};
    standing_.push_back({.route = route,
                         .incident = "a",
                         .since = now_,
                         .confirmed = now_,
                         .promised_share = share});
    flood_.rules.push_back({rule_text(rest), share, 0.0});
  }

  /// Polls for `seconds` while the flood has this rate. Returns the changes: "nothing 1", "did 1",
  /// with the index of the route. A route that took nothing is withdrawn.
  std::vector<std::string> pass(int seconds, double pps) {
    if (!efficacy_) efficacy_.emplace(policy_);
    std::vector<std::string> changes;
    flood_.current_pps = pps;
    for (int n = 0; n < seconds * 4; ++n) {
      now_ = now_ + kPoll;
      for (const Efficacy::Change& change : efficacy_->observe(now_, {flood_}, standing_)) {
        const bool nothing = change.what == Efficacy::Change::What::took_nothing;
        changes.push_back(nothing ? "nothing" : "did");
        last_ = change.route;
        if (nothing) {
          std::erase_if(standing_, [&](const StandingRoute& one) {
            return one.route.text() == change.route.standing.route.text();
          });
        } else {
          standing_.push_back(change.route.standing);
          standing_.back().since = now_;
        }
      }
    }
    return changes;
  }
  RouteMeasure measure(std::size_t n = 0) const {
    return efficacy_->measure(standing_.at(n).route.text());
  }

  using Changes = std::vector<std::string>;

  Policy policy_;
  OpenFlood flood_;
  Nanoseconds now_ = kStart;
  std::vector<StandingRoute> standing_;
  std::optional<Efficacy> efficacy_;
  IneffectiveRoute last_;
};

TEST_F(EfficacyTest, ARouteThatTakesWhatItPromisedHasAnEfficacyOfOne) {
  stand("protocol =17;", 0.8);
  EXPECT_EQ(pass(2, 10'000), Changes{});
  EXPECT_FALSE(measure().after_pps) << "the routers have not had time yet";
  EXPECT_EQ(pass(60, 2'000), Changes{});
  EXPECT_DOUBLE_EQ(*measure().before_pps, 8'000);
  EXPECT_DOUBLE_EQ(*measure().after_pps, 0);
  EXPECT_DOUBLE_EQ(*measure().efficacy(), 1);
}

TEST_F(EfficacyTest, ARouteThatTakesNothingIsFoundAfterTheTimeOfThePolicyAndNotBefore) {
  stand("protocol =17;", 0.8);
  EXPECT_EQ(pass(29, 10'000), Changes{});
  EXPECT_DOUBLE_EQ(*measure().efficacy(), 0);
  EXPECT_DOUBLE_EQ(*measure().remaining_ratio(), 1);
  EXPECT_EQ(pass(2, 10'000), Changes{"nothing"});
  EXPECT_EQ((last_.until - last_.at).count, whole_seconds(60).count);
}

TEST_F(EfficacyTest, TheLeastShareOfThePolicyIsTheBound) {
  stand("protocol =17;", 1);
  pass(2, 10'000);
  EXPECT_EQ(pass(60, 8'900), Changes{}) << "it takes 11 %";
  EXPECT_EQ(pass(60, 9'100), Changes{"nothing"}) << "it takes 9 %";
}

TEST_F(EfficacyTest, ASensorBeforeTheRoutersJudgesNothing) {
  policy_.efficacy.sensor = SensorPlace::before;
  stand("protocol =17;", 0.8);
  EXPECT_EQ(pass(300, 10'000), Changes{});
  EXPECT_DOUBLE_EQ(*measure().before_pps, 8'000);
  EXPECT_FALSE(measure().efficacy());
}

TEST_F(EfficacyTest, OfSeveralRoutesTheOneThatTakesNothingIsFound) {
  stand("protocol =17; source-port =53;", 0.6);
  stand("protocol =6; tcp-flags =syn;", 0.4);
  pass(2, 10'000);
  // The first takes all of its own; of what still arrives, the sample shows the second alone.
  flood_.rules[0].flood_share = 0.0;
  flood_.rules[1].flood_share = 1.0;
  EXPECT_EQ(pass(40, 4'000), Changes{"nothing"});
  EXPECT_EQ(last_.standing.route.rule->matches[1].values[0], "=6");
  EXPECT_GT(*measure(0).efficacy(), 0.9);
}

TEST_F(EfficacyTest, AFloodThatWasQuietMeanwhileIsNotJudged) {
  stand("protocol =17;", 1);
  pass(10, 10'000);
  for (int n = 0; n < 10; ++n) {
    flood_.quiet = true;
    EXPECT_EQ(pass(1, 0), Changes{});
    flood_.quiet = false;
    EXPECT_EQ(pass(4, 20'000), Changes{}) << n;
  }
}

TEST_F(EfficacyTest, AFloodThatGrowsWithoutTheRouteShowsThatItDidTake) {
  stand("protocol =17;", 1);
  pass(2, 10'000);
  // The flood has grown tenfold, and nine tenths of it are taken.
  ASSERT_EQ(pass(40, 10'000), Changes{"nothing"});
  EXPECT_EQ(pass(5, 100'000), Changes{"did"});
  EXPECT_EQ(pass(50, 100'000), Changes{}) << "it is trusted for the time of a probe";
}

TEST_F(EfficacyTest, ARateThatStaysShowsThatItTookNothing) {
  stand("protocol =17;", 1);
  ASSERT_EQ(pass(40, 10'000), Changes{"nothing"});
  EXPECT_EQ(pass(15, 14'000), Changes{}) << "it has grown by less than a half";
  EXPECT_EQ(efficacy_->ineffective().size(), 1u);
  EXPECT_EQ(pass(45, 100'000), Changes{}) << "the trial is over";
  EXPECT_TRUE(efficacy_->ineffective().empty()) << "after the pause it may be tried again";
}

TEST_F(EfficacyTest, EachFurtherFailureDoublesThePauseUpToTheTimeToLive) {
  std::vector<std::int64_t> pauses;
  for (int n = 0; n < 4; ++n) {
    standing_.clear();
    flood_.rules.clear();
    stand("protocol =17;", 1);
    ASSERT_EQ(pass(32, 10'000), Changes{"nothing"});
    const Nanoseconds pause = last_.until - last_.at;
    pauses.push_back(pause.count / whole_seconds(1).count);
    pass(static_cast<int>(pauses.back()), 10'000);
  }
  EXPECT_EQ(pauses, (std::vector<std::int64_t>{60, 120, 200, 200}));
}

TEST_F(EfficacyTest, TheRateBeforeOutlivesARestart) {
  stand("protocol =17;", 1);
  pass(3, 10'000);
  const auto rate = efficacy_->flood_rate(standing_[0].route.text());
  ASSERT_TRUE(rate);
  standing_[0].flood_pps = rate;
  efficacy_.emplace(policy_);
  pass(60, 1'000);
  EXPECT_DOUBLE_EQ(*measure().efficacy(), 0.9);
}

TEST_F(EfficacyTest, AFloodThatIsOverLeavesNothing) {
  stand("protocol =17;", 1);
  pass(8, 10'000);
  for (int n = 0; n < 8; ++n) {
    now_ = now_ + kPoll;
    EXPECT_TRUE(efficacy_->observe(now_, {}, standing_).empty());
  }
  EXPECT_DOUBLE_EQ(*measure().remaining_ratio(), 0);
}

}  // namespace
}  // namespace floodgauge
