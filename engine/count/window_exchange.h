// The one slot where a worker and the merge meet: two or more windows that change hands. Plain
// loads and stores with acquire and release order; no lock, no read-modify-write.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <vector>

#include "engine/count/worker_window.h"

namespace floodgauge {

class WindowExchange {
 public:
  /// `windows`: at least 2; the worker fills one of them. With more windows, a worker that waits
  /// for the merge waits less often.
  explicit WindowExchange(const WindowCapacity& capacity, unsigned windows = 2)
      : slots_(windows), seal_order_(windows) {
    for (Slot& slot : slots_) slot.window = std::make_unique<WorkerWindow>(capacity);
  }

  /// Call it before the worker and the merge use the windows. Throws std::bad_alloc when there is
  /// not enough memory.
  void prefault() {
    for (Slot& slot : slots_) slot.window->prefault();
  }

  std::size_t memory_bytes() const { return slots_.size() * slots_.front().window->memory_bytes(); }

  // Worker's side.
  WorkerWindow& filling() { return *slots_[filling_].window; }
  /// True when a window is back from the merge, so that seal() may be called.
  bool can_seal() const { return free_slot() != slots_.size(); }
  /// Hands the filled window over and goes on with an empty one. It takes the first that is free,
  /// so that the memory of the last ones is touched only when it is needed.
  void seal() {
    const std::size_t next = free_slot();
    slots_[filling_].sealed.store(true, std::memory_order_relaxed);
    const std::uint64_t sealed = sealed_.load(std::memory_order_relaxed);
    seal_order_[sealed % seal_order_.size()] = filling_;
    sealed_.store(sealed + 1, std::memory_order_release);
    filling_ = next;
  }
  /// progress() of a worker that has ended: it will seal no more windows.
  static constexpr std::uint64_t kEnded = std::numeric_limits<std::uint64_t>::max();
  /// Everything before window `index` is sealed or was empty.
  void publish_progress(std::uint64_t index) { progress_.store(index, std::memory_order_release); }

  // Merge's side.
  /// Read it before sealed(): if there is no sealed window then, no window before this one will
  /// come.
  std::uint64_t progress() const { return progress_.load(std::memory_order_acquire); }
  /// The oldest sealed window, or nullptr.
  WorkerWindow* sealed() const {
    if (sealed_.load(std::memory_order_acquire) == merged_) return nullptr;
    return slots_[oldest()].window.get();
  }
  /// Gives the oldest sealed window back. The caller must have cleared it.
  void release() {
    const std::size_t slot = oldest();
    ++merged_;
    slots_[slot].sealed.store(false, std::memory_order_release);
  }

 private:
  struct Slot {
    std::unique_ptr<WorkerWindow> window;
    std::atomic<bool> sealed{false};
  };

  /// The slot of a window that the worker may fill next; the number of slots when there is none.
  std::size_t free_slot() const {
    std::size_t slot = 0;
    while (slot < slots_.size() &&
           (slot == filling_ || slots_[slot].sealed.load(std::memory_order_acquire))) {
      ++slot;
    }
    return slot;
  }
  std::size_t oldest() const { return seal_order_[merged_ % seal_order_.size()]; }

  std::vector<Slot> slots_;
  std::vector<std::size_t> seal_order_;  ///< the slot sealed as the n-th, at n modulo its size
  alignas(64) std::atomic<std::uint64_t> progress_{0};
  std::atomic<std::uint64_t> sealed_{0};  ///< number of windows sealed so far
  alignas(64) std::size_t filling_ = 0;   // worker only
  alignas(64) std::uint64_t merged_ = 0;  // merge only: number of windows released so far
};

}  // namespace floodgauge
