#include "engine/app/link_carrier.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace floodgauge {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::ElementsAre;
using testing::IsEmpty;

/// Two ports that are each other's peer, with the actions of a carrier on them.
class Pair {
 public:
  explicit Pair(std::vector<int> peers = {1, 0}) : carrier_(std::move(peers), now_) {}

  /// The actions of one update, as text.
  std::vector<std::string> update(std::vector<bool> up, milliseconds later = milliseconds(100)) {
    now_ += later;
    done_.clear();
    carrier_.update(
        now_, up,
        {.set =
             [this](std::size_t port, bool wanted) {
               if (!able) return false;
               done_.push_back(std::to_string(port) + (wanted ? " up" : " down"));
               return true;
             },
         .report = [this](std::size_t, const std::string& what,
                          bool bad) { reported.push_back((bad ? "bad: " : "") + what); }});
    return done_;
  }

  bool able = true;
  std::vector<std::string> reported;

 private:
  LinkCarrier::Time now_{};
  std::vector<std::string> done_;
  LinkCarrier carrier_;
};

TEST(LinkCarrier, TakesAPortDownWithItsPeerAndUpAgain) {
  Pair pair;
  EXPECT_THAT(pair.update({true, true}), IsEmpty());
  EXPECT_THAT(pair.update({false, true}), ElementsAre("1 down"));
  EXPECT_THAT(pair.update({false, false}), IsEmpty());
  EXPECT_THAT(pair.update({true, false}), ElementsAre("1 up"));
}

TEST(LinkCarrier, ALinkThatItTookDownDoesNotTakeThePeerDown) {
  Pair pair;
  pair.update({true, true});
  pair.update({false, true});
  for (int i = 0; i < 1000; ++i) EXPECT_THAT(pair.update({false, false}), IsEmpty());
}

TEST(LinkCarrier, ALinkThatWasTakenUpMayNeedTimeToComeUp) {
  Pair pair;
  pair.update({true, true});
  pair.update({false, true});
  pair.update({false, false});
  ASSERT_THAT(pair.update({true, false}), ElementsAre("1 up"));
  // Otherwise the two ports would take each other down again and again.
  EXPECT_THAT(pair.update({true, false}, seconds(9)), IsEmpty());
  EXPECT_THAT(pair.update({true, true}), IsEmpty());
}

TEST(LinkCarrier, ALinkThatNeverComesUpIsLost) {
  Pair pair;
  pair.update({true, true});
  pair.update({false, true});
  pair.update({false, false});
  ASSERT_THAT(pair.update({true, false}), ElementsAre("1 up"));
  EXPECT_THAT(pair.update({true, false}, LinkCarrier::kSettle), ElementsAre("0 down"));
}

TEST(LinkCarrier, LinksMayNeedTimeAtTheStart) {
  Pair pair;
  EXPECT_THAT(pair.update({false, true}), IsEmpty());
  EXPECT_THAT(pair.update({false, true}, LinkCarrier::kSettle), ElementsAre("1 down"));
}

TEST(LinkCarrier, TheLossOfALinkThatWasUpIsSeenAtOnce) {
  Pair pair;
  pair.update({false, true});
  pair.update({true, true});
  EXPECT_THAT(pair.update({false, true}), ElementsAre("1 down"));
}

TEST(LinkCarrier, BothLinksComeBackAfterBothWereLost) {
  Pair pair;
  pair.update({true, true});
  pair.update({false, false});
  pair.update({true, true});
  EXPECT_THAT(pair.update({true, true}), IsEmpty());
  EXPECT_THAT(pair.update({true, false}), ElementsAre("0 down"));
}

TEST(LinkCarrier, ADeviceThatCannotTakeItsLinkDownIsAskedOnce) {
  Pair pair;
  pair.able = false;
  pair.update({true, true});
  pair.update({false, true});
  pair.update({false, true});
  EXPECT_EQ(std::count(pair.reported.begin(), pair.reported.end(),
                       "bad: its device cannot take a link down with its peer's"),
            1);
}

TEST(LinkCarrier, AMirrorPortHasNoPeerToTakeDown) {
  Pair pair({-1, -1});
  pair.update({true, true});
  EXPECT_THAT(pair.update({false, true}), IsEmpty());
  EXPECT_THAT(pair.reported, ElementsAre("link is up", "link is up", "bad: link is down"));
}

}  // namespace
}  // namespace floodgauge
