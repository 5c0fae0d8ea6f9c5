#include "engine/app/explain_requests.h"

#include <algorithm>
#include <utility>

namespace floodgauge {
namespace {

ExplainAnswer failure(const char* why) {
  ExplainAnswer answer;
  answer.failed = why;
  return answer;
}

}  // namespace

ExplainAnswer ExplainRequests::request(const std::string& asked,
                                       std::chrono::milliseconds patience) {
  std::unique_lock lock(lock_);
  if (closed_) return failure("floodgauge is stopping");
  if (waiting_.size() >= kMostWaiting) return failure("too many questions wait for an answer");
  const auto own = std::make_shared<One>(One{.asked = asked});
  waiting_.push_back(own);
  changed_.wait_for(lock, patience, [&] { return closed_ || own->done; });
  if (own->done) return std::move(own->answer);
  std::erase(waiting_, own);
  return failure(closed_ ? "floodgauge is stopping"
                         : "no answer: no window was merged meanwhile, see /-/healthy");
}

ExplainRequests::Taken ExplainRequests::take() {
  const std::scoped_lock lock(lock_);
  return std::exchange(waiting_, {});
}

void ExplainRequests::answer(One& one, ExplainAnswer answer) {
  const std::scoped_lock lock(lock_);
  one.answer = std::move(answer);
  one.done = true;
  changed_.notify_all();
}

void ExplainRequests::close() {
  const std::scoped_lock lock(lock_);
  closed_ = true;
  changed_.notify_all();
}

}  // namespace floodgauge
