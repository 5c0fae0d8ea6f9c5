#include "engine/port/capture_merge.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "tests/engine/port/capture_builder.h"

namespace floodgauge {
namespace {

using test::Bytes;

/// A record's seconds, and the file it lies in: the file's number is the packet's only byte.
using Entry = std::pair<std::int64_t, int>;

struct Case {
  std::string what;
  std::vector<std::vector<std::uint32_t>> files;  ///< seconds of each file's records
  std::vector<Entry> merged;
};

std::vector<Entry> merge(const std::vector<Bytes>& files) {
  std::vector<std::unique_ptr<CaptureReader>> readers;
  for (const Bytes& file : files)
    readers.push_back(std::make_unique<CaptureReader>(file, "t.pcap"));
  CaptureMerge merge(std::move(readers));
  std::vector<Entry> merged;
  for (auto batch = merge.next(); !batch.empty(); batch = merge.next()) {
    for (const CaptureRecord& record : batch) {
      merged.emplace_back(record.time / 1'000'000'000, record.frame.data[0]);
    }
  }
  return merged;
}

Bytes file_of(const std::vector<std::uint32_t>& seconds, std::uint8_t number) {
  test::PcapBuilder builder;
  for (const std::uint32_t second : seconds) builder.packet(second, 0, {number});
  return builder.take();
}

TEST(CaptureMerge, OrdersByTimeAndThenByFile) {
  const std::vector<Case> cases = {
      {"no records", {{}, {}}, {}},
      {"one file", {{1, 2, 3}}, {{1, 0}, {2, 0}, {3, 0}}},
      {"the second file is earlier than the first",
       {{5, 6}, {1, 2}},
       {{1, 1}, {2, 1}, {5, 0}, {6, 0}}},
      {"interleaved", {{1, 4}, {2, 5}, {3, 6}}, {{1, 0}, {2, 1}, {3, 2}, {4, 0}, {5, 1}, {6, 2}}},
      {"equal times: the file named first comes first",
       {{1, 1}, {1, 1}},
       {{1, 0}, {1, 0}, {1, 1}, {1, 1}}},
      {"a time that goes back is raised to the previous one",
       {{5, 3, 6}},
       {{5, 0}, {5, 0}, {6, 0}}},
      {"a time that goes back in one file does not delay the other",
       {{5, 3, 9}, {4, 7}},
       {{4, 1}, {5, 0}, {5, 0}, {7, 1}, {9, 0}}},
      {"an empty file among others", {{2}, {}, {1}}, {{1, 2}, {2, 0}}},
  };
  for (const Case& test : cases) {
    SCOPED_TRACE(test.what);
    std::vector<Bytes> files;
    for (const auto& seconds : test.files) {
      files.push_back(file_of(seconds, static_cast<std::uint8_t>(files.size())));
    }
    EXPECT_EQ(merge(files), test.merged);
  }
}

TEST(CaptureMerge, KeepsTheOrderOverManyBatchesAndInStreams) {
  std::vector<std::uint32_t> even, odd;
  std::vector<Entry> expected;
  for (std::uint32_t second = 0; second < 5000; ++second) {
    (second % 3 == 0 ? odd : even).push_back(second);
    expected.emplace_back(second, second % 3 == 0 ? 1 : 0);
  }
  const Bytes first = file_of(even, 0);
  const Bytes second = file_of(odd, 1);
  EXPECT_EQ(merge({first, second}), expected);
  EXPECT_EQ(merge({test::gzip(first), second}), expected);
  EXPECT_EQ(CaptureChunk::alive(), 0u);
}

TEST(CaptureMerge, AfterAFileFailsTheOthersContinue) {
  Bytes cut = file_of({1, 2, 3}, 0);
  cut.pop_back();
  EXPECT_EQ(merge({cut, file_of({2, 4}, 1), {}}),
            (std::vector<Entry>{{1, 0}, {2, 0}, {2, 1}, {4, 1}}));
}

}  // namespace
}  // namespace floodgauge
