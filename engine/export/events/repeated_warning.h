// A warning that may occur thousands of times. The first is reported at once, later ones once a
// minute with their number.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <utility>

namespace floodgauge {

/// Must be used by one thread at a time.
class RepeatedWarning {
 public:
  using Clock = std::function<std::chrono::steady_clock::time_point()>;
  using Report = std::function<void(const std::string&)>;

  explicit RepeatedWarning(Report report, Clock clock = std::chrono::steady_clock::now)
      : report_(std::move(report)), clock_(std::move(clock)) {}

  void warn(const std::string& what) {
    const auto now = clock_();
    if (reported_ && now - last_ < std::chrono::minutes(1)) {
      ++suppressed_;
      return;
    }
    std::string text = what;
    if (suppressed_ > 0)
      text += " (and " + std::to_string(suppressed_) + " more in the last minute)";
    reported_ = true;
    last_ = now;
    suppressed_ = 0;
    if (report_) report_(text);
  }

 private:
  Report report_;
  Clock clock_;
  bool reported_ = false;
  std::uint64_t suppressed_ = 0;
  std::chrono::steady_clock::time_point last_;
};

}  // namespace floodgauge
