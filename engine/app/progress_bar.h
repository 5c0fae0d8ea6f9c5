// The progress of a long replay, on standard error and only if that is a terminal.
#pragma once

#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <functional>

#include "engine/port/capture_source.h"

namespace floodgauge {

class ProgressBar {
 public:
  ProgressBar() : terminal_(isatty(STDERR_FILENO) != 0), next_(Clock::now() + kPatience) {}

  void show(const std::function<CaptureProgress()>& progress) {
    if (!terminal_ || Clock::now() < next_) return;
    next_ = Clock::now() + kEvery;
    const CaptureProgress now = progress();
    char bar[kWidth + 1] = {};
    const double share =
        now.size == 0 ? 0 : static_cast<double>(now.position) / static_cast<double>(now.size);
    for (int i = 0; i < kWidth; ++i) bar[i] = i < static_cast<int>(share * kWidth) ? '#' : '.';
    std::fprintf(stderr, "\r[%s] %3d %%  %.1f M packets", bar, static_cast<int>(share * 100),
                 static_cast<double>(now.packets) / 1e6);
    std::fflush(stderr);
    shown_ = true;
  }
  void clear() {
    if (shown_) std::fputs("\r\x1b[K", stderr);
    shown_ = false;
  }

 private:
  using Clock = std::chrono::steady_clock;
  static constexpr auto kPatience = std::chrono::milliseconds(700);
  static constexpr auto kEvery = std::chrono::milliseconds(100);
  static constexpr int kWidth = 40;
  bool terminal_;
  bool shown_ = false;
  Clock::time_point next_;
};

}  // namespace floodgauge
