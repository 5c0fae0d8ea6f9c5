#include "engine/port/reorder_buffer.h"

#include <gtest/gtest.h>

#include <array>

namespace floodgauge::test {
namespace {

CaptureRecord record_at(std::int64_t time, std::uint32_t bytes = 60) {
  CaptureRecord record;
  record.time = time;
  record.frame.captured = bytes;
  return record;
}

std::size_t leaving(ReorderBuffer& buffer) {
  std::array<CaptureRecord, 256> out;
  std::size_t sum = 0;
  for (std::size_t count = buffer.pop(out, false); count > 0; count = buffer.pop(out, false)) {
    sum += count;
  }
  return sum;
}

TEST(ReorderBuffer, HoldsTheBoundWhileItLearnsAndThenWhatIsNeeded) {
  ReorderBuffer buffer(1000);
  for (std::int64_t time = 10'000; time < 11'999; ++time) buffer.push(record_at(time));
  EXPECT_EQ(leaving(buffer), 999u) << "all up to the latest less the bound";
  buffer.push(record_at(12'000));
  EXPECT_EQ(leaving(buffer), 1001u) << "nothing was late";
  EXPECT_TRUE(buffer.passes());
  buffer.push(record_at(11'900));
  EXPECT_FALSE(buffer.passes()) << "twice the lateness is held from now on";
  EXPECT_EQ(leaving(buffer), 0u) << "the record was moved to the latest time";
  buffer.push(record_at(12'199));
  EXPECT_EQ(leaving(buffer), 0u);
  buffer.push(record_at(12'200));
  EXPECT_EQ(leaving(buffer), 1u);
}

TEST(ReorderBuffer, NothingLeavesBeforeWhatHasLeftThoughTimesInsideAreChanged) {
  ReorderBuffer buffer(1000);
  for (const std::int64_t time : {5000, 5500, 6600}) buffer.push(record_at(time));
  ASSERT_EQ(leaving(buffer), 2u);
  buffer.change_times([](std::int64_t time) { return time / 10; });
  buffer.push(record_at(800));
  std::array<CaptureRecord, 4> out;
  ASSERT_EQ(buffer.pop(out, true), 2u);
  EXPECT_EQ(out[0].time, 5500);
  EXPECT_GE(out[1].time, 5500);
}

TEST(ReorderBuffer, LearnsFromNoMoreThanSoManyRecords) {
  ReorderBuffer buffer(1'000'000'000);
  for (std::size_t at = 0; at + 1 < ReorderBuffer::kLearning; ++at) buffer.push(record_at(7));
  EXPECT_EQ(leaving(buffer), 0u);
  buffer.push(record_at(7));
  EXPECT_EQ(leaving(buffer), ReorderBuffer::kLearning);
}

TEST(ReorderBuffer, IsBoundedInRecordsAndInBytes) {
  ReorderBuffer records(1'000'000'000);
  records.keep_holding();
  for (std::size_t at = 0; at < ReorderBuffer::kMostRecords; ++at) records.push(record_at(7, 0));
  EXPECT_EQ(leaving(records), 0u);
  records.push(record_at(7, 0));
  EXPECT_EQ(leaving(records), 1u);

  ReorderBuffer bytes(1'000'000'000);
  bytes.keep_holding();
  const auto half = static_cast<std::uint32_t>(ReorderBuffer::kMostBytes / 2);
  bytes.push(record_at(7, half));
  bytes.push(record_at(8, half));
  EXPECT_EQ(leaving(bytes), 0u);
  bytes.push(record_at(9, 1));
  EXPECT_EQ(leaving(bytes), 1u);
}

}  // namespace
}  // namespace floodgauge::test
