#include "engine/worker/shedding.h"

#include <algorithm>

namespace floodgauge {

void SheddingControl::close_period(Nanoseconds now) {
  // 19 of 20: a window that changes hands, or a packet from another port, is no rest.
  const bool behind = polls_ >= kFewestPolls && full_ * 20 >= polls_ * 19;
  const bool calm = full_ * 2 < polls_;
  polls_ = 0;
  full_ = 0;
  period_end_ = now + kPeriod;
  if (!calm) calm_since_ = now;
  if (behind) {
    give_up(now);
  } else if (level_ != Shed::nothing && now - calm_since_ >= calm_) {
    take_up(now);
  }
}

void SheddingControl::give_up(Nanoseconds now) {
  if (level_ == Shed::sketch) return;
  if (taken_up_ && now - *taken_up_ < calm_ * 2) {
    calm_ = std::min(calm_ * 2, kLongestCalm);
  } else if (level_ == Shed::nothing) {
    calm_ = kCalm;
  }
  taken_up_.reset();
  level_ = static_cast<Shed>(static_cast<std::uint8_t>(level_) + 1);
}

void SheddingControl::take_up(Nanoseconds now) {
  level_ = static_cast<Shed>(static_cast<std::uint8_t>(level_) - 1);
  taken_up_ = now;
  calm_since_ = now;  // the next step waits for a calm of its own
}

}  // namespace floodgauge
