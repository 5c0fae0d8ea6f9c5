#include "engine/worker/shedding.h"

#include <algorithm>

namespace floodgauge {

void SheddingControl::close_period(Nanoseconds now) {
  // 19 of 20 suffice: a burst may be cut short by the end of a window, or by packets of another
  // port.
  const bool behind = polls_ >= kFewestPolls && full_ * 20 >= polls_ * 19;
  const bool calm = full_ * 2 < polls_;
  polls_ = 0;
  full_ = 0;
  period_end_ = now + kPeriod;
  if (!calm) calm_since_ = now;
  if (behind) {
    raise(now);
  } else if (level_ != Shed::nothing && now - calm_since_ >= calm_) {
    lower(now);
  }
}

void SheddingControl::raise(Nanoseconds now) {
  if (level_ == Shed::sketch) return;
  if (lowered_ && now - *lowered_ < calm_ * 2) {
    calm_ = std::min(calm_ * 2, kLongestCalm);
  } else if (level_ == Shed::nothing) {
    calm_ = kCalm;
  }
  lowered_.reset();
  level_ = static_cast<Shed>(static_cast<std::uint8_t>(level_) + 1);
}

void SheddingControl::lower(Nanoseconds now) {
  level_ = static_cast<Shed>(static_cast<std::uint8_t>(level_) - 1);
  lowered_ = now;
  calm_since_ = now;  // the next step waits for a calm time of its own
}

}  // namespace floodgauge
