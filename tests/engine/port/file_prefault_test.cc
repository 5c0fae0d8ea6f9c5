// Tests that the pages of a mapped file are mapped before they are read, by either of the two
// threads.
#include "engine/port/file_prefault.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "tests/engine/port/temp_folder.h"

namespace floodgauge {
namespace {

using test::Bytes;
using test::TempFolder;

constexpr std::size_t kPage = 4096;
constexpr std::size_t kMebibyte = std::size_t{1} << 20;
constexpr std::size_t kHugePage = 2 * kMebibyte;  ///< the kernel may map or release whole ones

/// A mapped file of `pages` pages, the last one not full.
class MappedFile {
 public:
  explicit MappedFile(std::size_t pages) : size_(pages * kPage - 100) {
    const std::string path = folder_.write("file", Bytes(size_, 'x'));
    const int descriptor = open(path.c_str(), O_RDONLY);
    void* const memory = mmap(nullptr, size_, PROT_READ, MAP_PRIVATE, descriptor, 0);
    close(descriptor);
    if (memory == MAP_FAILED) throw std::runtime_error("cannot be mapped");
    memory_ = static_cast<const std::uint8_t*>(memory);
  }
  ~MappedFile() { munmap(const_cast<std::uint8_t*>(memory_), size_); }
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;

  const std::uint8_t* memory() const { return memory_; }
  std::size_t size() const { return size_; }
  /// How many pages from `begin` to `end` are mapped in this process (proc_pid_pagemap(5), bit 63).
  std::size_t mapped_pages(std::size_t begin, std::size_t end) const {
    const std::size_t first = begin / kPage;
    std::vector<std::uint64_t> entries((end + kPage - 1) / kPage - first);
    const std::size_t bytes = entries.size() * sizeof(entries[0]);
    const auto at =
        (reinterpret_cast<std::uintptr_t>(memory_) / kPage + first) * sizeof(entries[0]);
    const int descriptor = open("/proc/self/pagemap", O_RDONLY);
    const ssize_t got = pread(descriptor, entries.data(), bytes, static_cast<off_t>(at));
    close(descriptor);
    if (got != static_cast<ssize_t>(bytes)) throw std::runtime_error("no /proc/self/pagemap");
    return static_cast<std::size_t>(std::count_if(
        entries.begin(), entries.end(), [](std::uint64_t entry) { return entry >> 63 != 0; }));
  }
  bool all_mapped(std::size_t begin, std::size_t end) const {
    end = std::min(end, size_);
    return mapped_pages(begin, end) == (end + kPage - 1) / kPage - begin / kPage;
  }

 private:
  TempFolder folder_;
  std::size_t size_;
  const std::uint8_t* memory_;
};

/// Whether the kernel supports MADV_POPULATE_READ.
bool kernel_prefaults() {
  MappedFile file(1);
  return madvise(const_cast<std::uint8_t*>(file.memory()), kPage, MADV_POPULATE_READ) == 0;
}

TEST(FilePrefault, TheReaderAlonePrefaultsAhead) {
  if (!kernel_prefaults()) GTEST_SKIP() << "needs MADV_POPULATE_READ (Linux 5.14)";
  MappedFile file(2000);
  EXPECT_EQ(file.mapped_pages(0, file.size()), 0u);
  FilePrefault pages;
  pages.begin(file.memory(), file.size());
  for (std::size_t at = 0; at < file.size(); at += 100'000) {
    pages.reached(at);
    EXPECT_TRUE(file.all_mapped(at, at + kMebibyte / 2)) << at;
  }
}

TEST(FilePrefault, TheHelperPrefaultsOnceAndNotTooFarAhead) {
  if (!kernel_prefaults()) GTEST_SKIP() << "needs MADV_POPULATE_READ (Linux 5.14)";
  MappedFile file(40 * kMebibyte / kPage);
  FilePrefault pages;
  pages.begin(file.memory(), file.size());
  int times = 1;  // one step by begin()
  while (pages.work()) ++times;
  EXPECT_EQ(times, 16) << "1 MiB per step";
  EXPECT_TRUE(file.all_mapped(0, 16 * kMebibyte));
  EXPECT_EQ(file.mapped_pages(16 * kMebibyte + kHugePage, file.size()), 0u);
  // The reader skips a part of the file.
  pages.reached(30 * kMebibyte + 5);
  EXPECT_TRUE(file.all_mapped(30 * kMebibyte, 31 * kMebibyte));
  EXPECT_EQ(file.mapped_pages(16 * kMebibyte + kHugePage, 30 * kMebibyte - kHugePage), 0u);
  while (pages.work()) {
  }
  EXPECT_TRUE(file.all_mapped(30 * kMebibyte, file.size()));
  pages.reached(file.size());
  while (pages.work()) {
  }
  EXPECT_TRUE(file.all_mapped(30 * kMebibyte, file.size()));
}

// Pages behind the reader are released, except for the last 16 MiB, which may still be in use.
TEST(FilePrefault, TheHelperReleasesPagesBehindTheReader) {
  constexpr std::size_t kSize = 64 * kMebibyte;
  MappedFile file(kSize / kPage);
  FilePrefault pages;
  pages.begin(file.memory(), file.size());
  std::uint64_t sum = 0;
  for (std::size_t at = 0; at < 48 * kMebibyte; at += kPage) sum += file.memory()[at];
  EXPECT_TRUE(file.all_mapped(0, 48 * kMebibyte));
  pages.reached(48 * kMebibyte);
  while (pages.work()) {
  }
  EXPECT_EQ(file.mapped_pages(0, 32 * kMebibyte), 0u);
  EXPECT_TRUE(file.all_mapped(32 * kMebibyte + kHugePage, 48 * kMebibyte));
  // Released pages have the same contents when they are read again.
  for (std::size_t at = 0; at < 48 * kMebibyte; at += kPage) sum -= file.memory()[at];
  EXPECT_EQ(sum, 0u);
}

TEST(FilePrefault, PagesAreMappedAheadWithBothThreadsAtWork) {
  if (!kernel_prefaults()) GTEST_SKIP() << "needs MADV_POPULATE_READ (Linux 5.14)";
  MappedFile file(10'000);
  FilePrefault pages;
  pages.begin(file.memory(), file.size());
  std::atomic<bool> done{false};
  std::thread other([&] {
    while (!done.load()) pages.work();
  });
  for (std::size_t at = 0; at < file.size(); at += 10 * kPage) {
    pages.reached(at);
    EXPECT_TRUE(file.all_mapped(at, at + 10 * kPage)) << at;
  }
  done = true;
  other.join();
  EXPECT_TRUE(file.all_mapped(file.size() - 16 * kMebibyte + kHugePage, file.size()));
}

TEST(FilePrefault, WithoutAMappingThereIsNothingToDo) {
  FilePrefault pages;
  pages.reached(0);
  EXPECT_FALSE(pages.work());
}

}  // namespace
}  // namespace floodgauge
