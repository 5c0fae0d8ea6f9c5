// When a flow counts as unanswered, by the bits of its entry alone.
#include "engine/flow/answer_bits.h"

#include <gtest/gtest.h>

#include <cstdint>

namespace floodgauge::answer_bits {
namespace {

/// A flow whose protected end has just made progress, in second 0.
constexpr std::uint64_t kFresh = std::uint64_t{5} << kMarkAt;

std::uint64_t receive(std::uint64_t bits, unsigned packets, unsigned second = 0) {
  for (unsigned n = 0; n < packets; ++n) bits = after_received(bits, second);
  return bits;
}

TEST(AnswerBits, ATcpFlowIsUnansweredAfterManySegmentsWithoutAWord) {
  constexpr unsigned kMost = 64 + 63;
  EXPECT_FALSE(is_watched(receive(kFresh, 63)));
  EXPECT_TRUE(is_watched(receive(kFresh, 64)));
  EXPECT_FALSE(is_unanswered(receive(kFresh, kMost - 1), true, 0));
  EXPECT_TRUE(is_unanswered(receive(kFresh, kMost), true, 0));
  EXPECT_TRUE(is_unanswered(receive(kFresh, 100000), true, 0)) << "it stays so";
}

TEST(AnswerBits, AnAdvancingAcknowledgementAnswers) {
  std::uint64_t bits = receive(kFresh, 1000);
  bits = after_segment_sent(bits, 6, 3);
  EXPECT_FALSE(is_watched(bits));
  EXPECT_EQ(received(bits), 0u);
  EXPECT_EQ(age(bits, 3), 0u);
  EXPECT_FALSE(is_unanswered(after_received(bits, 3), true, 3));
}

TEST(AnswerBits, ARepeatedAcknowledgementAnswersForASecond) {
  // A loss: each segment after it is answered by the same number.
  std::uint64_t bits = kFresh;
  for (int n = 0; n < 5000; ++n) {
    bits = after_segment_sent(after_received(bits, 1), 5, 1);
    ASSERT_FALSE(is_unanswered(bits, true, 1)) << n;
  }
  // Nothing advances for two seconds: no sender that obeys TCP goes on.
  bits = review(bits, 2);
  EXPECT_TRUE(is_watched(bits));
  bits = after_segment_sent(after_received(bits, 2), 5, 2);
  for (int n = 0; n < 62; ++n) {
    EXPECT_FALSE(is_unanswered(bits, true, 4)) << n;
    bits = after_segment_sent(after_received(bits, 4), 5, 4);
  }
  EXPECT_TRUE(is_unanswered(bits, true, 4));
  EXPECT_TRUE(is_unanswered(after_segment_sent(bits, 5, 5), true, 5)) << "it says nothing new";
}

TEST(AnswerBits, AReviewWatchesAFlowWithoutRecentProgress) {
  EXPECT_FALSE(is_watched(review(kFresh, kLongAgo - 1)));
  EXPECT_TRUE(is_watched(review(kFresh, kLongAgo)));
  // A download: nothing is sent that could be acknowledged.
  const std::uint64_t download = after_segment_sent(review(kFresh, kLongAgo), 5, kLongAgo);
  EXPECT_FALSE(is_watched(download));
  EXPECT_EQ(age(download, kLongAgo), 0u);
}

TEST(AnswerBits, ADatagramLongAgoExcusesNothing) {
  const std::uint64_t once = after_datagram_sent(0, 0);
  const std::uint64_t poured = receive(once, 1000);
  EXPECT_FALSE(is_unanswered(receive(poured, 1, 2), false, 2));
  EXPECT_TRUE(is_unanswered(receive(poured, 1, 3), false, 3));
  EXPECT_FALSE(is_unanswered(receive(once, 126), false, 3)) << "that few are no stream";
  EXPECT_FALSE(is_unanswered(after_datagram_sent(poured, 3), false, 3));
}

TEST(AnswerBits, AStreamThatIsAnsweredByReportsMayBeSilentLonger) {
  std::uint64_t bits = after_datagram_sent(receive(0, 200), 2);
  constexpr unsigned kLast = 2;
  bits = receive(bits, 1000, kLast);
  EXPECT_FALSE(is_unanswered(receive(bits, 1, kLast + 7), false, kLast + 7));
  bits = receive(bits, 1, kLast + 8);
  EXPECT_TRUE(is_unanswered(bits, false, kLast + 8));
  for (unsigned second = kLast + 8; second < 100; ++second) {
    bits = receive(bits, 10, second);
    ASSERT_TRUE(is_unanswered(bits, false, second)) << second << ": the clock of 16 s goes round";
  }
}

TEST(AnswerBits, ThePacketCountGoesOnAtHalfItsRange) {
  std::uint64_t bits = 0;
  for (int n = 0; n < 63; ++n) bits = add_packet(bits);
  EXPECT_EQ((bits & kPackets) >> kPacketsAt, 63u);
  bits = add_packet(bits);
  EXPECT_EQ((bits & kPackets) >> kPacketsAt, 32u) << "32 follows 63: one in 16 stays one in 16";
  EXPECT_EQ(bits & ~kPackets, 0u);
}

TEST(AnswerBits, OpenRequestsKeepAFlowUnderWatch) {
  std::uint64_t bits = with_request_state(kFresh, 1);
  EXPECT_TRUE(is_watched(bits));
  bits = after_segment_sent(after_received(bits, 0), 9, 0);
  EXPECT_TRUE(is_watched(bits));
  EXPECT_EQ(request_state(bits), 1u);
  bits = after_segment_sent(with_request_state(bits, 0), 10, 0);
  EXPECT_FALSE(is_watched(bits));
}

TEST(AnswerBits, AQuicConnectionChangesItsIdentifierOnceWhenItIsAnswered) {
  std::uint64_t bits = 0;
  EXPECT_TRUE(begin_connection(bits, 3, false));
  EXPECT_FALSE(begin_connection(bits, 3, false));
  EXPECT_FALSE(begin_connection(bits, 4, true)) << "the identifier that the server has chosen";
  EXPECT_FALSE(begin_connection(bits, 4, true));
  EXPECT_TRUE(begin_connection(bits, 5, true)) << "a second one is a new connection";
  EXPECT_TRUE(begin_connection(bits, 6, true));
  bits = 0;
  EXPECT_TRUE(begin_connection(bits, 3, false));
  EXPECT_TRUE(begin_connection(bits, 4, false)) << "nobody has answered";
}

}  // namespace
}  // namespace floodgauge::answer_bits
