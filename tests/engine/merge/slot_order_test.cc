#include "engine/merge/slot_order.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>
#include <random>

namespace floodgauge {
namespace {

using testing::ElementsAre;
using testing::ElementsAreArray;
using testing::IsEmpty;

TEST(SlotOrder, SortsAscending) {
  SlotOrder order;
  EXPECT_THAT(order.sort(std::vector<std::uint32_t>{64, 0, 200, 63, 65, 127, 128}),
              ElementsAre(0, 63, 64, 65, 127, 128, 200));
  EXPECT_THAT(order.sort({}), IsEmpty());
  EXPECT_THAT(order.sort(std::vector<std::uint32_t>{5}), ElementsAre(5))
      << "without the slots of the call before";
}

TEST(SlotOrder, ForgetsWhatWasSortedBefore) {
  SlotOrder order;
  std::mt19937 random(7);
  for (const std::uint32_t count : {5000u, 20000u, 100u, 4096u}) {
    std::vector<std::uint32_t> slots(2 * std::size_t{count});
    std::iota(slots.begin(), slots.end(), 0u);
    std::shuffle(slots.begin(), slots.end(), random);
    slots.resize(count);
    const std::span<const std::uint32_t> sorted = order.sort(slots);
    std::sort(slots.begin(), slots.end());
    EXPECT_THAT(sorted, ElementsAreArray(slots)) << count;
  }
}

}  // namespace
}  // namespace floodgauge
