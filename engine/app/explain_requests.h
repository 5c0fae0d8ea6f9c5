// Other threads ask here why a target is, or is not, called a flood; the merging thread, which
// alone knows, answers with its next window.
#pragma once

#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "detectors/explainer.h"

namespace floodgauge {

class ExplainRequests {
 public:
  struct One {
    std::string asked;
    bool done = false;
    ExplainAnswer answer{};
  };
  using Taken = std::vector<std::shared_ptr<One>>;

  /// Questions that wait at once; further ones are refused.
  static constexpr std::size_t kMostWaiting = 16;
  /// A window is usually over in 0.1 s; the thread that waits serves no other request meanwhile.
  static constexpr auto kPatience = std::chrono::seconds(3);

  /// Waits for the answer, at most `patience`. May be called by any thread.
  ExplainAnswer request(const std::string& asked, std::chrono::milliseconds patience = kPatience);
  /// The questions that wait. Called by the merging thread, which answers each.
  Taken take();
  void answer(One& one, ExplainAnswer answer);
  /// From now on every question fails.
  void close();

 private:
  std::mutex lock_;
  std::condition_variable changed_;
  bool closed_ = false;
  Taken waiting_;
};

}  // namespace floodgauge
