#include <gtest/gtest.h>

#include <algorithm>
#include <string_view>
#include <vector>

#include "detectors/detector.h"

namespace floodgauge {
namespace {

TEST(DetectorTable, EachDetectorHasItsOwnName) {
  std::vector<std::string_view> names;
  for (const Detector& detector : detector_table()) {
    EXPECT_TRUE(detector.on_window != nullptr || detector.on_period != nullptr ||
                detector.on_sources != nullptr);
    EXPECT_EQ(std::count(names.begin(), names.end(), detector.name), 0) << detector.name;
    names.push_back(detector.name);
  }
}

}  // namespace
}  // namespace floodgauge
