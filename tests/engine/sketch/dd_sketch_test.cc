#include "engine/sketch/dd_sketch.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>
#include <vector>

namespace floodgauge {
namespace {

/// The exact value of the same rank.
double exact(std::vector<double> values, double q) {
  std::sort(values.begin(), values.end());
  return values[static_cast<std::size_t>(q * static_cast<double>(values.size() - 1))];
}

TEST(DdSketch, QuantilesAreWithinTheRelativeError) {
  std::mt19937_64 random(5);
  std::lognormal_distribution<double> skewed(-6, 1.5);
  DdSketch sketch;
  std::vector<double> values;
  for (int n = 0; n < 20000; ++n) {
    values.push_back(skewed(random));
    sketch.add(values.back());
  }
  for (const double q : {0.0, 0.01, 0.5, 0.9, 0.99, 1.0}) {
    const double truth = exact(values, q);
    EXPECT_NEAR(*sketch.quantile(q), truth, truth * DdSketch::kError * 1.001) << q;
  }
}

TEST(DdSketch, MergingIsTheSameAsAddingToOne) {
  std::mt19937_64 random(6);
  std::uniform_real_distribution<double> even(0.001, 2);
  DdSketch one;
  DdSketch two;
  DdSketch all;
  for (int n = 0; n < 1000; ++n) {
    const double value = even(random);
    (n % 3 == 0 ? one : two).add(value);
    all.add(value);
  }
  one.merge(two);
  EXPECT_EQ(one.total(), all.total());
  for (const double q : {0.1, 0.5, 0.99}) EXPECT_EQ(one.quantile(q), all.quantile(q));
}

TEST(DdSketch, EveryInputHasABucket) {
  DdSketch sketch;
  EXPECT_FALSE(sketch.quantile(0.5));
  for (const double value : {-1.0, 0.0, 1e-12, 1e300, std::nan(""), HUGE_VAL}) sketch.add(value);
  EXPECT_EQ(sketch.total(), 6u);
  EXPECT_LE(*sketch.quantile(1), DdSketch::kMost * 1.03);
  EXPECT_GE(*sketch.quantile(0), 0);
}

TEST(DdSketch, FadingHalvesWhatIsOld) {
  DdSketch sketch;
  sketch.add(0.001, 1000);
  sketch.fade();
  EXPECT_EQ(sketch.total(), 500u);
  sketch.add(1, 600);
  EXPECT_NEAR(*sketch.quantile(0.5), 1, 0.03);
}

}  // namespace
}  // namespace floodgauge
