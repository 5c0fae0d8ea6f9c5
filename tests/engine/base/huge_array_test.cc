#include "engine/base/huge_array.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <new>
#include <utility>

namespace floodgauge {
namespace {

TEST(HugeArray, IsZeroAlignedAndMovable) {
  HugeArray<std::uint64_t> array(100000);
  EXPECT_EQ(reinterpret_cast<std::uintptr_t>(array.data()) % 4096, 0u);
  for (std::size_t i = 0; i < array.size(); ++i) ASSERT_EQ(array[i], 0u);
  array[99999] = 7;
  HugeArray<std::uint64_t> other(std::move(array));
  EXPECT_EQ(other[99999], 7u);
  EXPECT_EQ(other.bytes(), 800000u);
  HugeArray<std::uint64_t> third;
  third = std::move(other);
  EXPECT_EQ(third[99999], 7u);
  EXPECT_EQ(HugeArray<std::uint64_t>(0).size(), 0u);
}

TEST(HugeArray, ThrowsWhenMemoryCannotBeHad) {
  EXPECT_THROW(HugeArray<std::uint64_t>(std::size_t{1} << 58), std::bad_alloc);
}

}  // namespace
}  // namespace floodgauge
