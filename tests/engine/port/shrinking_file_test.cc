// Captures that another process shortens while they are read from a mapping.
#include "engine/port/shrinking_file.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "engine/port/capture_reader.h"
#include "tests/engine/port/temp_folder.h"

namespace floodgauge {
namespace {

constexpr std::size_t kPage = 4096;

TEST(ShrinkingFile, WhatIsMissingReadsAsZeros) {
  const test::TempFolder folder;
  const std::string path = folder.path() / "file";
  std::ofstream(path) << std::string(8 * kPage, 'x');
  const int fd = open(path.c_str(), O_RDONLY);
  ASSERT_GE(fd, 0);
  void* const memory = mmap(nullptr, 8 * kPage, PROT_READ, MAP_PRIVATE, fd, 0);
  ASSERT_NE(memory, MAP_FAILED);
  close(fd);
  const auto* bytes = static_cast<const volatile char*>(memory);
  {
    const ShrinkingFile watch(memory, 8 * kPage);
    EXPECT_EQ(bytes[7 * kPage], 'x');
    EXPECT_FALSE(watch.shrunk());
    std::filesystem::resize_file(path, 2 * kPage);
    EXPECT_EQ(bytes[kPage], 'x');
    EXPECT_FALSE(watch.shrunk()) << "nothing that is missing was read";
    EXPECT_EQ(bytes[5 * kPage + 7], 0);
    EXPECT_TRUE(watch.shrunk());
    EXPECT_EQ(bytes[2 * kPage], 0) << "a page before the first that was missed";
  }
  const ShrinkingFile again(memory, 8 * kPage);
  EXPECT_FALSE(again.shrunk()) << "an entry that is used again";
  munmap(memory, 8 * kPage);
}

TEST(ShrinkingFileDeathTest, AnotherMappingStillEndsTheProcess) {
  const test::TempFolder folder;
  const std::string path = folder.path() / "file";
  std::ofstream(path) << std::string(kPage, 'x');
  const int fd = open(path.c_str(), O_RDONLY);
  void* const watched = mmap(nullptr, kPage, PROT_READ, MAP_PRIVATE, fd, 0);
  void* const other = mmap(nullptr, kPage, PROT_READ, MAP_PRIVATE, fd, 0);
  close(fd);
  const ShrinkingFile watch(watched, kPage);
  EXPECT_DEATH(
      {
        std::filesystem::resize_file(path, 0);
        [[maybe_unused]] const char read = *static_cast<const volatile char*>(other);
      },
      "");
  munmap(watched, kPage);
  munmap(other, kPage);
}

class ShortenedCapture : public testing::TestWithParam<std::size_t> {};

TEST_P(ShortenedCapture, IsCutOffWhereItNowEnds) {
  const test::TempFolder folder;
  const std::string path = folder.path() / "capture.pcap";
  // A header of 24 bytes, and 1,000 records of 16 and 84 bytes.
  std::string file("\xd4\xc3\xb2\xa1\x02\x00\x04\x00\0\0\0\0\0\0\0\0\xff\xff\0\0\x01\0\0\0", 24);
  for (std::uint32_t n = 0; n < 1000; ++n) {
    const std::uint32_t head[4] = {1'700'000'000 + n, 0, 84, 84};
    file.append(reinterpret_cast<const char*>(head), sizeof head);
    file.append(84, 'x');
  }
  std::ofstream(path, std::ios::binary) << file;
  CaptureReader reader(path);
  ASSERT_FALSE(reader.streamed()) << "it is mapped";
  std::size_t count = reader.next().size();
  ASSERT_EQ(count, CaptureReader::kBatch);
  const std::size_t left = GetParam();
  std::filesystem::resize_file(path, left);
  for (auto records = reader.next(); !records.empty(); records = reader.next()) {
    for (const CaptureRecord& record : records) {
      EXPECT_EQ(record.frame.captured, 84u);
      EXPECT_EQ(record.frame.data[83], 'x');
    }
    count += records.size();
  }
  EXPECT_EQ(count, std::max<std::size_t>(CaptureReader::kBatch, (left - 24) / 100));
  EXPECT_EQ(reader.outcome().end, CaptureEnd::truncated);
  EXPECT_EQ(reader.outcome().message, path + ": cut off: the file was shortened to " +
                                          std::to_string(left) + " bytes while it was read");
  EXPECT_FALSE(reader.outcome().may_grow);
}

INSTANTIATE_TEST_SUITE_P(Sizes, ShortenedCapture,
                         testing::Values(24, 4096, 30'000, 60'024, 60'057, 99'999, 100'023),
                         [](const auto& row) { return std::to_string(row.param); });

}  // namespace
}  // namespace floodgauge
