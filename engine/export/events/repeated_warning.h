// A warning that may come thousands of times: said at once, then once a minute with its count.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <utility>

namespace floodgauge {

/// For one thread.
class RepeatedWarning {
 public:
  using Clock = std::function<std::chrono::steady_clock::time_point()>;
  using Say = std::function<void(const std::string&)>;

  explicit RepeatedWarning(Say say, Clock clock = std::chrono::steady_clock::now)
      : say_(std::move(say)), clock_(std::move(clock)) {}

  void warn(const std::string& what) {
    const auto now = clock_();
    if (said_ && now - last_ < std::chrono::minutes(1)) {
      ++unsaid_;
      return;
    }
    std::string text = what;
    if (unsaid_ > 0) text += " (and " + std::to_string(unsaid_) + " more in the last minute)";
    said_ = true;
    last_ = now;
    unsaid_ = 0;
    if (say_) say_(text);
  }

 private:
  Say say_;
  Clock clock_;
  bool said_ = false;
  std::uint64_t unsaid_ = 0;
  std::chrono::steady_clock::time_point last_;
};

}  // namespace floodgauge
