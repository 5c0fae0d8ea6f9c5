#include "engine/export/bgp/reconciler.h"

#include <gtest/gtest.h>

namespace floodgauge {
namespace {

constexpr Nanoseconds kStart = whole_seconds(1'700'000'000);

std::string syn_rule(const std::string& destination) {
  return "flow route { match { destination " + destination +
         "; protocol =6; tcp-flags =syn; } then { discard; } }";
}

class Reconciling : public testing::Test {
 protected:
  Reconciling() {
    policy_.allow.prefixes = {*IpPrefix::parse("198.51.100.0/24")};
    policy_.never = {*IpPrefix::parse("198.51.100.53/32")};
  }

  static OpenFlood flood(const std::string& target, const std::string& id = "a") {
    OpenFlood flood;
    flood.id = id;
    flood.severity = PolicySeverity::high;
    flood.target = *IpPrefix::parse(target);
    flood.rules = {{syn_rule(target), 0.99, 0.001}};
    return flood;
  }

  /// Plans at `now_`, and carries every step out. "+198.51.100.7/32" is an announcement.
  std::vector<std::string> step(const std::optional<std::vector<OpenFlood>>& floods) {
    if (!reconciler_) reconciler_.emplace(policy_);
    std::vector<std::string> said;
    for (const RouteStep& one : reconciler_->plan(now_, floods)) {
      said.push_back((one.what == RouteStep::What::announce ? "+" : "-") + one.route.target.text());
      reason_ = one.reason;
      reconciler_->done(one, now_);
    }
    return said;
  }
  std::vector<std::string> held() const {
    std::vector<std::string> reasons;
    for (const HeldBack& one : reconciler_->held_back()) reasons.push_back(one.reason);
    return reasons;
  }
  void wait(Nanoseconds time) { now_ = now_ + time; }

  using Steps = std::vector<std::string>;
  using Floods = std::vector<OpenFlood>;

  Policy policy_;
  Nanoseconds now_ = kStart;
  std::optional<Reconciler> reconciler_;
  std::string reason_;
};

TEST_F(Reconciling, AnnouncesAnOpenFloodOnceAndWithdrawsItAfterTheQuiet) {
  EXPECT_EQ(step(Floods{flood("198.51.100.7/32")}), Steps{"+198.51.100.7/32"});
  EXPECT_EQ(step(Floods{flood("198.51.100.7/32")}), Steps{});
  wait(whole_seconds(600));
  EXPECT_EQ(step(Floods{flood("198.51.100.7/32")}), Steps{}) << "it is still open";
  EXPECT_EQ(step(Floods{}), Steps{});
  wait(whole_seconds(59));
  EXPECT_EQ(step(Floods{}), Steps{});
  wait(whole_seconds(1));
  EXPECT_EQ(step(Floods{}), Steps{"-198.51.100.7/32"});
  EXPECT_EQ(reason_, "its flood is quiet");
  EXPECT_TRUE(reconciler_->standing().empty());
}

TEST_F(Reconciling, AStepThatTheSpeakerRefusesComesAgain) {
  reconciler_.emplace(policy_);
  const Floods floods = {flood("198.51.100.7/32")};
  EXPECT_EQ(reconciler_->plan(now_, floods).size(), 1u);
  EXPECT_EQ(reconciler_->plan(now_, floods).size(), 1u);
}

TEST_F(Reconciling, AQuietIncidentHoldsItsRouteAndAsksForNoNewOne) {
  OpenFlood quiet = flood("198.51.100.7/32");
  quiet.quiet = true;
  EXPECT_EQ(step(Floods{quiet}), Steps{});
  step(Floods{flood("198.51.100.7/32")});
  EXPECT_EQ(step(Floods{quiet}), Steps{});
  wait(whole_seconds(30));
  EXPECT_EQ(step(Floods{flood("198.51.100.7/32")}), Steps{}) << "the flood goes on";
  wait(whole_seconds(30));
  EXPECT_EQ(step(Floods{quiet}), Steps{}) << "quiet from now on";
  wait(whole_seconds(60));
  EXPECT_EQ(step(Floods{quiet}), Steps{"-198.51.100.7/32"});
}

TEST_F(Reconciling, KeepsRoutesOfASensorThatIsGoneForTheirTimeToLive) {
  step(Floods{flood("198.51.100.7/32")});
  wait(policy_.time.to_live - Nanoseconds{1});
  EXPECT_EQ(step(std::nullopt), Steps{});
  wait(Nanoseconds{1});
  EXPECT_EQ(step(std::nullopt), Steps{"-198.51.100.7/32"});
  EXPECT_EQ(reason_, "the sensor has not confirmed it for its time to live");
}

TEST_F(Reconciling, HoldsLongerWhenTheFloodReturns) {
  policy_.time = {whole_seconds(3600), whole_seconds(10), whole_seconds(100)};
  const Floods open = {flood("198.51.100.7/32")};
  step(open);
  for (const std::int64_t least : {100, 200, 400}) {
    step(Floods{});
    wait(whole_seconds(1000));
    EXPECT_EQ(step(Floods{}), Steps{"-198.51.100.7/32"});
    wait(whole_seconds(5));
    EXPECT_EQ(step(open), Steps{"+198.51.100.7/32"}) << "it returns";
    wait(whole_seconds(least - 1));
    step(Floods{});
    EXPECT_EQ(step(Floods{}), Steps{}) << least;
    wait(whole_seconds(10));
    EXPECT_EQ(step(Floods{}), Steps{"-198.51.100.7/32"}) << least;
    EXPECT_EQ(step(open), Steps{"+198.51.100.7/32"});
    reconciler_->restore([&] {
      auto standing = reconciler_->standing();
      standing[0].returns -= 1;  // the second return of this round is not counted
      return standing;
    }());
  }
}

TEST_F(Reconciling, ReplacesARuleWithoutAGap) {
  const Floods before = {flood("198.51.100.7/32")};
  Floods after = before;
  after[0].rules = {
      {"flow route { match { destination 198.51.100.7/32; protocol =17; } then { "
       "discard; } }",
       0.99, 0.0}};
  step(before);
  EXPECT_EQ(step(after), (Steps{"+198.51.100.7/32", "-198.51.100.7/32"}));
  EXPECT_EQ(reason_, "its incident asks for it no longer");
}

TEST_F(Reconciling, TakesOverTheRouteOfAnEarlierIncident) {
  step(Floods{flood("198.51.100.7/32", "a")});
  EXPECT_EQ(step(Floods{flood("198.51.100.7/32", "b")}), Steps{});
  wait(whole_seconds(600));
  EXPECT_EQ(step(Floods{flood("198.51.100.7/32", "b")}), Steps{});
  EXPECT_EQ(reconciler_->standing()[0].incident, "b");
}

TEST_F(Reconciling, RefusesWhatThePolicyDoesNotAllow) {
  struct Case {
    const char* what;
    std::function<void(OpenFlood&, Policy&)> change;
    const char* reason;  ///< empty: it is announced
  };
  const std::vector<Case> cases = {
      {"nothing", [](OpenFlood&, Policy&) {}, ""},
      {"severity", [](OpenFlood& f, Policy&) { f.severity = PolicySeverity::medium; },
       "its severity is medium, and the policy acts from high"},
      {"outside", [](OpenFlood& f, Policy&) { f.target = *IpPrefix::parse("203.0.113.7/32"); },
       "its target is not inside allow.prefixes"},
      {"wider", [](OpenFlood& f, Policy&) { f.target = *IpPrefix::parse("198.51.0.0/16"); },
       "its target is not inside allow.prefixes"},
      {"never", [](OpenFlood& f, Policy&) { f.target = *IpPrefix::parse("198.51.100.53/32"); },
       "its target touches 198.51.100.53/32 of never"},
      {"a carpet around never",
       [](OpenFlood& f, Policy&) { f.target = *IpPrefix::parse("198.51.100.0/24"); },
       "its target touches 198.51.100.53/32 of never"},
      {"approval", [](OpenFlood&, Policy& p) { p.when.approve = true; },
       "it waits for a person's approval"},
      {"approved",
       [](OpenFlood& f, Policy& p) {
         p.when.approve = true;
         f.approved = true;
       },
       ""},
      {"a wider rule", [](OpenFlood& f, Policy&) { f.rules[0].flowspec = syn_rule("0.0.0.0/0"); },
       "a rule matches more than its target"},
      {"another's rule",
       [](OpenFlood& f, Policy&) { f.rules[0].flowspec = syn_rule("198.51.100.8/32"); },
       "a rule matches more than its target"},
      {"no destination",
       [](OpenFlood& f, Policy&) {
         f.rules[0].flowspec = "flow route { match { protocol =6; } then { discard; } }";
       },
       "a rule matches more than its target"},
      {"unreadable", [](OpenFlood& f, Policy&) { f.rules[0].flowspec = "flow route { }"; },
       "its rule cannot be read"},
      {"narrow", [](OpenFlood&, Policy& p) { p.allow.narrowest_v4 = 28; },
       "a rule for 198.51.100.7/32 is narrower than /28"},
      {"action", [](OpenFlood&, Policy& p) { p.allow.actions = {RouteAction::rate_limit}; },
       "the policy does not allow discard"},
      {"little of the flood", [](OpenFlood& f, Policy&) { f.rules[0].flood_share = 0.499; },
       "a rule takes only 49.9 % of the flood"},
      {"enough of the flood", [](OpenFlood& f, Policy&) { f.rules[0].flood_share = 0.5; }, ""},
      {"much of the answered", [](OpenFlood& f, Policy&) { f.rules[0].answered_share = 0.0101; },
       "a rule takes 1.01 % of the answered packets"},
      {"little of the answered", [](OpenFlood& f, Policy&) { f.rules[0].answered_share = 0.01; },
       ""},
      {"no receipt", [](OpenFlood& f, Policy&) { f.rules[0].flood_share.reset(); },
       "what share of the flood its rule takes is not known"},
      {"half a receipt", [](OpenFlood& f, Policy&) { f.rules[0].answered_share.reset(); },
       "what share of the answered packets its rule takes is not known"},
  };
  for (const Case& one : cases) {
    Policy policy = policy_;
    OpenFlood open = flood("198.51.100.7/32");
    one.change(open, policy);
    Reconciler reconciler(policy);
    const std::vector<RouteStep> steps = reconciler.plan(now_, Floods{open});
    EXPECT_EQ(steps.size(), *one.reason == '\0' ? 1u : 0u) << one.what;
    if (*one.reason == '\0') {
      EXPECT_TRUE(reconciler.held_back().empty()) << one.what;
    } else {
      EXPECT_EQ(reconciler.held_back(), (std::vector<HeldBack>{{"a", one.reason}})) << one.what;
    }
  }
}

TEST_F(Reconciling, AnOutwardFloodIsMatchedByItsSource) {
  OpenFlood out = flood("198.51.100.7/32");
  out.outward = true;
  EXPECT_EQ(step(Floods{out}), Steps{}) << "its rule has the target as destination";
  out.rules[0].flowspec =
      "flow route { match { source 198.51.100.7/32; protocol =17; } then { discard; } }";
  EXPECT_EQ(step(Floods{out}), Steps{"+198.51.100.7/32"});
}

TEST_F(Reconciling, KeepsItsBudgetForTheWorst) {
  policy_.budget.rules = 2;
  Floods floods = {flood("198.51.100.1/32", "a"), flood("198.51.100.2/32", "b"),
                   flood("198.51.100.3/32", "c")};
  floods[1].packets_per_second = 100;
  floods[2].severity = PolicySeverity::critical;
  EXPECT_EQ(step(floods), (Steps{"+198.51.100.3/32", "+198.51.100.2/32"}));
  EXPECT_EQ(held(), Steps{"budget.rules are announced already"});
}

TEST_F(Reconciling, AnnouncesAtMostSoManyAMinute) {
  policy_.budget.per_minute = 1;
  const Floods floods = {flood("198.51.100.1/32", "a"), flood("198.51.100.2/32", "b")};
  EXPECT_EQ(step(floods), Steps{"+198.51.100.1/32"});
  wait(whole_seconds(59));
  EXPECT_EQ(step(floods), Steps{});
  EXPECT_EQ(held(), Steps{"budget.per_minute were announced in the last minute"});
  wait(whole_seconds(1));
  EXPECT_EQ(step(floods), Steps{"+198.51.100.2/32"});
}

TEST_F(Reconciling, BlackholesWhereThatIsAdvisedOrTheOnlyActionAllowed) {
  policy_.routes.next_hop = "192.0.2.1";
  OpenFlood advised = flood("198.51.100.7/32");
  advised.advises_blackhole = true;
  reconciler_.emplace(policy_);
  std::vector<RouteStep> steps = reconciler_->plan(now_, Floods{advised});
  ASSERT_EQ(steps.size(), 1u);
  EXPECT_EQ(steps[0].route.text(),
            "route 198.51.100.7/32 next-hop 192.0.2.1 community [65535:666]");

  policy_.allow.prefixes.push_back(*IpPrefix::parse("2001:db8:1::/48"));
  OpenFlood other_version = flood("2001:db8:1::7/128");
  other_version.advises_blackhole = true;
  reconciler_.emplace(policy_);
  steps = reconciler_->plan(now_, Floods{other_version});
  ASSERT_EQ(steps.size(), 1u);
  EXPECT_EQ(steps[0].route.text(), "route 2001:db8:1::7/128 next-hop self community [65535:666]");

  policy_.allow.actions = {RouteAction::blackhole};
  reconciler_.emplace(policy_);
  steps = reconciler_->plan(now_, Floods{flood("198.51.100.7/32")});
  ASSERT_EQ(steps.size(), 1u);
  EXPECT_FALSE(steps[0].route.is_flowspec());

  policy_.never.clear();
  reconciler_.emplace(policy_);
  EXPECT_TRUE(reconciler_->plan(now_, Floods{flood("198.51.100.0/24")}).empty())
      << "never more than the policy's length";
  EXPECT_EQ(reconciler_->held_back()[0].reason, "a blackhole would take all of 198.51.100.0/24");
}

TEST_F(Reconciling, WithdrawsWhatAChangedPolicyForbids) {
  step(Floods{flood("198.51.100.7/32")});
  const std::vector<StandingRoute> standing = reconciler_->standing();
  policy_.never = {*IpPrefix::parse("198.51.100.0/28")};
  reconciler_.emplace(policy_);
  reconciler_->restore(standing);
  EXPECT_EQ(step(std::nullopt), Steps{"-198.51.100.7/32"});
}

TEST_F(Reconciling, WithdrawsWhatNoIncidentAsksForAfterARestart) {
  step(Floods{flood("198.51.100.7/32")});
  const std::vector<StandingRoute> standing = reconciler_->standing();
  reconciler_.emplace(policy_);
  reconciler_->restore(standing);
  EXPECT_EQ(step(Floods{}), Steps{});
  wait(policy_.time.after_quiet);
  EXPECT_EQ(step(Floods{}), Steps{"-198.51.100.7/32"});
}

TEST_F(Reconciling, ARouteThatTookNothingIsWithdrawnAndNotAnnouncedBeforeItsTime) {
  const Floods floods = {flood("198.51.100.7/32")};
  step(floods);
  const std::string text = reconciler_->standing()[0].route.text();
  EXPECT_EQ(reconciler_->standing()[0].promised_share, 0.99);
  reconciler_->reject(text, "it took nothing", now_ + whole_seconds(60));
  EXPECT_EQ(step(floods), Steps{"-198.51.100.7/32"});
  EXPECT_EQ(reason_, "it took nothing");
  EXPECT_EQ(held(), Steps{"it took nothing"});
  wait(whole_seconds(59));
  EXPECT_EQ(step(floods), Steps{});
  wait(whole_seconds(1));
  EXPECT_EQ(step(floods), Steps{"+198.51.100.7/32"});
}

TEST_F(Reconciling, ARouteThatDidTakeIsAnnouncedAgainAtOnce) {
  const Floods floods = {flood("198.51.100.7/32")};
  step(floods);
  const std::string text = reconciler_->standing()[0].route.text();
  reconciler_->reject(text, "it took nothing", now_ + whole_seconds(60));
  step(floods);
  reconciler_->accept(text);
  EXPECT_EQ(step(floods), Steps{"+198.51.100.7/32"});
}

TEST_F(Reconciling, TheRateBeforeARouteIsKeptOnce) {
  step(Floods{flood("198.51.100.7/32")});
  const std::string text = reconciler_->standing()[0].route.text();
  EXPECT_TRUE(reconciler_->note_flood_rate(text, 1000));
  EXPECT_FALSE(reconciler_->note_flood_rate(text, 2000));
  EXPECT_FALSE(reconciler_->note_flood_rate("none", 1000));
  EXPECT_EQ(reconciler_->standing()[0].flood_pps, 1000);
}

}  // namespace
}  // namespace floodgauge
