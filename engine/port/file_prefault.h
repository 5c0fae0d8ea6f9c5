// Brings the pages of a mapped file before they are read, and gives back those that have been. Each
// 64 KiB would else be a page fault for the reader, and what it asks for ahead of itself
// (read_ahead.h) never comes from beyond the next one; and at the end the process would have the
// whole file to unmap. Two threads: the reader, and one that has time.
#pragma once

#include <sys/mman.h>

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>

namespace floodgauge {

class FilePrefault {
 public:
  /// The whole of a mapping that is read from its beginning on. Before any other call.
  void begin(const std::uint8_t* memory, std::size_t size) {
    memory_ = memory;
    size_ = size;
    reached(0);
  }

  /// The reader has come so far. Brings the next pages if nobody has.
  void reached(std::uint64_t offset) {
    reached_.store(offset, std::memory_order_relaxed);
    bring(offset, kLeast);
  }

  /// The other thread's: brings some pages, or else gives some back. False when there are none.
  bool work() {
    const std::uint64_t reached = reached_.load(std::memory_order_relaxed);
    return bring(reached, kMost) || give_back(reached);
  }

 private:
  static constexpr std::size_t kPage = 4096;
  static constexpr std::size_t kAtOnce = std::size_t{1} << 20;
  static constexpr std::size_t kLeast = kAtOnce / 2;  ///< ahead of the reader
  static constexpr std::size_t kMost = 16 * kAtOnce;
  static constexpr std::size_t kKept = 16 * kAtOnce;  ///< behind the reader
  /// The reader's core is interrupted by each time.
  static constexpr std::size_t kGivenAtOnce = 8 * kAtOnce;

  bool bring(std::uint64_t reached, std::size_t ahead) {
    std::uint64_t brought = brought_.load(std::memory_order_relaxed);
    if (brought >= size_ || brought >= reached + ahead) return false;
    const std::uint64_t from = std::max(brought, reached / kPage * kPage);
    const std::uint64_t end = std::min<std::uint64_t>(from + kAtOnce, size_);
    if (from >= end) return false;
    // A kernel before 5.14 knows no such request: then pages come one fault after the other.
    madvise(const_cast<std::uint8_t*>(memory_ + from), end - from, MADV_POPULATE_READ);
    while (brought < end && !brought_.compare_exchange_weak(brought, end)) {
    }
    return true;
  }

  /// Whoever reads one of them again gets it again.
  bool give_back(std::uint64_t reached) {
    if (reached < given_back_ + kGivenAtOnce + kKept) return false;
    madvise(const_cast<std::uint8_t*>(memory_ + given_back_), kGivenAtOnce, MADV_DONTNEED);
    given_back_ += kGivenAtOnce;
    return true;
  }

  const std::uint8_t* memory_ = nullptr;
  std::uint64_t size_ = 0;
  std::atomic<std::uint64_t> reached_{0};
  std::atomic<std::uint64_t> brought_{0};  ///< up to here
  std::uint64_t given_back_ = 0;           ///< up to here; the other thread's
};

}  // namespace floodgauge
