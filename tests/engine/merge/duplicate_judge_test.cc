// Tests when copies are called a mirror's, and when a flood of equal packets.
#include "engine/merge/duplicate_judge.h"

#include <gtest/gtest.h>

namespace floodgauge::testing {
namespace {

DuplicateJudge::Verdict verdict(const DuplicateCounts& window,
                                DuplicateMode mode = DuplicateMode::automatic) {
  return DuplicateJudge(mode).judge(window);
}

TEST(DuplicateJudge, LeavesOutWhatAMirrorCopies) {
  const auto mirror =
      verdict({.copies = 500, .compared = 1000, .answered_flows = 100, .answered_copied = 98});
  EXPECT_TRUE(mirror.leave_out);
  EXPECT_EQ(mirror.copies, 500u);
}

TEST(DuplicateJudge, KeepsAFloodOfEqualPackets) {
  const auto flood =
      verdict({.copies = 50'000, .compared = 100'000, .answered_flows = 100, .answered_copied = 1});
  EXPECT_FALSE(flood.leave_out);
  EXPECT_EQ(flood.copies, 0u);
  EXPECT_FALSE(verdict({.copies = 50'000, .compared = 100'000}).leave_out) << "nobody is answered";
}

TEST(DuplicateJudge, ComparesAnsweredFlowsWithAllFrames) {
  // One frame in two has a copy. Half of that share is asked of the answered flows.
  const auto of = [](std::uint64_t copied) {
    return verdict(
        {.copies = 1000, .compared = 3000, .answered_flows = 100, .answered_copied = copied});
  };
  EXPECT_TRUE(of(25).leave_out);
  EXPECT_FALSE(of(24).leave_out);
}

TEST(DuplicateJudge, NeedsAFewAnsweredFlowsAndATwentieth) {
  EXPECT_TRUE(
      verdict({.copies = 10, .compared = 20, .answered_flows = 8, .answered_copied = 8}).leave_out);
  EXPECT_FALSE(
      verdict({.copies = 10, .compared = 20, .answered_flows = 7, .answered_copied = 7}).leave_out);
  EXPECT_TRUE(verdict({.copies = 50, .compared = 1050, .answered_flows = 100, .answered_copied = 5})
                  .leave_out);
  EXPECT_FALSE(
      verdict({.copies = 40, .compared = 1040, .answered_flows = 100, .answered_copied = 4})
          .leave_out);
}

TEST(DuplicateJudge, NeedsThreeFlowsWithCopies) {
  const auto of = [](std::uint64_t copied) {
    return verdict(
        {.copies = 3, .compared = 1000, .answered_flows = 10, .answered_copied = copied});
  };
  EXPECT_TRUE(of(3).leave_out);
  EXPECT_FALSE(of(2).leave_out);
}

TEST(DuplicateJudge, TellsTheCopiesOfWindowsBeforeTheDecision) {
  DuplicateJudge judge(DuplicateMode::automatic);
  const DuplicateCounts few{
      .copies = 10, .compared = 20, .answered_flows = 5, .answered_copied = 5};
  EXPECT_EQ(judge.judge(few).copies, 0u);
  EXPECT_EQ(judge.judge(few).copies, 20u);
  EXPECT_EQ(judge.judge(few).copies, 10u);
}

TEST(DuplicateJudge, FollowsTheMode) {
  const DuplicateCounts mirror{
      .copies = 5, .compared = 10, .answered_flows = 10, .answered_copied = 10};
  const DuplicateCounts flood{.copies = 5, .compared = 10};
  EXPECT_TRUE(verdict(flood, DuplicateMode::drop).leave_out);
  EXPECT_EQ(verdict(flood, DuplicateMode::drop).copies, 5u);
  EXPECT_FALSE(verdict(mirror, DuplicateMode::count).leave_out);
  EXPECT_EQ(verdict(mirror, DuplicateMode::count).copies, 5u);
  EXPECT_EQ(verdict(flood, DuplicateMode::count).copies, 0u);
  EXPECT_FALSE(verdict(mirror, DuplicateMode::off).leave_out);
  EXPECT_EQ(verdict(mirror, DuplicateMode::off).copies, 0u);
}

}  // namespace
}  // namespace floodgauge::testing
