// Questions of other threads, which the merging thread answers.
#include "engine/app/explain_requests.h"

#include <gtest/gtest.h>

#include <thread>

namespace floodgauge {
namespace {

using std::chrono::milliseconds;

TEST(ExplainRequests, TheMergingThreadAnswers) {
  ExplainRequests requests;
  std::thread merging([&] {
    ExplainRequests::Taken taken;
    while (taken.empty()) taken = requests.take();
    ExplainAnswer answer;
    answer.unknown = "not " + taken.front()->asked;
    requests.answer(*taken.front(), std::move(answer));
  });
  EXPECT_EQ(requests.request("198.51.100.7").unknown, "not 198.51.100.7");
  merging.join();
  EXPECT_TRUE(requests.take().empty()) << "each is taken once";
}

TEST(ExplainRequests, NobodyWaitsForEver) {
  ExplainRequests requests;
  EXPECT_NE(requests.request("web", milliseconds(1)).failed.find("no window was merged"),
            std::string::npos);
  EXPECT_TRUE(requests.take().empty()) << "who is gone needs no answer";
  requests.close();
  EXPECT_EQ(requests.request("web").failed, "floodgauge is stopping");
}

TEST(ExplainRequests, AnAnswerThatComesTooLateHarmsNobody) {
  ExplainRequests requests;
  ExplainRequests::Taken taken;
  std::thread asking([&] { EXPECT_NE(requests.request("web", milliseconds(50)).failed, ""); });
  while (taken.empty()) taken = requests.take();
  asking.join();
  requests.answer(*taken.front(), {});
}

}  // namespace
}  // namespace floodgauge
