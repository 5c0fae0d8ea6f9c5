// Work done in the background, so that the caller does not wait for it: one thread with a bounded
// queue.
#pragma once

#include <chrono>
#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <utility>

#include <csignal>

namespace floodgauge {

template <typename Item>
class BackgroundQueue {
 public:
  /// The queue's own thread calls `work` with one item at a time; `work` must not throw. That
  /// thread blocks all signals: the main thread handles them, and a closed pipe is an error of
  /// write(2) instead of SIGPIPE.
  BackgroundQueue(std::size_t capacity, std::function<void(Item&)> work)
      : capacity_(capacity), work_(std::move(work)) {
    sigset_t all;
    sigset_t before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    thread_ = std::thread([this] { run(); });
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
  }
  BackgroundQueue(const BackgroundQueue&) = delete;
  BackgroundQueue& operator=(const BackgroundQueue&) = delete;

  /// Waits until the current item is done. Items that are still queued are discarded.
  ~BackgroundQueue() {
    {
      const std::lock_guard lock(mutex_);
      stopping_ = true;
    }
    changed_.notify_all();
    thread_.join();
  }

  /// Never waits. When the queue is full, the item is dropped and the result is false.
  bool offer(Item item) {
    {
      const std::lock_guard lock(mutex_);
      if (items_.size() >= capacity_) return false;
      items_.push_back(std::move(item));
    }
    changed_.notify_all();
    return true;
  }

  /// Waits until there is room: for callers that must not lose an item and may wait.
  void put(Item item) {
    {
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [this] { return items_.size() < capacity_; });
      items_.push_back(std::move(item));
    }
    changed_.notify_all();
  }

  /// Waits until all queued items are done.
  void drain() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return items_.empty() && !working_; });
  }

  /// The same, but waits no longer than `patience`. False when items are left.
  bool drain_for(std::chrono::milliseconds patience) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, patience, [this] { return items_.empty() && !working_; });
  }

 private:
  void run() {
    std::unique_lock lock(mutex_);
    while (true) {
      changed_.wait(lock, [this] { return stopping_ || !items_.empty(); });
      if (stopping_) return;
      Item item = std::move(items_.front());
      items_.pop_front();
      working_ = true;
      lock.unlock();
      work_(item);
      lock.lock();
      working_ = false;
      changed_.notify_all();
    }
  }

  const std::size_t capacity_;
  const std::function<void(Item&)> work_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Item> items_;
  bool working_ = false;
  bool stopping_ = false;
  std::thread thread_;  // last: it uses the members above
};

}  // namespace floodgauge
