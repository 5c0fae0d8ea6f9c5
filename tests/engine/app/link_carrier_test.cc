#include "engine/app/link_carrier.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace floodgauge {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::ElementsAre;
using testing::IsEmpty;

/// Two ports, each the other's peer, and what a carrier does to them.
class Pair {
 public:
  explicit Pair(std::vector<int> peers = {1, 0}) : carrier_(std::move(peers), now_) {}

  /// Everything that was done in one look, in words.
  std::vector<std::string> look(std::vector<bool> up, milliseconds later = milliseconds(100)) {
    now_ += later;
    done_.clear();
    carrier_.look(now_, up,
                  {.set =
                       [this](std::size_t port, bool wanted) {
                         if (!able) return false;
                         done_.push_back(std::to_string(port) + (wanted ? " up" : " down"));
                         return true;
                       },
                   .say = [this](std::size_t, const std::string& what) { said.push_back(what); }});
    return done_;
  }

  bool able = true;
  std::vector<std::string> said;

 private:
  LinkCarrier::Time now_{};
  std::vector<std::string> done_;
  LinkCarrier carrier_;
};

TEST(LinkCarrier, TakesAPortDownWithItsPeerAndUpAgain) {
  Pair pair;
  EXPECT_THAT(pair.look({true, true}), IsEmpty());
  EXPECT_THAT(pair.look({false, true}), ElementsAre("1 down"));
  EXPECT_THAT(pair.look({false, false}), IsEmpty());
  EXPECT_THAT(pair.look({true, false}), ElementsAre("1 up"));
}

TEST(LinkCarrier, WhatItTookDownIsNoReasonToTakeTheOtherDown) {
  Pair pair;
  pair.look({true, true});
  pair.look({false, true});
  for (int i = 0; i < 1000; ++i) EXPECT_THAT(pair.look({false, false}), IsEmpty());
}

TEST(LinkCarrier, ALinkThatWasTakenUpHasItsTimeToComeUp) {
  Pair pair;
  pair.look({true, true});
  pair.look({false, true});
  pair.look({false, false});
  ASSERT_THAT(pair.look({true, false}), ElementsAre("1 up"));
  // Or the two would take one another down for ever.
  EXPECT_THAT(pair.look({true, false}, seconds(9)), IsEmpty());
  EXPECT_THAT(pair.look({true, true}), IsEmpty());
}

TEST(LinkCarrier, ALinkThatNeverComesUpIsLost) {
  Pair pair;
  pair.look({true, true});
  pair.look({false, true});
  pair.look({false, false});
  ASSERT_THAT(pair.look({true, false}), ElementsAre("1 up"));
  EXPECT_THAT(pair.look({true, false}, LinkCarrier::kSettle), ElementsAre("0 down"));
}

TEST(LinkCarrier, AtTheStartLinksHaveTheirTimeToo) {
  Pair pair;
  EXPECT_THAT(pair.look({false, true}), IsEmpty());
  EXPECT_THAT(pair.look({false, true}, LinkCarrier::kSettle), ElementsAre("1 down"));
}

TEST(LinkCarrier, OnceUpALossIsSeenAtOnce) {
  Pair pair;
  pair.look({false, true});
  pair.look({true, true});
  EXPECT_THAT(pair.look({false, true}), ElementsAre("1 down"));
}

TEST(LinkCarrier, WhenBothAreGoneBothComeBack) {
  Pair pair;
  pair.look({true, true});
  pair.look({false, false});
  pair.look({true, true});
  EXPECT_THAT(pair.look({true, true}), IsEmpty());
  EXPECT_THAT(pair.look({true, false}), ElementsAre("0 down"));
}

TEST(LinkCarrier, ADeviceThatCannotIsAskedOnce) {
  Pair pair;
  pair.able = false;
  pair.look({true, true});
  pair.look({false, true});
  pair.look({false, true});
  EXPECT_EQ(std::count(pair.said.begin(), pair.said.end(),
                       "its device cannot take a link down with its peer's"),
            1);
}

TEST(LinkCarrier, AMirrorHasNobodyToTell) {
  Pair pair({-1, -1});
  pair.look({true, true});
  EXPECT_THAT(pair.look({false, true}), IsEmpty());
  EXPECT_THAT(pair.said, ElementsAre("link is up", "link is up", "link is down"));
}

}  // namespace
}  // namespace floodgauge
