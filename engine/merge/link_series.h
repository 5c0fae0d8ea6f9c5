// The link by class over the time of a whole capture, for the page of a replay. The points are as
// dense as their number allows: when there are too many, each two neighbours become one.
#pragma once

#include <array>
#include <vector>

#include "engine/merge/network_window.h"
#include "engine/model/vector.h"

namespace floodgauge {

class LinkSeries {
 public:
  static constexpr std::size_t kMost = 512;

  struct Point {
    Nanoseconds start;
    Nanoseconds covered;
    std::array<Volume, kClasses> in{};
    std::array<Volume, kClasses> out{};
  };

  void add(const NetworkWindow& window);
  const std::vector<Point>& points() const { return points_; }

 private:
  static void join(Point& point, const Point& next);

  std::vector<Point> points_;
  std::size_t windows_each_ = 1;  ///< windows in a point
  std::size_t windows_in_last_ = 0;
};

}  // namespace floodgauge
