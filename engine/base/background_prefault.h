// Prefaulting by another thread. The first write to a page costs a page fault, and in a virtual
// machine the hypervisor may have to find the memory first, which takes 2 to 3 ms per MiB. A worker
// requests memory that it will soon write to, and a thread that has time makes it resident. A
// request promises nothing: if the worker writes to a page first, it takes the fault itself.
#pragma once

#include <sys/mman.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

namespace floodgauge {

/// A queue of requests between two threads: one calls request(), the other one work().
class BackgroundPrefault {
 public:
  /// Requests that `memory` be made resident: whole pages of a private, writable mapping, which has
  /// to stay mapped while the other thread calls work(). Ignored while kMaxRequests are pending.
  void request(void* memory, std::size_t bytes) {
    const std::uint32_t requested = requested_.load(std::memory_order_relaxed);
    if (requested - done_.load(std::memory_order_acquire) == kMaxRequests) return;
    requests_[requested % kMaxRequests] = {static_cast<std::byte*>(memory), bytes};
    requested_.store(requested + 1, std::memory_order_release);
  }

  /// Called by the other thread: makes one piece of the oldest request resident. Returns false if
  /// no request is pending.
  bool work() {
    const std::uint32_t done = done_.load(std::memory_order_relaxed);
    if (done == requested_.load(std::memory_order_acquire)) return false;
    Request& request = requests_[done % kMaxRequests];
    // Works from the end to the start, towards the thread that fills the memory from the start.
    const std::size_t piece = std::min(request.bytes, kPiece);
    request.bytes -= piece;
    // Linux has MADV_POPULATE_WRITE since 5.14. On older kernels the call fails, and pages come one
    // fault at a time as they are written to.
    madvise(request.memory + request.bytes, piece, MADV_POPULATE_WRITE);
    if (request.bytes == 0) done_.store(done + 1, std::memory_order_release);
    return true;
  }

 private:
  static constexpr std::uint32_t kMaxRequests = 8;
  /// One huge page per call of work(), since that thread has other work too.
  static constexpr std::size_t kPiece = std::size_t{2} << 20;
  struct Request {
    std::byte* memory = nullptr;
    std::size_t bytes = 0;  ///< from `memory` on, not yet made resident
  };

  std::array<Request, kMaxRequests> requests_{};  ///< a ring
  std::atomic<std::uint32_t> requested_{0};       ///< requests made so far
  std::atomic<std::uint32_t> done_{0};            ///< requests completed so far
};

/// How much of an array has been prefaulted. The array is filled from its start. Its first huge
/// page is never requested, since it is written to before another thread could prefault it.
class PrefaultCursor {
 public:
  /// The first `used` of the array's `bytes` are in use. Requests the next piece when less than
  /// kLead bytes are left of what was requested so far.
  void reached(std::size_t used, void* memory, std::size_t bytes, BackgroundPrefault& background) {
    if (used + kLead <= requested_ || requested_ >= bytes) [[likely]] {
      return;
    }
    const std::size_t piece = std::min(kPiece, bytes - requested_);
    background.request(static_cast<std::byte*>(memory) + requested_, piece);
    requested_ += piece;
  }

 private:
  static constexpr std::size_t kPiece = std::size_t{2} << 20;
  static constexpr std::size_t kLead = kPiece / 2;

  std::size_t requested_ = kPiece;  ///< bytes from the array's start
};

}  // namespace floodgauge
