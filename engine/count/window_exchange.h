// The one place where a worker and the merge meet: two windows that change hands. Plain loads and
// stores with acquire and release order; no lock, no read-modify-write.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>

#include "engine/count/worker_window.h"

namespace floodgauge {

class WindowExchange {
 public:
  explicit WindowExchange(const WindowCapacity& capacity)
      : windows_{std::make_unique<WorkerWindow>(capacity),
                 std::make_unique<WorkerWindow>(capacity)} {}

  // Worker's side.
  WorkerWindow& filling() { return *windows_[filling_]; }
  /// True when the other window is back from the merge, so that seal() may be called.
  bool can_seal() const { return !sealed_[filling_ ^ 1u].load(std::memory_order_acquire); }
  /// Hands the filled window over and goes on with the other one, which is empty.
  void seal() {
    sealed_[filling_].store(true, std::memory_order_release);
    filling_ ^= 1u;
  }
  /// Everything before window `index` is sealed or was empty.
  void publish_progress(std::uint64_t index) { progress_.store(index, std::memory_order_release); }

  // Merge's side.
  /// Read before sealed(): when no sealed window is there afterwards, none before this will come.
  std::uint64_t progress() const { return progress_.load(std::memory_order_acquire); }
  /// The oldest sealed window, or nullptr.
  WorkerWindow* sealed() const {
    return sealed_[merging_].load(std::memory_order_acquire) ? windows_[merging_].get() : nullptr;
  }
  /// Gives the oldest sealed window back, emptied by the caller.
  void release() {
    sealed_[merging_].store(false, std::memory_order_release);
    merging_ ^= 1u;
  }

 private:
  std::array<std::unique_ptr<WorkerWindow>, 2> windows_;
  std::array<std::atomic<bool>, 2> sealed_{};
  alignas(64) std::atomic<std::uint64_t> progress_{0};
  alignas(64) unsigned filling_ = 0;  // worker only
  alignas(64) unsigned merging_ = 0;  // merge only
};

}  // namespace floodgauge
