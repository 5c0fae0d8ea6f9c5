#include "engine/merge/link_series.h"

namespace floodgauge {

void LinkSeries::join(Point& point, const Point& next) {
  point.covered = point.covered + next.covered;
  for (std::size_t c = 0; c < kClasses; ++c) {
    point.in[c] += next.in[c];
    point.out[c] += next.out[c];
  }
}

void LinkSeries::add(const NetworkWindow& window) {
  Point next;
  next.start = window.start;
  next.covered = window.end - window.start;
  for (const PrefixWindow& prefix : window.prefixes) {
    for (std::size_t c = 0; c < kClasses; ++c) {
      next.in[c] += prefix.in[c];
      next.out[c] += prefix.out[c];
    }
  }
  if (!points_.empty() && windows_in_last_ < windows_each_) {
    join(points_.back(), next);
    ++windows_in_last_;
    return;
  }
  if (points_.size() == kMost) {
    for (std::size_t i = 0; i < kMost / 2; ++i) {
      points_[i] = points_[2 * i];
      join(points_[i], points_[2 * i + 1]);
    }
    points_.resize(kMost / 2);
    windows_each_ *= 2;
  }
  points_.push_back(next);
  windows_in_last_ = 1;
}

}  // namespace floodgauge
