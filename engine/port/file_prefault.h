// Maps the pages of a memory-mapped file before they are read and releases pages that have been
// read.
//
// Without it the reader takes a page fault every 64 KiB, its cache-line prefetches (read_ahead.h)
// never reach beyond the next fault because a prefetch of an unmapped page does nothing, and at the
// end the process has the whole file to unmap at once.
#pragma once

#include <sys/mman.h>

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>

namespace floodgauge {

/// Two threads use one object:
///  - the reader calls begin() once and then reached();
///  - at most one helper thread with time to spare calls work().
/// They share two offsets, `reached_` and `prefaulted_`. Both are relaxed atomics, because no other
/// data depends on them: the page contents come from the kernel, and an outdated offset only makes
/// a thread map a page that is mapped already. `released_` belongs to the helper alone.
class FilePrefault {
 public:
  /// `memory` and `size` describe the whole mapping, which is read from its beginning on. Called
  /// before any other function, and before the helper starts.
  void begin(const std::uint8_t* memory, std::size_t size) {
    memory_ = memory;
    size_ = size;
    reached(0);
  }

  /// Reader: it has come to `offset` (bytes). Prefaults up to 1 MiB if less than 512 KiB ahead of
  /// the reader is mapped.
  void reached(std::uint64_t offset) {
    reached_.store(offset, std::memory_order_relaxed);
    prefault(offset, kMinAhead);
  }

  /// Helper: prefaults up to 1 MiB, at most 16 MiB ahead of the reader, or else releases 8 MiB that
  /// lie more than 16 MiB behind it. False when there was nothing to do.
  bool work() {
    const std::uint64_t reached = reached_.load(std::memory_order_relaxed);
    return prefault(reached, kMaxAhead) || release(reached);
  }

 private:
  static constexpr std::size_t kPage = 4096;
  static constexpr std::size_t kPrefaultStep = std::size_t{1} << 20;
  static constexpr std::size_t kMinAhead = kPrefaultStep / 2;     ///< ensured by the reader
  static constexpr std::size_t kMaxAhead = 16 * kPrefaultStep;    ///< reached by the helper
  static constexpr std::size_t kKeptBehind = 16 * kPrefaultStep;  ///< not yet released
  /// Each release interrupts the reader's core (TLB shootdown), so releases are few and large.
  static constexpr std::size_t kReleaseStep = 8 * kPrefaultStep;

  bool prefault(std::uint64_t reached, std::size_t ahead) {
    std::uint64_t prefaulted = prefaulted_.load(std::memory_order_relaxed);
    if (prefaulted >= size_ || prefaulted >= reached + ahead) return false;
    const std::uint64_t from = std::max(prefaulted, reached / kPage * kPage);
    const std::uint64_t end = std::min<std::uint64_t>(from + kPrefaultStep, size_);
    if (from >= end) return false;
    // Kernels before 5.14 refuse MADV_POPULATE_READ. The pages are then mapped by ordinary faults.
    madvise(const_cast<std::uint8_t*>(memory_ + from), end - from, MADV_POPULATE_READ);
    while (prefaulted < end && !prefaulted_.compare_exchange_weak(prefaulted, end)) {
    }
    return true;
  }

  /// A released page is faulted back in when it is read again.
  bool release(std::uint64_t reached) {
    if (reached < released_ + kReleaseStep + kKeptBehind) return false;
    madvise(const_cast<std::uint8_t*>(memory_ + released_), kReleaseStep, MADV_DONTNEED);
    released_ += kReleaseStep;
    return true;
  }

  const std::uint8_t* memory_ = nullptr;
  std::uint64_t size_ = 0;
  std::atomic<std::uint64_t> reached_{0};     ///< the reader's offset
  std::atomic<std::uint64_t> prefaulted_{0};  ///< all bytes before this offset were prefaulted
  std::uint64_t released_ = 0;  ///< all bytes before this offset were released; helper only
};

}  // namespace floodgauge
