// The one place where a worker and the merge meet: two windows, or a few, that change hands. Plain
// loads and stores with acquire and release order; no lock, no read-modify-write.
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
  explicit WindowExchange(const WindowCapacity& capacity, unsigned windows = 2)
      : places_(windows), in_turn_(windows) {
    for (Place& place : places_) place.window = std::make_unique<WorkerWindow>(capacity);
  }

  /// Before the worker and the merge use it. Throws std::bad_alloc when there is not enough memory.
  void prefault() {
    for (Place& place : places_) place.window->prefault();
  }

  std::size_t memory_bytes() const {
    return places_.size() * places_.front().window->memory_bytes();
  }

  // Worker's side.
  WorkerWindow& filling() { return *places_[filling_].window; }
  /// True when a window is back from the merge, so that seal() may be called.
  bool can_seal() const { return free_place() != places_.size(); }
  /// Hands the filled window over and goes on with one that is empty: the first of them, so that
  /// the memory of the last is touched only by those who need it.
  void seal() {
    const std::size_t next = free_place();
    places_[filling_].sealed.store(true, std::memory_order_relaxed);
    const std::uint64_t turn = sealed_.load(std::memory_order_relaxed);
    in_turn_[turn % in_turn_.size()] = filling_;
    sealed_.store(turn + 1, std::memory_order_release);
    filling_ = next;
  }
  /// Everything before window `index` is sealed or was empty.
  void publish_progress(std::uint64_t index) { progress_.store(index, std::memory_order_release); }

  // Merge's side.
  /// Read before sealed(): when no sealed window is there afterwards, none before this will come.
  std::uint64_t progress() const { return progress_.load(std::memory_order_acquire); }
  /// The oldest sealed window, or nullptr.
  WorkerWindow* sealed() const {
    if (sealed_.load(std::memory_order_acquire) == merged_) return nullptr;
    return places_[oldest()].window.get();
  }
  /// Gives the oldest sealed window back, emptied by the caller.
  void release() {
    const std::size_t place = oldest();
    ++merged_;
    places_[place].sealed.store(false, std::memory_order_release);
  }

 private:
  struct Place {
    std::unique_ptr<WorkerWindow> window;
    std::atomic<bool> sealed{false};
  };

  /// Of a window that the worker may fill next; their number when there is none.
  std::size_t free_place() const {
    std::size_t place = 0;
    while (place < places_.size() &&
           (place == filling_ || places_[place].sealed.load(std::memory_order_acquire))) {
      ++place;
    }
    return place;
  }
  std::size_t oldest() const { return in_turn_[merged_ % in_turn_.size()]; }

  std::vector<Place> places_;
  std::vector<std::size_t> in_turn_;  ///< which place was sealed n-th, modulo its size
  alignas(64) std::atomic<std::uint64_t> progress_{0};
  std::atomic<std::uint64_t> sealed_{0};  ///< so many windows were
  alignas(64) std::size_t filling_ = 0;   // worker only
  alignas(64) std::uint64_t merged_ = 0;  // merge only: so many were released
};

}  // namespace floodgauge
