// The one place where a worker and the merge meet: two windows, or a few, that change hands in
// turn. Plain loads and stores with acquire and release order; no lock, no read-modify-write.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "engine/count/worker_window.h"

namespace floodgauge {

class WindowExchange {
 public:
  /// `windows`: 2 at least, one of which the worker fills. A worker that waits for the merge has
  /// less to wait for with more of them.
  explicit WindowExchange(const WindowCapacity& capacity, unsigned windows = 2) : places_(windows) {
    for (Place& place : places_) place.window = std::make_unique<WorkerWindow>(capacity);
  }

  // Worker's side.
  WorkerWindow& filling() { return *places_[filling_].window; }
  /// True when the next window is back from the merge, so that seal() may be called.
  bool can_seal() const { return !places_[after(filling_)].sealed.load(std::memory_order_acquire); }
  /// Hands the filled window over and goes on with the next one, which is empty.
  void seal() {
    places_[filling_].sealed.store(true, std::memory_order_release);
    filling_ = after(filling_);
  }
  /// Everything before window `index` is sealed or was empty.
  void publish_progress(std::uint64_t index) { progress_.store(index, std::memory_order_release); }

  // Merge's side.
  /// Read before sealed(): when no sealed window is there afterwards, none before this will come.
  std::uint64_t progress() const { return progress_.load(std::memory_order_acquire); }
  /// The oldest sealed window, or nullptr.
  WorkerWindow* sealed() const {
    const Place& place = places_[merging_];
    return place.sealed.load(std::memory_order_acquire) ? place.window.get() : nullptr;
  }
  /// Gives the oldest sealed window back, emptied by the caller.
  void release() {
    places_[merging_].sealed.store(false, std::memory_order_release);
    merging_ = after(merging_);
  }

 private:
  struct Place {
    std::unique_ptr<WorkerWindow> window;
    std::atomic<bool> sealed{false};
  };

  std::size_t after(std::size_t place) const { return place + 1 == places_.size() ? 0 : place + 1; }

  std::vector<Place> places_;
  alignas(64) std::atomic<std::uint64_t> progress_{0};
  alignas(64) std::size_t filling_ = 0;  // worker only
  alignas(64) std::size_t merging_ = 0;  // merge only
};

}  // namespace floodgauge
