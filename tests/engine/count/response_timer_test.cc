#include "engine/count/response_timer.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <vector>

namespace floodgauge {
namespace {

/// A flow is timed if the two highest bits of its hash are zero.
constexpr std::uint64_t kTimed = 0x1234'5678'9abc'def0;
constexpr std::uint64_t kNotTimed = 0xf234'5678'9abc'def0;

TEST(ResponseTimer, TimesOneAnswerOfEachRequest) {
  ResponseTimer timer;
  EXPECT_LT(timer.answer(kTimed, whole_seconds(1)), 0) << "nobody asked";
  timer.request(kTimed, whole_seconds(1));
  EXPECT_FLOAT_EQ(timer.answer(kTimed, whole_seconds(1) + milliseconds(80)), 0.08f);
  EXPECT_LT(timer.answer(kTimed, whole_seconds(1) + milliseconds(90)), 0) << "answered already";
}

struct TimerCase {
  const char* why;
  std::uint64_t asked;
  std::uint64_t answered;
  Nanoseconds after;
  bool timed;
};

TEST(ResponseTimer, KeepsWaitingRequestsUnderAFloodOfRequestsWithoutAnswers) {
  ResponseTimer timer;
  std::mt19937_64 random(1);
  std::vector<std::uint64_t> waiting(4000);
  std::ranges::generate(waiting, [&] { return random(); });
  for (const std::uint64_t flow : waiting) timer.request(flow, whole_seconds(1));
  for (int n = 0; n < 1'000'000; ++n) timer.request(random(), whole_seconds(1));
  int timed = 0;
  for (const std::uint64_t flow : waiting) timed += timer.answer(flow, whole_seconds(1)) >= 0;
  EXPECT_GT(timed, 600) << "of about a thousand that are sampled";
  // The next window samples as this one did at its start.
  const std::uint64_t late = kTimed;
  timer.request(late, whole_seconds(2));
  EXPECT_LT(timer.answer(late, whole_seconds(2)), 0) << "crowded";
  timer.next_window();
  timer.request(late, whole_seconds(2));
  EXPECT_GE(timer.answer(late, whole_seconds(2)), 0);
}

TEST(ResponseTimer, TellsWhatIsAnAnswer) {
  const TimerCase cases[] = {
      {"an answer", kTimed, kTimed, milliseconds(5), true},
      {"at the same moment", kTimed, kTimed, milliseconds(0), true},
      {"a flow that is not sampled", kNotTimed, kNotTimed, milliseconds(5), false},
      {"another flow in the same slot", kTimed, kTimed + 1, milliseconds(5), false},
      {"half a minute later", kTimed, kTimed, whole_seconds(29), true},
      {"later than that the port has been reused", kTimed, kTimed, whole_seconds(31), false},
      {"before the request: a clock that went back", kTimed, kTimed, milliseconds(-5), false},
  };
  for (const TimerCase& one : cases) {
    ResponseTimer timer;
    timer.request(one.asked, whole_seconds(100));
    EXPECT_EQ(timer.answer(one.answered, whole_seconds(100) + one.after) >= 0, one.timed)
        << one.why;
  }
}

}  // namespace
}  // namespace floodgauge
