// Memory that is prefaulted, by another thread (background_prefault.h) and at the start
// (prefault.h). mincore(2) tells which pages are resident.
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

/// Memory on pages of 4 KiB, since the first byte of a huge page makes all of it resident.
class SmallPages {
 public:
  explicit SmallPages(std::size_t bytes) : array_(bytes, Pages::small) {}
  std::byte* data() { return array_.data(); }
  std::size_t bytes() const { return array_.bytes(); }
  HugeArray<std::byte>& array() { return array_; }
  /// The resident bytes, in whole pages, of `bytes` from offset `from` on.
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

/// Kernels before 5.14 cannot prefault in the background. Everything else works there too.
bool kernel_populates_pages() {
  SmallPages memory(kPage);
  return madvise(memory.data(), kPage, MADV_POPULATE_WRITE) == 0;
}

// A macro, since GTEST_SKIP() has to return from the test itself.
#define SKIP_UNLESS_KERNEL_POPULATES_PAGES() \
  if (!kernel_populates_pages()) GTEST_SKIP() << "the kernel does not know MADV_POPULATE_WRITE"

TEST(BackgroundPrefault, WithoutARequestThereIsNothingToDo) {
  BackgroundPrefault background;
  EXPECT_FALSE(background.work());
}

TEST(BackgroundPrefault, PrefaultsARequestFromItsEndToItsStart) {
  SKIP_UNLESS_KERNEL_POPULATES_PAGES();
  SmallPages memory(4 * kPiece);
  BackgroundPrefault background;
  background.request(memory.data() + kPiece, 2 * kPiece + kPage);
  EXPECT_EQ(memory.resident(), 0u) << "a request touches nothing";
  EXPECT_TRUE(background.work());
  EXPECT_EQ(memory.resident(), kPiece) << "one piece per call";
  EXPECT_EQ(memory.resident(kPiece + kPage + kPiece, kPiece), kPiece) << "the last piece";
  EXPECT_TRUE(background.work());
  EXPECT_TRUE(background.work());
  EXPECT_FALSE(background.work());
  EXPECT_EQ(memory.resident(), 2 * kPiece + kPage);
  EXPECT_EQ(memory.resident(kPiece, 2 * kPiece + kPage), 2 * kPiece + kPage);
}

TEST(BackgroundPrefault, LeavesContentsUnchanged) {
  SmallPages memory(kPiece);
  memory.data()[5] = std::byte{7};
  BackgroundPrefault background;
  background.request(memory.data(), kPiece);
  while (background.work()) {
  }
  EXPECT_EQ(memory.data()[5], std::byte{7});
}

TEST(BackgroundPrefault, IgnoresRequestsWhileItsQueueIsFull) {
  SKIP_UNLESS_KERNEL_POPULATES_PAGES();
  SmallPages memory(20 * kPage);
  BackgroundPrefault background;
  for (std::size_t i = 0; i < 20; ++i) background.request(memory.data() + i * kPage, kPage);
  std::size_t worked = 0;
  while (background.work()) ++worked;
  EXPECT_EQ(worked, 8u);
  EXPECT_EQ(memory.resident(0, 8 * kPage), 8 * kPage) << "the first requests";
  background.request(memory.data() + 19 * kPage, kPage);
  EXPECT_TRUE(background.work()) << "there is room again";
  EXPECT_EQ(memory.resident(19 * kPage, kPage), kPage);
}

/// One thread writes to the memory while the other prefaults it. Also for ThreadSanitizer.
TEST(BackgroundPrefault, TwoThreads) {
  constexpr std::size_t kRounds = 64;
  SmallPages memory(kRounds * 16 * kPage);
  BackgroundPrefault background;
  std::atomic<bool> over{false};
  std::thread other([&] {
    while (!over.load(std::memory_order_acquire)) {
      if (!background.work()) std::this_thread::yield();
    }
    while (background.work()) {
    }
  });
  for (std::size_t round = 0; round < kRounds; ++round) {
    std::byte* const part = memory.data() + round * 16 * kPage;
    background.request(part, 16 * kPage);
    for (std::size_t page = 0; page < 16; ++page) part[page * kPage] = std::byte{1};
  }
  over.store(true, std::memory_order_release);
  other.join();
  for (std::size_t page = 0; page < kRounds * 16; ++page) {
    ASSERT_EQ(memory.data()[page * kPage], std::byte{1}) << "page " << page;
  }
}

TEST(PrefaultCursor, RequestsEachNextPieceOnce) {
  SKIP_UNLESS_KERNEL_POPULATES_PAGES();
  SmallPages memory(3 * kPiece + kPiece / 4);
  BackgroundPrefault background;
  PrefaultCursor cursor;
  const auto reached = [&](std::size_t used) {
    cursor.reached(used, memory.data(), memory.bytes(), background);
    std::size_t pieces = 0;
    while (background.work()) ++pieces;
    return pieces;
  };
  EXPECT_EQ(reached(0), 0u);
  EXPECT_EQ(reached(kPiece / 2), 0u);
  EXPECT_EQ(reached(kPiece / 2 + 1), 1u) << "half of the first piece is used";
  EXPECT_EQ(memory.resident(kPiece, kPiece), kPiece);
  EXPECT_EQ(memory.resident(), kPiece);
  EXPECT_EQ(reached(kPiece), 0u);
  EXPECT_EQ(reached(kPiece / 2 + kPiece + 1), 1u);
  EXPECT_EQ(reached(kPiece), 0u) << "the next window finds it resident";
  EXPECT_EQ(reached(3 * kPiece), 1u);
  EXPECT_EQ(memory.resident(), kPiece * 9 / 4) << "nothing beyond the array";
  EXPECT_EQ(reached(memory.bytes()), 0u);
}

TEST(Prefault, MakesAWholeArrayResidentAndLeavesItUnchanged) {
  SmallPages memory(3 * kPiece + 1);
  memory.data()[kPage + 3] = std::byte{9};
  EXPECT_EQ(memory.resident(), kPage);
  memory.array().prefault();
  EXPECT_EQ(memory.resident(), 3 * kPiece + kPage);
  EXPECT_EQ(memory.data()[kPage + 3], std::byte{9});
  EXPECT_EQ(memory.data()[kPage + 4], std::byte{0});
  HugeArray<std::byte>().prefault();
}

/// Resident bytes of the process. smaps_rollup is exact; other files of proc(5) omit counts that
/// the CPUs have not added up yet.
std::size_t resident_set() {
  std::ifstream file("/proc/self/smaps_rollup");
  std::string word;
  while (file >> word && word != "Rss:") {
  }
  std::size_t kibibytes = 0;
  EXPECT_TRUE(file >> kibibytes);
  return kibibytes * 1024;
}

/// No table is left out: the process grows by what the tables report as their memory.
TEST(Prefault, MakesAllTablesOfAWorkerResident) {
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

/// A flow table that starts small requests the memory for each doubling before it doubles.
TEST(Prefault, AFlowTableRequestsTheMemoryThatItGrowsInto) {
  BackgroundPrefault background;
  constexpr std::uint32_t kFlows = 65536;
  FlowTable table(kFlows, 1200, &background);
  std::uint64_t hash = 1;
  const auto insert_flows = [&](std::uint32_t count) {
    for (std::uint32_t i = 0; i < count; ++i) {
      hash = hash * 6364136223846793005u + 1442695040888963407u;
      table.count_packet({.hash = hash ^ hash >> 29, .tcp = true, .tcp_flags = 16},
                         static_cast<std::uint16_t>(hash % 2));
    }
    table.grow_if_filled();
  };
  // It starts with a sixteenth of its buckets, and doubles when three eighths of them are taken.
  insert_flows(kFlows / 32);
  EXPECT_FALSE(background.work());
  insert_flows(kFlows / 256);
  std::vector<std::uint64_t> requested_at;
  for (std::uint64_t entries = table.entries(); entries < kFlows; entries = table.entries()) {
    if (background.work()) requested_at.push_back(entries);
    EXPECT_FALSE(background.work()) << "requested once";
    insert_flows(kFlows / 1024);
  }
  ASSERT_EQ(requested_at.size(), 4u) << "once before each doubling";
  for (std::size_t i = 0; i < 4; ++i) {
    const std::uint64_t doubles_at = (kFlows / 16u * 2 << i) * 3 / 8;
    EXPECT_GT(requested_at[i], doubles_at / 2) << i;
    EXPECT_LT(requested_at[i], doubles_at) << i;
  }
}

}  // namespace
}  // namespace floodgauge
