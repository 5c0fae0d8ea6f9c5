// Memory that is soon to be written to for the first time, brought by a thread that has time: a
// page that nobody has touched costs a fault, and a virtual machine may have to find it first, 2 to
// 3 ms a MiB. What is asked for is a wish: whoever comes first to a page brings it.
#pragma once

#include <sys/mman.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

namespace floodgauge {

/// Two threads: the one that asks, and one that has time.
class BackgroundPrefault {
 public:
  /// Mapped, private and writable for as long as the other thread works; whole pages. More than
  /// kMost at once are forgotten.
  void request(void* memory, std::size_t bytes) {
    const std::uint32_t asked = asked_.load(std::memory_order_relaxed);
    if (asked - done_.load(std::memory_order_acquire) == kMost) return;
    wishes_[asked % kMost] = {static_cast<std::byte*>(memory), bytes};
    asked_.store(asked + 1, std::memory_order_release);
  }

  /// The other thread's: brings some of what was asked for. False when there is nothing.
  bool work() {
    const std::uint32_t done = done_.load(std::memory_order_relaxed);
    if (done == asked_.load(std::memory_order_acquire)) return false;
    Wish& wish = wishes_[done % kMost];
    // From the end on: who fills it from the beginning on comes towards this.
    const std::size_t piece = std::min(wish.bytes, kAtOnce);
    wish.bytes -= piece;
    // A kernel before 5.14 knows no such request: then pages come one fault after the other.
    madvise(wish.memory + wish.bytes, piece, MADV_POPULATE_WRITE);
    if (wish.bytes == 0) done_.store(done + 1, std::memory_order_release);
    return true;
  }

 private:
  static constexpr std::uint32_t kMost = 8;
  /// A huge page: the other thread has other work too.
  static constexpr std::size_t kAtOnce = std::size_t{2} << 20;
  struct Wish {
    std::byte* memory = nullptr;
    std::size_t bytes = 0;  ///< from there on, still to be brought
  };

  std::array<Wish, kMost> wishes_{};
  std::atomic<std::uint32_t> asked_{0};
  std::atomic<std::uint32_t> done_{0};
};

/// Of an array that is filled from its beginning on, how much has been asked for. Its first huge
/// page is needed before anybody could bring it.
class PrefaultCursor {
 public:
  /// The first `used` of its `bytes` are in use: asks for what comes next, if nobody has yet.
  void reached(std::size_t used, void* memory, std::size_t bytes, BackgroundPrefault& ahead) {
    if (used + kLead <= asked_ || asked_ >= bytes) [[likely]] {
      return;
    }
    const std::size_t piece = std::min(kPiece, bytes - asked_);
    ahead.request(static_cast<std::byte*>(memory) + asked_, piece);
    asked_ += piece;
  }

 private:
  static constexpr std::size_t kPiece = std::size_t{2} << 20;
  static constexpr std::size_t kLead = kPiece / 2;

  std::size_t asked_ = kPiece;
};

}  // namespace floodgauge
