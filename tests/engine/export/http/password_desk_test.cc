// Passwords that are checked beside the thread that serves: who is let in, who waits, and that the
// time of a refusal tells nothing.
#include "engine/export/http/password_desk.h"

#include <atomic>
#include <condition_variable>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/base/base64.h"

namespace floodgauge {
namespace {

using Answer = PasswordDesk::Answer;
using std::chrono::milliseconds;

// bcrypt hashes of "secret" and of the lowest cost, and of one with 64 times the work.
const std::string kCheap = "$2b$04$abcdefghijklmnopqrstuu2r9OfJnfCsdneAXAGHnS4UpFFP8WIrW";
const std::string kDear = "$2b$10$abcdefghijklmnopqrstuu4T826PRnz0Hu6YlprUuxkZxOOj5Fw5S";

std::string basic(const std::string& credentials) {
  return "Basic " + base64_encode(credentials);
}

class PasswordDeskTest : public testing::Test {
 protected:
  /// The verdicts, once that many are there.
  std::vector<std::pair<std::uint64_t, bool>> verdicts(std::size_t count) {
    std::vector<std::pair<std::uint64_t, bool>> all;
    while (all.size() < count) {
      {
        std::unique_lock lock(lock_);
        if (!woken_cv_.wait_for(lock, std::chrono::seconds(20), [&] { return woken_; })) return all;
        woken_ = false;
      }
      for (const PasswordDesk::Verdict& one : desk_.take()) {
        all.emplace_back(one.connection, one.allowed);
      }
    }
    return all;
  }
  /// One wrong password from `client`, checked to its end.
  void refuse(const std::string& password, const std::string& client) {
    ASSERT_EQ(desk_.ask(++last_, basic("ops:" + password), client), Answer::waits) << password;
    EXPECT_THAT(verdicts(1), testing::ElementsAre(std::pair(last_, false)));
  }

  std::mutex lock_;
  std::condition_variable woken_cv_;
  bool woken_ = false;
  std::uint64_t last_ = 100;
  PasswordDesk::Clock::time_point now_ = PasswordDesk::Clock::now();
  PasswordDesk desk_{{{"ops", kCheap}},
                     [this] {
                       const std::scoped_lock lock(lock_);
                       woken_ = true;
                       woken_cv_.notify_all();
                     },
                     [this] { return now_; }};
};

TEST_F(PasswordDeskTest, ChecksOnceAndRemembersBothOutcomes) {
  EXPECT_EQ(desk_.ask(1, basic("ops:secret"), "a"), Answer::waits);
  EXPECT_THAT(verdicts(1), testing::ElementsAre(std::pair(1u, true)));
  EXPECT_EQ(desk_.ask(2, basic("ops:secret"), "a"), Answer::allowed);
  refuse("guess", "a");
  EXPECT_EQ(desk_.ask(3, basic("ops:guess"), "a"), Answer::refused) << "from memory";
  EXPECT_EQ(desk_.ask(4, "", "a"), Answer::refused) << "nothing to check";
  EXPECT_EQ(desk_.ask(5, basic("ops"), "a"), Answer::refused) << "no password";
}

TEST_F(PasswordDeskTest, AClientWithWrongPasswordsWaitsEverLongerAndNobodyElseDoes) {
  for (const char* guess : {"1", "2", "3"}) refuse(guess, "a");
  const auto begin = now_;
  EXPECT_EQ(desk_.ask(1, basic("ops:4"), "a"), Answer::waits);
  EXPECT_EQ(desk_.next(), begin + PasswordDesk::kFirstDelay);
  now_ = begin + PasswordDesk::kFirstDelay - milliseconds(1);
  EXPECT_TRUE(desk_.take().empty()) << "too early";
  EXPECT_EQ(desk_.ask(2, basic("ops:secret"), "b"), Answer::waits);
  EXPECT_THAT(verdicts(1), testing::ElementsAre(std::pair(2u, true))) << "another client";
  now_ = begin + PasswordDesk::kFirstDelay;
  EXPECT_TRUE(desk_.take().empty()) << "this begins the check";
  EXPECT_THAT(verdicts(1), testing::ElementsAre(std::pair(1u, false)));
  EXPECT_EQ(desk_.ask(3, basic("ops:5"), "a"), Answer::waits);
  EXPECT_EQ(desk_.next(), now_ + 2 * PasswordDesk::kFirstDelay) << "twice as long";
  EXPECT_EQ(desk_.ask(4, basic("ops:secret"), "a"), Answer::allowed) << "what is known is let in";
}

TEST_F(PasswordDeskTest, TheWaitHasABoundAndIsForgotten) {
  for (int guess = 0; guess < 12; ++guess) {
    now_ += PasswordDesk::kLongestDelay;
    refuse(std::to_string(guess), "a");
  }
  EXPECT_EQ(desk_.ask(1, basic("ops:x"), "a"), Answer::waits);
  EXPECT_EQ(desk_.next(), now_ + PasswordDesk::kLongestDelay);
  now_ += PasswordDesk::kLongestDelay;
  desk_.take();
  EXPECT_EQ(verdicts(1).size(), 1u);
  now_ += PasswordDesk::kMemory + milliseconds(1);
  refuse("y", "a");
}

TEST_F(PasswordDeskTest, TooManyThatWaitAreToldToComeAgain) {
  for (const char* guess : {"1", "2", "3"}) refuse(guess, "a");
  for (std::size_t i = 0; i < PasswordDesk::kMostWaiting; ++i) {
    EXPECT_EQ(desk_.ask(i, basic("ops:w" + std::to_string(i)), "a"), Answer::waits) << i;
  }
  EXPECT_EQ(desk_.ask(99, basic("ops:more"), "b"), Answer::too_many);
}

TEST_F(PasswordDeskTest, OtherUsersAreAskedAtOnce) {
  EXPECT_EQ(desk_.ask(1, basic("ops:secret"), "a"), Answer::waits);
  desk_.set_users({{"other", kCheap}});  // while the check runs, or before it is taken
  EXPECT_THAT(verdicts(1), testing::ElementsAre(std::pair(1u, false)));
  EXPECT_EQ(desk_.ask(2, basic("other:secret"), "a"), Answer::waits);
  EXPECT_THAT(verdicts(1), testing::ElementsAre(std::pair(2u, true)));
  desk_.set_users({});
  EXPECT_EQ(desk_.ask(3, "", "a"), Answer::allowed) << "without users everybody may ask";
}

/// The shortest of five refusals, in seconds of this thread's CPU time.
double refusal_seconds(const BasicAuth& auth, const std::string& credentials) {
  double shortest = 1e9;
  for (int i = 0; i < 5; ++i) {
    timespec begin{};
    timespec end{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &begin);
    EXPECT_FALSE(auth.check(basic(credentials)));
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &end);
    shortest = std::min(shortest, static_cast<double>(end.tv_sec - begin.tv_sec) +
                                      static_cast<double>(end.tv_nsec - begin.tv_nsec) * 1e-9);
  }
  return shortest;
}

TEST(BasicAuth, TheTimeOfARefusalTellsNoNames) {
  const BasicAuth auth({{"cheap", kCheap}, {"dear", kDear}});
  const double nobody = refusal_seconds(auth, "nobody:guess");
  const double cheap = refusal_seconds(auth, "cheap:guess");
  const double dear = refusal_seconds(auth, "dear:guess");
  // A check of the cheap hash alone takes 1/64 of this.
  EXPECT_NEAR(cheap / nobody, 1, 0.3);
  EXPECT_NEAR(dear / nobody, 1, 0.3);
  const BasicAuth low({{"cheap", kCheap}});
  EXPECT_LT(refusal_seconds(low, "nobody:guess"), nobody / 8) << "it follows the users' cost";
}

TEST(RememberedCredentials, TheOldestIsForgotten) {
  RememberedCredentials memory(2);
  for (const char* form : {"a", "b", "a", "c"}) memory.add(form);
  EXPECT_FALSE(memory.holds("a"));
  EXPECT_TRUE(memory.holds("b"));
  EXPECT_TRUE(memory.holds("c"));
}

}  // namespace
}  // namespace floodgauge
