// Why a target is, or is not, called a flood: what is told are the values that decided.
#include "detectors/explainer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "tests/detectors/detection_fixture.h"

namespace floodgauge {
namespace {

using testing::DetectionTest;
using testing::Hit;
using testing::kTarget;
using testing::protecting;
using testing::udp;

class ExplainerTest : public DetectionTest {
 protected:
  /// Asks for `target`, feeds one window with `hits` and returns what is told.
  Explanation asked(const std::string& target, const std::vector<Hit>& hits) {
    const AskedTargets found = detection_->targets_of(target);
    detection_->ask(found.targets);
    windows(1, hits);
    Explanation told = detection_->explain(found.targets.at(0));
    detection_->forget_asked();
    return told;
  }
  Explanation remembered(const std::string& target) {
    return detection_->explain(detection_->targets_of(target).targets.at(0));
  }
};

const Look* window_of(const Explanation& explanation) {
  for (const Look& look : explanation.looks) {
    if (look.over == Look::Over::window) return &look;
  }
  return nullptr;
}

const Measured* row_of(const Look& look, std::string_view measure) {
  const auto at = std::ranges::find(look.rows, measure, &Measured::measure);
  return at == look.rows.end() ? nullptr : &*at;
}

TEST_F(ExplainerTest, TellsTheValuesOnBothSidesOfALimit) {
  begin(protecting({"198.51.100.0/24"}));
  windows(20);
  const Explanation below = asked(kTarget, {udp(2000)});
  const Look* look = window_of(below);
  ASSERT_NE(look, nullptr);
  EXPECT_FALSE(look->found);
  const Measured* row = row_of(*look, "udp_packets");
  ASSERT_NE(row, nullptr);
  EXPECT_EQ(row->detector, "limits");
  EXPECT_EQ(row->value, 20'000);
  EXPECT_EQ(row->limit, 20'000);
  EXPECT_EQ(row->key, &Thresholds::udp);
  EXPECT_FALSE(row->met);
  EXPECT_EQ(row->near(), 1);
  EXPECT_EQ(below.note, "");
  EXPECT_EQ(below.profile, "default");
  EXPECT_EQ(below.prefix.text(), "198.51.100.0/24");
  EXPECT_TRUE(incidents().empty());

  const Explanation above = asked(kTarget, {udp(2001)});
  look = window_of(above);
  ASSERT_NE(look, nullptr);
  EXPECT_TRUE(look->found);
  EXPECT_TRUE(row_of(*look, "udp_packets")->met);
  ASSERT_EQ(incidents().size(), 1u);
  EXPECT_EQ(incidents()[0]->evidence.at(0).value, row_of(*look, "udp_packets")->value);
}

TEST_F(ExplainerTest, EveryFindingIsARowThatWasMet) {
  begin(protecting({"198.51.100.0/24"}));
  windows(20);
  for (const Vector vector : {Vector::udp, Vector::tcp_rst, Vector::icmp, Vector::gre,
                              Vector::dns_query, Vector::tcp_flags}) {
    const std::string host = "198.51.100." + std::to_string(static_cast<int>(vector));
    const Explanation told =
        asked(host, {{.target = host.c_str(), .vector = vector, .packets = 4000}});
    const Look* const look = window_of(told);
    ASSERT_NE(look, nullptr) << info(vector).name;
    EXPECT_TRUE(look->found);
    const auto all = incidents();
    ASSERT_FALSE(all.empty());
    for (const Evidence& evidence : all.back()->evidence) {
      const bool known = std::ranges::any_of(look->rows, [&](const Measured& row) {
        return std::string(row.measure) + "_per_second" == evidence.measure && row.met &&
               row.value == evidence.value && row.limit == evidence.limit;
      });
      EXPECT_TRUE(known) << evidence.measure;
    }
  }
}

TEST_F(ExplainerTest, TellsWhyWhatIsAboveALimitIsLeftAlone) {
  begin(protecting({"198.51.100.0/24"}));
  windows(20);
  const Hit crowd{.target = kTarget,
                  .vector = Vector::tcp_syn,
                  .packets = 800,
                  .sources = 800,
                  .new_flows = 800,
                  .handshakes = 700,
                  .first_payloads = 700};
  const Explanation told = asked(kTarget, {crowd});
  const Look* const look = window_of(told);
  ASSERT_NE(look, nullptr);
  const Measured* const row = row_of(*look, "tcp_syn_packets");
  ASSERT_NE(row, nullptr);
  EXPECT_GT(row->near(), 1);
  EXPECT_EQ(row->why, "a crowd: handshakes are completed");
  EXPECT_NE(look->left_alone.find("a crowd"), std::string::npos);
  EXPECT_FALSE(look->found);
}

TEST_F(ExplainerTest, AskingChangesNothing) {
  std::vector<std::string> told;
  for (const bool ask : {false, true}) {
    begin(protecting({"198.51.100.0/24"}));
    told_.clear();
    windows(20);
    for (int n = 0; n < 30; ++n) {
      const std::vector<Hit> hits = {
          udp(n < 10 ? 2500 : 1),
          {.target = "198.51.100.9", .vector = Vector::icmp, .packets = 120}};
      if (ask) {
        for (const char* target : {"198.51.100.9", "198.51.100.0/24", "198.51.100.77"}) {
          detection_->ask(detection_->targets_of(target).targets);
        }
      }
      windows(1, hits);
      detection_->forget_asked();
    }
    if (!ask) told = this->told();
  }
  EXPECT_FALSE(told.empty());
  EXPECT_EQ(this->told(), told);
}

TEST_F(ExplainerTest, WhatIsNotJudgedIsShownWithTheReason) {
  Settings settings = protecting({"198.51.100.0/24"});
  settings.exclude.targets.push_back(*IpPrefix::parse("198.51.100.64/30"));
  begin(settings);
  windows(20);
  const Hit answered{.target = kTarget, .vector = Vector::udp_answered, .packets = 300};
  Explanation told = asked(kTarget, {answered});
  EXPECT_NE(told.note.find("it is not judged"), std::string::npos) << told.note;
  EXPECT_NE(window_of(told), nullptr);
  told = asked("198.51.100.8", {});
  EXPECT_EQ(told.note, "no packet came to it in this window");
  EXPECT_TRUE(told.looks.empty());
  told = asked("198.51.100.65", {});
  EXPECT_NE(told.note.find("exclude.targets"), std::string::npos);
  told = asked("198.51.100.0/24", {udp(100)});
  EXPECT_NE(told.note.find("fewer than 16 of its hosts are hit"), std::string::npos) << told.note;
  ASSERT_NE(window_of(told), nullptr);
  EXPECT_EQ(row_of(*window_of(told), "udp_packets")->limit, 80'000);
}

TEST_F(ExplainerTest, TheNearestWindowIsRemembered) {
  begin(protecting({"198.51.100.0/24"}));
  windows(20);
  windows(1, {udp(300)});
  windows(1, {udp(1900)});
  windows(5, {udp(400)});
  const Explanation told = remembered(kTarget);
  EXPECT_TRUE(told.looks.empty());
  ASSERT_TRUE(told.nearest);
  EXPECT_EQ(row_of(*told.nearest, "udp_packets")->value, 19'000);
  EXPECT_FALSE(remembered("198.51.100.8").nearest);
}

TEST_F(ExplainerTest, AFloodThatShowsOverTimeIsRemembered) {
  begin(protecting({"198.51.100.0/24"}));
  windows(20);
  windows(30, {{.target = kTarget, .vector = Vector::icmp, .packets = 120, .sources = 500}});
  ASSERT_EQ(incidents().size(), 1u);
  const Explanation told = remembered(kTarget);
  ASSERT_TRUE(told.slow);
  EXPECT_TRUE(told.slow->found);
  EXPECT_FALSE(told.slow->flood_open) << "the look that opened it";
}

TEST_F(ExplainerTest, WhatIsRememberedIsBoundedAndTheNearestStay) {
  Explainer explainer;
  const auto take = [&](std::uint32_t number, double value) {
    Trace& trace = explainer.begin();
    trace.begin("limits");
    trace.add({.detector = {},
               .measure = "udp_packets",
               .key = &Thresholds::udp,
               .value = value,
               .limit = 100,
               .why = {}});
    explainer.take(IpPrefix::host(IpAddress::from_v4(number)), {.left_alone = {}, .rows = {}});
  };
  const auto known = [&](std::uint32_t number) {
    Explanation told{.target = IpPrefix::host(IpAddress::from_v4(number))};
    explainer.fill(told);
    return told.nearest.has_value();
  };
  take(1, 9);
  EXPECT_FALSE(known(1)) << "below a tenth of the limit";
  for (std::uint32_t n = 0; n < Explainer::kMostRemembered; ++n) take(100 + n, 20 + n % 7);
  take(1, 10);
  EXPECT_FALSE(known(1)) << "there is no room for what came less near than all others";
  take(2, 90);
  EXPECT_TRUE(known(2));
  std::size_t left = 0;
  for (std::uint32_t n = 0; n < Explainer::kMostRemembered; ++n) left += known(100 + n) ? 1 : 0;
  EXPECT_EQ(left, Explainer::kMostRemembered - 1);
}

TEST_F(ExplainerTest, ATextMeansAHostAPrefixOrAName) {
  begin(protecting({"198.51.100.0/24", "203.0.113.0/24"}));
  EXPECT_EQ(detection_->targets_of("198.51.100.7").targets.at(0).target.text(), "198.51.100.7/32");
  EXPECT_EQ(detection_->targets_of("203.0.113.0/24").targets.at(0).number, 1u);
  EXPECT_EQ(detection_->targets_of("web").targets.size(), 2u);
  EXPECT_EQ(detection_->targets_of("192.0.2.1").unknown,
            "192.0.2.1/32 lies in no protected prefix");
  EXPECT_NE(detection_->targets_of("198.51.100.0/25").unknown.find("ask for 198.51.100.0/24"),
            std::string::npos);
  for (const char* none : {"", "mail", "300.1.2.3"}) {
    EXPECT_NE(detection_->targets_of(none).unknown, "") << none;
  }
  begin({});
  EXPECT_EQ(detection_->targets_of("192.0.2.0/24").targets.size(), 1u);
  EXPECT_EQ(detection_->targets_of("2001:db8::/32").targets.size(), 1u);
  EXPECT_NE(detection_->targets_of("192.0.2.0/25").unknown.find("/24"), std::string::npos);
}

}  // namespace
}  // namespace floodgauge
