// Memory that is brought before it is used: by another thread (background_prefault.h), and at start
// (prefault.h). What is resident is the kernel's word (mincore(2)).
#include <sys/mman.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "engine/base/background_prefault.h"
#include "engine/base/huge_array.h"
#include "engine/count/counter.h"
#include "engine/count/window_exchange.h"

namespace floodgauge {
namespace {

constexpr std::size_t kPage = 4096;
constexpr std::size_t kPiece = std::size_t{2} << 20;

/// Page by page. On small pages, or a whole huge one comes with its first byte.
class Pages4K {
 public:
  explicit Pages4K(std::size_t bytes) : array_(bytes, Pages::small) {}
  std::byte* data() { return array_.data(); }
  std::size_t bytes() const { return array_.bytes(); }
  HugeArray<std::byte>& array() { return array_; }
  std::size_t resident(std::size_t from, std::size_t bytes) {
    std::vector<unsigned char> pages((bytes + kPage - 1) / kPage);
    EXPECT_EQ(mincore(array_.data() + from, bytes, pages.data()), 0);
    std::size_t count = 0;
    for (const unsigned char page : pages) count += page & 1u;
    return count * kPage;
  }
  std::size_t resident() { return resident(0, bytes()); }

 private:
  HugeArray<std::byte> array_;
};

/// Kernels before 5.14 bring nothing ahead; everything works there all the same.
bool kernel_brings_pages() {
  Pages4K memory(kPage);
  return madvise(memory.data(), kPage, MADV_POPULATE_WRITE) == 0;
}

#define SKIP_UNLESS_KERNEL_BRINGS_PAGES() \
  if (!kernel_brings_pages()) GTEST_SKIP() << "the kernel knows no MADV_POPULATE_WRITE"

TEST(BackgroundPrefault, NobodyAskedNothingIsBrought) {
  BackgroundPrefault ahead;
  EXPECT_FALSE(ahead.work());
}

TEST(BackgroundPrefault, BringsWhatWasAskedForFromItsEndOn) {
  SKIP_UNLESS_KERNEL_BRINGS_PAGES();
  Pages4K memory(4 * kPiece);
  BackgroundPrefault ahead;
  ahead.request(memory.data() + kPiece, 2 * kPiece + kPage);
  EXPECT_EQ(memory.resident(), 0u) << "asking touches nothing";
  EXPECT_TRUE(ahead.work());
  EXPECT_EQ(memory.resident(), kPiece) << "a piece at once";
  EXPECT_EQ(memory.resident(kPiece + kPage + kPiece, kPiece), kPiece) << "the last one";
  EXPECT_TRUE(ahead.work());
  EXPECT_TRUE(ahead.work());
  EXPECT_FALSE(ahead.work());
  EXPECT_EQ(memory.resident(), 2 * kPiece + kPage);
  EXPECT_EQ(memory.resident(kPiece, 2 * kPiece + kPage), 2 * kPiece + kPage);
}

TEST(BackgroundPrefault, LeavesWhatIsThereAsItIs) {
  Pages4K memory(kPiece);
  memory.data()[5] = std::byte{7};
  BackgroundPrefault ahead;
  ahead.request(memory.data(), kPiece);
  while (ahead.work()) {
  }
  EXPECT_EQ(memory.data()[5], std::byte{7});
}

TEST(BackgroundPrefault, ForgetsWishesBeyondItsRoom) {
  SKIP_UNLESS_KERNEL_BRINGS_PAGES();
  Pages4K memory(20 * kPage);
  BackgroundPrefault ahead;
  for (std::size_t i = 0; i < 20; ++i) ahead.request(memory.data() + i * kPage, kPage);
  std::size_t worked = 0;
  while (ahead.work()) ++worked;
  EXPECT_EQ(worked, 8u);
  EXPECT_EQ(memory.resident(0, 8 * kPage), 8 * kPage) << "the first ones";
  ahead.request(memory.data() + 19 * kPage, kPage);
  EXPECT_TRUE(ahead.work()) << "there is room again";
  EXPECT_EQ(memory.resident(19 * kPage, kPage), kPage);
}

/// For ThreadSanitizer too: one writes to the memory while the other brings it.
TEST(BackgroundPrefault, TwoThreads) {
  constexpr std::size_t kRounds = 64;
  Pages4K memory(kRounds * 16 * kPage);
  BackgroundPrefault ahead;
  std::atomic<bool> over{false};
  std::thread other([&] {
    while (!over.load(std::memory_order_acquire)) {
      if (!ahead.work()) std::this_thread::yield();
    }
    while (ahead.work()) {
    }
  });
  for (std::size_t round = 0; round < kRounds; ++round) {
    std::byte* const part = memory.data() + round * 16 * kPage;
    ahead.request(part, 16 * kPage);
    for (std::size_t page = 0; page < 16; ++page) part[page * kPage] = std::byte{1};
  }
  over.store(true, std::memory_order_release);
  other.join();
  for (std::size_t page = 0; page < kRounds * 16; ++page) {
    ASSERT_EQ(memory.data()[page * kPage], std::byte{1}) << "page " << page;
  }
}

TEST(PrefaultCursor, AsksOnceForWhatComesNext) {
  SKIP_UNLESS_KERNEL_BRINGS_PAGES();
  Pages4K memory(3 * kPiece + kPiece / 4);
  BackgroundPrefault ahead;
  PrefaultCursor filled;
  const auto reached = [&](std::size_t used) {
    filled.reached(used, memory.data(), memory.bytes(), ahead);
    std::size_t pieces = 0;
    while (ahead.work()) ++pieces;
    return pieces;
  };
  EXPECT_EQ(reached(0), 0u);
  EXPECT_EQ(reached(kPiece / 2), 0u);
  EXPECT_EQ(reached(kPiece / 2 + 1), 1u) << "half of what is there is used";
  EXPECT_EQ(memory.resident(kPiece, kPiece), kPiece);
  EXPECT_EQ(memory.resident(), kPiece);
  EXPECT_EQ(reached(kPiece), 0u);
  EXPECT_EQ(reached(kPiece / 2 + kPiece + 1), 1u);
  EXPECT_EQ(reached(kPiece), 0u) << "the next window has it";
  EXPECT_EQ(reached(3 * kPiece), 1u);
  EXPECT_EQ(memory.resident(), kPiece * 9 / 4) << "no further than the array";
  EXPECT_EQ(reached(memory.bytes()), 0u);
}

TEST(Resident, AnArrayIsAllThereAndAsItWas) {
  Pages4K memory(3 * kPiece + 1);
  memory.data()[kPage + 3] = std::byte{9};
  EXPECT_EQ(memory.resident(), kPage);
  memory.array().prefault();
  EXPECT_EQ(memory.resident(), 3 * kPiece + kPage);
  EXPECT_EQ(memory.data()[kPage + 3], std::byte{9});
  EXPECT_EQ(memory.data()[kPage + 4], std::byte{0});
  HugeArray<std::byte>().prefault();
}

/// Bytes of the process, exactly: other files of proc(5) leave out what CPUs have not added up yet.
std::size_t resident_set() {
  std::ifstream file("/proc/self/smaps_rollup");
  std::string word;
  while (file >> word && word != "Rss:") {
  }
  std::size_t kibibytes = 0;
  EXPECT_TRUE(file >> kibibytes);
  return kibibytes * 1024;
}

/// None of its tables is left out: what they say they take is what the process takes.
TEST(Resident, AWorkersTablesAreAllThere) {
  Counter counter({.flows = 262144, .hosts = 65536, .key = {}});
  WindowExchange exchange({.hosts = 65536, .prefixes = 1024});
  const std::size_t before = resident_set();
  counter.prefault();
  const std::size_t counters = resident_set() - before;
  EXPECT_GE(counters, counter.memory_bytes() * 98 / 100);
  EXPECT_LE(counters, counter.memory_bytes() * 104 / 100 + 4 * kPiece) << "huge pages at the ends";
  exchange.prefault();
  const std::size_t windows = resident_set() - before - counters;
  EXPECT_GE(windows, exchange.memory_bytes() * 98 / 100);
  EXPECT_LE(windows, exchange.memory_bytes() * 104 / 100 + 8 * kPiece);
}

/// A table that begins small has the rest of itself brought before it grows into it.
TEST(Resident, AFlowTableAsksForWhatItIsGoingToUse) {
  BackgroundPrefault ahead;
  constexpr std::uint32_t kFlows = 65536;
  FlowTable table(kFlows, 1200, &ahead);
  std::uint64_t hash = 1;
  const auto begin_flows = [&](std::uint32_t count) {
    for (std::uint32_t i = 0; i < count; ++i) {
      hash = hash * 6364136223846793005u + 1442695040888963407u;
      table.count_packet({.hash = hash ^ hash >> 29, .tcp = true, .tcp_flags = 16},
                         static_cast<std::uint16_t>(hash % 2));
    }
    table.grow_if_filled();
  };
  // Of a sixteenth, where it begins, three eighths may be taken.
  begin_flows(kFlows / 32);
  EXPECT_FALSE(ahead.work());
  begin_flows(kFlows / 256);
  std::vector<std::uint64_t> asked_at;
  for (std::uint64_t entries = table.entries(); entries < kFlows; entries = table.entries()) {
    if (ahead.work()) asked_at.push_back(entries);
    EXPECT_FALSE(ahead.work()) << "asked for once";
    begin_flows(kFlows / 1024);
  }
  ASSERT_EQ(asked_at.size(), 4u) << "each time before it doubles";
  for (std::size_t i = 0; i < 4; ++i) {
    const std::uint64_t doubles_at = (kFlows / 16u * 2 << i) * 3 / 8;
    EXPECT_GT(asked_at[i], doubles_at / 2) << i;
    EXPECT_LT(asked_at[i], doubles_at) << i;
  }
}

}  // namespace
}  // namespace floodgauge
